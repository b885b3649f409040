import type { PrinterColumn, ScalePaths } from '../registry/resource';
import { duplicate, type FieldError, invalid, required } from '../rest/field-error';
import { SchemaCompiler, type SchemaNode } from '../schema/node';
import type { CrdVersion } from './shape';

const COLUMN_TYPES: readonly string[] = ['boolean', 'date', 'integer', 'number', 'string'];

export function columnFaults(columns: readonly PrinterColumn[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { name, type, jsonPath }] of columns.entries()) {
    const field = `${at}[${index}]`;
    if ((name ?? '') === '') errors.push(required(`${field}.name`));
    const detail = `must be one of ${COLUMN_TYPES.join()}`;
    if ((type ?? '') === '') errors.push(required(`${field}.type`, detail));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${field}.type`, type, detail));
    if ((jsonPath ?? '') === '') errors.push(required(`${field}.JSONPath`));
    else errors.push(...simplePathFaults(jsonPath, `${field}.JSONPath`));
  }
  return errors;
}

export function scaleFaults(scale: ScalePaths, at: string): FieldError[] {
  const check = (field: string, path: string, roots: readonly string[], place: string): FieldError[] => {
    if ((path ?? '') === '') return [required(`${at}.${field}`)];
    const faults = simplePathFaults(path, `${at}.${field}`);
    if (faults.length > 0) return faults;
    const isBelow = roots.some((root) => path.startsWith(`.${root}.`));
    return isBelow ? [] : [invalid(`${at}.${field}`, path, `should be a json path under ${place}`)];
  };
  const errors = [
    ...check('specReplicasPath', scale.specReplicasPath, ['spec'], '.spec'),
    ...check('statusReplicasPath', scale.statusReplicasPath, ['status'], '.status'),
  ];
  const { labelSelectorPath } = scale;
  if (labelSelectorPath === undefined || labelSelectorPath === '') return errors;
  return [...errors, ...check('labelSelectorPath', labelSelectorPath, ['spec', 'status'], 'either .spec or .status')];
}

function simplePathFaults(path: string, field: string): FieldError[] {
  if (!path.startsWith('.')) return [invalid(field, path, 'must be a simple json path starting with .')];
  // Filters and indexes are not simple, but columns have them.
  return [];
}

const SELECTABLE: readonly (string | undefined)[] = ['string', 'boolean', 'integer'];

export function selectableFaults(
  fields: NonNullable<CrdVersion['selectableFields']>,
  schema: { readonly [keyword: string]: unknown },
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const root = new SchemaCompiler().compile(schema);
  for (const [index, { jsonPath }] of fields.entries()) {
    const field = `${at}[${index}].jsonPath`;
    if ((jsonPath ?? '') === '') {
      errors.push(required(field));
      continue;
    }
    const node = nodeAt(root, jsonPath);
    if (node === undefined) {
      errors.push(invalid(field, jsonPath, 'is an invalid path: does not refer to a valid field'));
      continue;
    }
    if (jsonPath.startsWith('.metadata')) {
      errors.push(invalid(field, jsonPath, 'must not point to fields in metadata'));
    }
    if (!SELECTABLE.includes(node.type)) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(invalid(field, jsonPath, detail));
    }
    if (seen.has(jsonPath)) errors.push(duplicate(field, jsonPath));
    seen.add(jsonPath);
  }
  return errors;
}

function nodeAt(root: SchemaNode, path: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const name of path.replace(/^\./, '').split('.')) node = node?.properties.get(name);
  return node;
}

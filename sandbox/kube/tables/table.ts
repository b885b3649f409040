import type { KubeObject } from '../../../machinery/kube-object';
import headers from '../builtins/columns.json';
import type { Served } from '../registry/registry';
import type { PrinterColumn } from '../registry/resource';
import { ageOf } from './age';
import { builtinCells } from './builtin-columns';
import type { Cells } from './cells';
import { jsonPathValues } from './json-path';

/** Which object each row carries. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Objects as the rows kubectl prints (`meta.k8s.io/v1` Table). */
export function tableOf(
  objects: readonly KubeObject[],
  served: Served,
  include: IncludeObject,
  nowMs: number,
  listMetadata: object,
  withHeader = true,
): object {
  const columns = columnsOf(served);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMetadata,
    columnDefinitions: withHeader
      ? columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
          name,
          type,
          format,
          description,
          priority,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, nowMs)),
      object: include === 'None' ? null : include === 'Object' ? object : metadataOf(object),
    })),
  };
}

/** An object's metadata alone. */
export const metadataOf = (object: KubeObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});

/** A column of a Table and how its cells are made. */
interface Column extends Cells {
  readonly type: string;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  /** Above 0: shown with `-o wide` only. */
  readonly priority?: number | undefined;
}

const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: headers['/configmaps'][0]?.description,
  cell: (object) => object.metadata.name,
};

const AGE: Column = {
  name: 'Age',
  type: 'date',
  description: headers['apiextensions.k8s.io/customresourcedefinitions'][1]?.description,
  cell: (object, nowMs) => ageOf(object.metadata.creationTimestamp, nowMs),
};

function columnsOf({ resource, version }: Served): readonly Column[] {
  const builtin = builtinColumns(`${resource.group}/${resource.resource}`);
  if (builtin !== undefined) return builtin;
  if (version.columns.length === 0) return [NAME, AGE];
  return [NAME, ...version.columns.map(printed)];
}

const HEADERS: { readonly [resource: string]: readonly Omit<Column, 'cell'>[] } = headers;

/** The real server's columns, where the sandbox makes all their cells. */
function builtinColumns(resource: string): readonly Column[] | undefined {
  const made = new Map([NAME, ...(builtinCells[resource] ?? [])].map(({ name, cell }) => [name, cell]));
  const columns = (HEADERS[resource] ?? []).flatMap((header) => {
    const cell = made.get(header.name);
    return cell === undefined ? [] : [{ ...header, cell }];
  });
  return columns.length > 0 && columns.length === HEADERS[resource]?.length ? columns : undefined;
}

function printed(column: PrinterColumn): Column {
  return {
    name: column.name,
    type: column.type,
    format: column.format,
    description: column.description || `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
    priority: column.priority,
    cell: (object, nowMs) => cellOf(jsonPathValues(object, column.jsonPath), column, nowMs),
  };
}

function cellOf(values: readonly unknown[], column: PrinterColumn, nowMs: number): unknown {
  const [value] = values;
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'date':
      return ageOf(value, nowMs);
    case 'string':
      if (values.length > 1)
        return values.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(',');
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return value;
  }
}

import { messageOf } from '../../../machinery/errors';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Served } from '../registry/registry';
import { type FieldTerm, parseFieldSelector } from './field-selector';
import { parseLabelSelector } from './label-selector';
import { badRequest } from './refusal';

export type Matcher = (object: KubeObject) => boolean;

interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Matches stored objects; undefined when everything matches. Field paths are read from the request's version. */
export function matcherFor(served: Served, selection: Selection): Matcher | undefined {
  const labels = labelMatcher(selection.labelSelector);
  const fields = fieldMatcher(served, selection.fieldSelector);
  if (labels === undefined) return fields;
  if (fields === undefined) return labels;
  return (object) => labels(object) && fields(object);
}

function labelMatcher(text: string | undefined): Matcher | undefined {
  if (text === undefined || text === '') return undefined;
  const matches = parsed(text, parseLabelSelector);
  return (object) => matches(object.metadata.labels);
}

function fieldMatcher(served: Served, text: string | undefined): Matcher | undefined {
  if (text === undefined || text === '') return undefined;
  const terms = parsed(text, parseFieldSelector);
  for (const { field } of terms) checkPath(served, field);
  return (object) => terms.every((term) => satisfies(object, term));
}

function parsed<Selector>(text: string, parse: (text: string) => Selector): Selector {
  try {
    return parse(text);
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}

const satisfies = (object: KubeObject, { field, isEqual, value }: FieldTerm): boolean =>
  (fieldText(object, field.split('.')) === value) === isEqual;

function checkPath({ resource, version }: Served, path: string): void {
  if (path === 'metadata.name' || path === 'metadata.namespace') return;
  if (version.selectableFields.includes(path)) return;
  const isPlain = !resource.isCustom && version.selectableFields.length === 0;
  throw badRequest(
    isPlain
      ? `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${path}`,
  );
}

function fieldText(object: KubeObject, path: readonly string[]): string {
  const value =
    path[0] === 'source' && path.length === 1 ? valueAt(object, 'source', 'component') : valueAt(object, ...path);
  return value === undefined || value === null ? '' : String(value);
}

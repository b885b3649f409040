import { messageOf } from '../../../machinery/errors';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { matchesSelector, parseSelector } from '../../../machinery/selectors';
import type { Served } from '../registry/registry';
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
  try {
    const selector = parseSelector(text);
    return (object) => matchesSelector(selector, object.metadata.labels);
  } catch (error) {
    throw badRequest(requirementFault(text) ?? messageOf(error));
  }
}

/** The commonest mistake, in the words of the real parser. */
function requirementFault(text: string): string | undefined {
  const word = /\s(?:in|notin)\s+([^\s(,]+)/.exec(text)?.[1];
  return word === undefined ? undefined : `unable to parse requirement: found '${word}' expected: '('`;
}

function fieldMatcher(served: Served, text: string | undefined): Matcher | undefined {
  if (text === undefined || text === '') return undefined;
  const terms = text.split(',').map((part) => {
    const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(part.trim());
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const path = match[1] ?? '';
    checkPath(served, path);
    return { path: path.split('.'), equal: match[2] !== '!=', value: match[3] ?? '' };
  });
  return (object) => terms.every((term) => (fieldText(object, term.path) === term.value) === term.equal);
}

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

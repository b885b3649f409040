import { messageOf } from '../../../machinery/errors';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Served } from '../registry/registry';
import { parseFieldSelector } from './field-selector';
import { parseLabelSelector } from './label-selector';
import { badRequest } from './refusal';

export type Matcher = (object: KubeObject) => boolean;

interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Matches stored objects; undefined when everything matches. The request's version says which fields may be named. */
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

function fieldMatcher({ version }: Served, text: string | undefined): Matcher | undefined {
  if (text === undefined || text === '') return undefined;
  const { readers, refusal } = version.selectableFields;
  const terms = parsed(text, parseFieldSelector).map(({ field, isEqual, value }) => {
    const read = readers.get(field);
    if (read === undefined) throw badRequest(refusal(field));
    return (object: KubeObject) => (read(object) === value) === isEqual;
  });
  return (object) => terms.every((holds) => holds(object));
}

function parsed<Selector>(text: string, parse: (text: string) => Selector): Selector {
  try {
    return parse(text);
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}

import type { LabelSelector, LabelSelectorRequirement } from '../../machinery/selectors';

const OPERATORS: readonly LabelSelectorRequirement['operator'][] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** A selector as the API stores it: operators are plain text there. */
export interface StoredSelector {
  readonly matchLabels?: { [key: string]: string } | undefined;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: string[] | undefined }[] | undefined;
}

/**
 * The selector to match with.
 * @throws Error when an operator is unknown: matching without that requirement would select too much.
 */
export function selectorOf(stored: StoredSelector): LabelSelector {
  const selector: LabelSelector = {};
  if (stored.matchLabels !== undefined) selector.matchLabels = stored.matchLabels;
  if (stored.matchExpressions === undefined) return selector;
  selector.matchExpressions = stored.matchExpressions.map(({ key, operator, values }) => {
    const known = OPERATORS.find((name) => name === operator);
    if (known === undefined) throw new Error(`selector requirement on ${key} has the unknown operator ${operator}`);
    return values === undefined ? { key, operator: known } : { key, operator: known, values };
  });
  return selector;
}

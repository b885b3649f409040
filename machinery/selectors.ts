/** Label selectors: the object form of specs and the text form of list requests. */

export interface LabelSelectorRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[] | undefined;
}

export interface LabelSelector {
  matchLabels?: { [key: string]: string } | undefined;
  matchExpressions?: LabelSelectorRequirement[] | undefined;
}

type Labels = { readonly [key: string]: string } | undefined;

/** Whether labels satisfy a selector. An empty selector matches everything. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels?.[key] !== value) return false;
  return (selector.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, labels));
}

function matchesRequirement(requirement: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels?.[requirement.key];
  switch (requirement.operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && (requirement.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(requirement.values ?? []).includes(value);
  }
}

/** The text form (`a=b,c in (d,e),!f`), as used in `labelSelector` query parameters and scale subresources. */
export function formatSelector(selector: LabelSelector): string {
  const parts = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const list = [...(values ?? [])].sort().join(',');
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${list})`);
  }
  return parts.sort().join(',');
}

/**
 * Parses the text form.
 * @throws Error when the text is not a selector.
 */
export function parseSelector(text: string): LabelSelector {
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const part of splitTopLevel(text)) {
    const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part);
    const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(part);
    if (set !== null) {
      const values = (set[3] ?? '').split(',').map((value) => value.trim());
      matchExpressions.push({ key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values });
    } else if (equality !== null) {
      const operator = equality[2] === '!=' ? 'NotIn' : 'In';
      matchExpressions.push({ key: equality[1] ?? '', operator, values: [equality[3] ?? ''] });
    } else if (/^![^\s=!()]+$/.test(part)) {
      matchExpressions.push({ key: part.slice(1), operator: 'DoesNotExist' });
    } else if (/^[^\s=!()]+$/.test(part)) {
      matchExpressions.push({ key: part, operator: 'Exists' });
    } else {
      throw new Error(`unable to parse requirement: ${JSON.stringify(part)}`);
    }
  }
  return { matchExpressions };
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) {
      parts.push(current);
      current = '';
    } else current += character;
  }
  parts.push(current);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

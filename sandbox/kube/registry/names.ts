/** The rules for names (RFC 1123 and 1035), worded as the real server words them. */

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Two blanks before `or`: as the real server writes it. */
const regexNote = (examples: readonly string[], regex: string): string =>
  `(e.g. ${examples.map((example) => `'${example}'`).join(',  or ')}, regex used for validation is '${regex}')`;

/** With a prefix of a generated name the last character need not end a name. */
const masked = (name: string, isPrefix: boolean): string =>
  isPrefix && name.endsWith('-') ? `${name.slice(0, -1)}a` : name;

export function subdomainFault(name: string, isPrefix = false): string | undefined {
  if (name.length > 253) return 'must be no more than 253 characters';
  if (SUBDOMAIN.test(masked(name, isPrefix))) return undefined;
  return `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character ${regexNote(['example.com'], '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')}`;
}

export function labelFault(name: string, isPrefix = false): string | undefined {
  if (name.length > 63) return 'must be no more than 63 bytes';
  if (LABEL.test(masked(name, isPrefix))) return undefined;
  return `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ${regexNote(['my-name', '123-abc'], '[a-z0-9]([-a-z0-9]*[a-z0-9])?')}`;
}

export function label1035Fault(name: string, isPrefix = false): string | undefined {
  if (name.length > 63) return 'must be no more than 63 bytes';
  if (LABEL_1035.test(masked(name, isPrefix))) return undefined;
  return `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character ${regexNote(['my-name', 'abc-123'], '[a-z]([-a-z0-9]*[a-z0-9])?')}`;
}

/** Names that only have to fit into a path (RBAC roles). */
export function pathSegmentFault(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  for (const bad of ['/', '%']) if (name.includes(bad)) return `may not contain '${bad}'`;
  return undefined;
}

const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** Faults of a label or annotation key. */
export const qualifiedNameFaults = (key: string): string[] => keyFaults(key, 'a valid label key', 'bytes');

/** Faults of a key in the text form of a selector, for which the real server kept its older words. */
export const selectorKeyFaults = (key: string): string[] => keyFaults(key, 'a qualified name', 'characters');

function keyFaults(key: string, what: string, unit: string): string[] {
  const parts = key.split('/');
  const note = regexNote(['MyName', 'my.name', '123-abc'], '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]');
  if (parts.length > 2) {
    return [
      `${what} must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${note} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const faults: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') faults.push('prefix part must be non-empty');
    else {
      const fault = subdomainFault(prefix);
      if (fault !== undefined) faults.push(`prefix part ${fault}`);
    }
  }
  if (name === '') faults.push('name part must be non-empty');
  else if (name.length > 63) faults.push(`name part must be no more than 63 ${unit}`);
  if (!QUALIFIED.test(name)) {
    faults.push(
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${note}`,
    );
  }
  return faults;
}

/** Faults of a label value. */
export function labelValueFaults(value: string): string[] {
  const faults: string[] = [];
  if (value.length > 63) faults.push('must be no more than 63 characters');
  if (value !== '' && !QUALIFIED.test(value)) {
    faults.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${regexNote(['MyValue', 'my_value', '12345'], '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')}`,
    );
  }
  return faults;
}

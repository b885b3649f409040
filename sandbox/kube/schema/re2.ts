/** What RE2 has not, though JavaScript has it. */
const UNSUPPORTED: readonly (readonly [pattern: RegExp, words: (found: string) => string])[] = [
  [/(?<!\\)([*+?}][*+]|\?\?[*+?])/, (found) => `invalid nested repetition operator: \`${found}\``],
  [/\(\?(?:=|!|<=|<!)/, (found) => `invalid or unsupported Perl syntax: \`${found}\``],
  [/(?<!\\)(?:\\\\)*(\\[1-9])/, (found) => `invalid escape sequence: \`${found}\``],
];

/** Go's words for JavaScript's complaints. `rest` is where the fault begins, as far as it can be told. */
const WORDS: readonly (readonly [complaint: RegExp, words: (pattern: string) => string])[] = [
  [/Unterminated group/, (pattern) => `missing closing ): \`${pattern}\``],
  [/Unmatched '\)'/, (pattern) => `unexpected ): \`${pattern}\``],
  [/Unterminated character class/, (pattern) => `missing closing ]: \`${pattern.slice(pattern.lastIndexOf('['))}\``],
  [/Nothing to repeat/, (pattern) => `missing argument to repetition operator: \`${repetition(pattern)}\``],
  [/\\ at end of pattern/, () => 'trailing backslash at end of expression: ``'],
  [/numbers out of order/, (pattern) => `invalid repeat count: \`${/\{\d+,\d+\}/.exec(pattern)?.[0] ?? ''}\``],
  [/Range out of order/, (pattern) => `invalid character class range: \`${badRange(pattern)}\``],
];

const repetition = (pattern: string): string => /(?:^|[(|])([*+?])/.exec(pattern)?.[1] ?? '*';

function badRange(pattern: string): string {
  for (const [text, from = '', to = ''] of pattern.matchAll(/(.)-(.)/g)) if (from > to) return text;
  return pattern;
}

/** Why a pattern is no regular expression for Go; undefined when it is one. */
export function patternFault(pattern: string): string | undefined {
  for (const [unsupported, words] of UNSUPPORTED) {
    const found = unsupported.exec(pattern);
    if (found !== null) return `error parsing regexp: ${words(found[1] ?? found[0])}`;
  }
  try {
    compileGo(pattern);
    return undefined;
  } catch (error) {
    const message = String(error);
    const words = WORDS.find(([complaint]) => complaint.test(message))?.[1];
    return `error parsing regexp: ${words?.(pattern) ?? message}`;
  }
}

/**
 * Go's RE2 syntax is nearly JavaScript's; what is not compiled with `u` is tried without.
 * @throws SyntaxError
 */
export function compileGo(pattern: string): RegExp {
  const translated = pattern
    .replace(/\(\?P</g, '(?<')
    .replace(/\\z/g, '$')
    .replace(/^\(\?i\)/, '');
  const flags = pattern.startsWith('(?i)') ? 'i' : '';
  try {
    return new RegExp(translated, `${flags}u`);
  } catch {
    return new RegExp(translated, flags);
  }
}

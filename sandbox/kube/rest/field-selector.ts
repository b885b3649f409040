/** One demand on a field, as the text form of field selectors states it. */
export interface FieldTerm {
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/**
 * Parses `metadata.name=a,spec.nodeName!=b`. In values `\`, `,` and `=` are escaped by `\`; blanks are part of names and
 * values; empty terms say nothing.
 * @throws Error worded as the real parser words it, when the text is no selector
 */
export function parseFieldSelector(text: string): FieldTerm[] {
  return termsOf(text)
    .filter((term) => term !== '')
    .map((term) => {
      const [, field = '', operator, value = ''] = TERM.exec(term) ?? [];
      if (operator === undefined) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
      return { field, isEqual: operator !== '!=', value: unescaped(value) };
    });
}

/** The first operator divides. */
const TERM = /^(.*?)(!=|==|=)(.*)$/s;

/** Between commas that are not escaped. */
const termsOf = (text: string): string[] => text.split(/(?<!(?<!\\)(?:\\\\)*\\),/);

function unescaped(value: string): string {
  return value.replace(/\\([\\,=])|\\(.?)|([,=])/gsu, (_, escaped?: string, unknown?: string, bare?: string) => {
    if (escaped !== undefined) return escaped;
    if (bare !== undefined)
      throw new Error(`invalid field selector: unescaped character in value: ${bare.codePointAt(0)}`);
    throw new Error(`invalid field selector: invalid escape sequence: \\${unknown}`);
  });
}

/** The parts of a time as Go's `time.Parse` goes through them, each with its name in the layout. */
const PARTS: readonly (readonly [layout: string, pattern: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  // Go accepts a fraction after the seconds that the layout does not have.
  ['05', /^\d\d(\.\d+)?/],
];
const MICROSECONDS = ['.000000', /^\.\d{6}/] as const;
const ZONE = ['Z07:00', /^(Z|[+-]\d\d:\d\d)/] as const;

/** Why a text is no time, in the words of Go; undefined when it is one. */
export function timeFault(text: string, isMicro: boolean): string | undefined {
  const layout = isMicro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
  const shown = JSON.stringify(text);
  const parts = isMicro ? [...PARTS.slice(0, -1), ['05', /^\d\d/] as const, MICROSECONDS, ZONE] : [...PARTS, ZONE];
  let rest = text;
  for (const [name, pattern] of parts) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) {
      return `parsing time ${shown} as "${layout}": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`;
    }
    rest = rest.slice(found.length);
  }
  if (rest !== '') return `parsing time ${shown}: extra text: ${JSON.stringify(rest)}`;
  return undefined;
}

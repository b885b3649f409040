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
  const outside = partOutOfRange(text);
  return outside === undefined ? undefined : `parsing time ${shown}: ${outside} out of range`;
}

/** The first part of a well-formed time that no calendar or clock has. */
function partOutOfRange(text: string): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[^\d]/).map(Number);
  if (month < 1 || month > 12) return 'month';
  if (hour > 23) return 'hour';
  if (minute > 59) return 'minute';
  if (second > 59) return 'second';
  const daysOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day < 1 || day > daysOfMonth ? 'day' : undefined;
}

/** A time as its type writes it again: in UTC, in whole seconds or with all its microseconds. */
export function keptTime(text: string, isMicro: boolean): string {
  const seconds = new Date(text).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  return `${seconds}${isMicro ? (/\.\d{6}/.exec(text)?.[0] ?? '') : ''}Z`;
}

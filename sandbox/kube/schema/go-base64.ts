const LETTER = /[A-Za-z0-9+/]/;
const PAD = '=';

/**
 * The byte of a text at which Go's decoder of padded base64 stops; undefined when it reads all of it. Line breaks count
 * for nothing.
 */
export function corruptByte(text: string): number | undefined {
  const bytes = [...Buffer.from(text)].map((byte) => String.fromCharCode(byte));
  // The last quantum: how many letters it has, and where they begin.
  let letters = 0;
  let at = 0;
  const skipBreaks = (): void => {
    while (bytes[at] === '\n' || bytes[at] === '\r') at++;
  };
  for (;;) {
    skipBreaks();
    const byte = bytes[at];
    if (byte === undefined) return letters === 0 ? undefined : at - letters;
    if (!LETTER.test(byte)) break;
    letters = (letters + 1) % 4;
    at++;
  }
  if (bytes[at] !== PAD || letters < 2) return at;
  at++;
  skipBreaks();
  if (letters === 2) {
    if (at === bytes.length) return at;
    if (bytes[at] !== PAD) return at - 1;
    at++;
    skipBreaks();
  }
  return at < bytes.length ? at : undefined;
}

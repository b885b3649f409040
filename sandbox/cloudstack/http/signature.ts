import { createHmac, timingSafeEqual } from 'node:crypto';

/** A decoded request: names as sent. */
export interface Decoded {
  readonly [name: string]: string;
}

/** Java's URLEncoder, with spaces as `%20` (`cloudstack.md` 1.3). */
function encode(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .replaceAll('%2A', '*');
}

/** What the client should have signed: all parameters but the signature, by name in code-point order, in lower case. */
export function signedText(parameters: Decoded): string {
  return Object.keys(parameters)
    .filter((name) => name.toLowerCase() !== 'signature')
    .sort()
    .map((name) => `${name}=${encode(parameters[name] ?? '')}`)
    .join('&')
    .toLowerCase();
}

/** Compares in constant time. */
export function isSignedWith(secretKey: string, parameters: Decoded, signature: string): boolean {
  const expected = createHmac('sha1', secretKey).update(signedText(parameters), 'utf8').digest();
  const given = Buffer.from(signature, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * When a request of signature version 3 is no longer valid, in milliseconds; undefined when the text is no date.
 * Offsets with and without a colon, `Z`, fractions, and the doubled form of old clients (`…'Z'Z`) are accepted.
 */
export function expiryOf(text: string): number | undefined {
  const match =
    /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:'?Z'?Z?|([+-]\d{2}):?(\d{2}))$/.exec(text.trim()) ??
    undefined;
  if (match === undefined) return undefined;
  const offset = match[2] === undefined ? 'Z' : `${match[2]}:${match[3]}`;
  const time = Date.parse(`${match[1]}${offset}`);
  return Number.isNaN(time) ? undefined : time;
}

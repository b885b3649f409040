import { createHmac } from 'node:crypto';

/** Command parameters, names as they travel. */
export interface Parameters {
  readonly [name: string]: string;
}

/**
 * Percent-encodes as the server re-encodes values before it checks a signature: Java's URLEncoder with `+` as `%20`
 * (`cloudstack.md` 1.3), so `*` stays and `! ' ( ) ~` are escaped.
 */
export function encodeValue(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2A', '*');
}

/** The text that is signed: sorted by name in code-point order, values encoded, all in lower case. */
export function stringToSign(parameters: Parameters): string {
  return Object.keys(parameters)
    .filter((name) => name.toLowerCase() !== 'signature')
    .sort()
    .map((name) => `${name}=${encodeValue(parameters[name] ?? '')}`)
    .join('&')
    .toLowerCase();
}

/** Base64 of the HMAC-SHA1 over {@link stringToSign}. */
export function signatureOf(parameters: Parameters, secretKey: string): string {
  return createHmac('sha1', secretKey).update(stringToSign(parameters), 'utf8').digest('base64');
}

/** An `application/x-www-form-urlencoded` body. */
export function formBody(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeValue(value)}`)
    .join('&');
}

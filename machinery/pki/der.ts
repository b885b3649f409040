/** The few DER forms that X.509 certificates are made of (ITU-T X.690). Parsing beyond one level is left to OpenSSL. */

/** One element: tag, length, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), encodeLength(body.length), body]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => element(0x30, ...contents);
export const set = (...contents: readonly Uint8Array[]): Buffer => element(0x31, ...contents);
export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'));
export const booleanTrue = (): Buffer => element(0x01, Buffer.from([0xff]));

/** Constructed, context-specific tag `[number]`. */
export const explicit = (number: number, ...contents: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...contents);

/** Primitive, context-specific tag `[number]`. */
export const implicit = (number: number, bytes: Uint8Array): Buffer => element(0x80 | number, bytes);

/** An unsigned number given as big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.length === 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(start));
  // The first bit is the sign.
  return element(0x02, ((digits[0] ?? 0) & 0x80) === 0 ? digits : Buffer.concat([Buffer.from([0]), digits]));
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.from([unusedBits]), bytes);
}

/** An object identifier in dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      digits.unshift(0x80 | (high & 0x7f));
    bytes.push(...digits);
  }
  return element(0x06, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5); whole seconds. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return Number(digits.slice(0, 4)) < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`, 'ascii'))
    : element(0x18, Buffer.from(`${digits}Z`, 'ascii'));
}

export interface Element {
  readonly tag: number;
  /** The element with tag and length, as it stands in the input. */
  readonly encoded: Buffer;
  readonly contents: Buffer;
}

/**
 * The elements that stand one after the other in `bytes`.
 * @throws RangeError when they do not fill it exactly.
 */
export function readElements(bytes: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const next = readElement(bytes.subarray(offset));
    elements.push(next);
    offset += next.encoded.length;
  }
  return elements;
}

function readElement(bytes: Buffer): Element {
  const tag = bytes.readUInt8(0);
  const first = bytes.readUInt8(1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4) throw new RangeError('DER: unusable length');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (start + length > bytes.length) throw new RangeError('DER: element is cut off');
  return { tag, encoded: bytes.subarray(0, start + length), contents: bytes.subarray(start, start + length) };
}

/** The wire format of the few protocol buffer messages that etcd clients of ours use. */

export type FieldValue = bigint | number | boolean | string | Buffer;

/** One field of a message; zero values are left out, as proto3 does. */
export function field(number: number, value: FieldValue): Buffer {
  if (value === '' || value === false || value === 0 || value === 0n) return Buffer.alloc(0);
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value);
    return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
  }
  return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt(value))]);
}

/** A message of fields in the order given. */
export function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const more = rest > 0x7fn ? 0x80n : 0n;
    bytes.push(Number((rest & 0x7fn) | more));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export interface Decoded {
  readonly number: number;
  /** Varints as numbers; strings, bytes and messages as bytes. */
  readonly value: bigint | Buffer;
}

/** @throws RangeError when the bytes are no message, or use a wire type that etcd's messages do not have. */
export function decode(bytes: Buffer): readonly Decoded[] {
  const fields: Decoded[] = [];
  let offset = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = bytes.readUInt8(offset++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('protobuf: varint is too long');
  };
  while (offset < bytes.length) {
    const key = Number(readVarint());
    const number = key >>> 3;
    if ((key & 7) === 0) {
      fields.push({ number, value: readVarint() });
    } else if ((key & 7) === 2) {
      const length = Number(readVarint());
      if (offset + length > bytes.length) throw new RangeError('protobuf: field is cut off');
      fields.push({ number, value: bytes.subarray(offset, offset + length) });
      offset += length;
    } else {
      throw new RangeError(`protobuf: wire type ${key & 7} is not expected`);
    }
  }
  return fields;
}

/** The number in a field, 0 when it is absent. */
export function numberIn(fields: readonly Decoded[], number: number): bigint {
  const value = fields.find((candidate) => candidate.number === number)?.value;
  return typeof value === 'bigint' ? value : 0n;
}

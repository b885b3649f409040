/** The little of the protocol buffer wire format that five etcd calls need. */

/** Field number → values in the order they came; varints as bigint, everything with a length as bytes. */
export type Message = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** The bytes are not what etcd sends. */
export class ProtobufInvalid extends Error {
  constructor(why: string) {
    super(`protocol buffer: ${why}`);
    this.name = 'ProtobufInvalid';
  }
}

/** A message of varint fields; zeros are left out, as proto3 does. */
export function encodeVarints(fields: { readonly [number: number]: bigint | boolean }): Buffer {
  const parts: Buffer[] = [];
  for (const [number, value] of Object.entries(fields)) {
    if (BigInt(value) !== 0n) parts.push(varint(BigInt(number) << 3n), varint(BigInt(value)));
  }
  return Buffer.concat(parts);
}

/** @throws ProtobufInvalid */
export function decodeMessage(bytes: Buffer): Message {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let offset = 0;
  const read = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset++];
      if (byte === undefined) throw new ProtobufInvalid('cut off');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufInvalid('a number is too long');
  };
  const skip = (length: number): Buffer => {
    if (offset + length > bytes.length) throw new ProtobufInvalid('cut off');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  while (offset < bytes.length) {
    const tag = read();
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    let value: bigint | Buffer;
    if (wireType === 0) value = read();
    else if (wireType === 1) value = skip(8);
    else if (wireType === 2) value = skip(Number(read()));
    else if (wireType === 5) value = skip(4);
    else throw new ProtobufInvalid(`unknown wire type ${wireType}`);
    const values = fields.get(number);
    if (values === undefined) fields.set(number, [value]);
    else values.push(value);
  }
  return fields;
}

/** A number, 0 when it is absent. The last one counts. */
export function numberAt(message: Message, field: number): bigint {
  const value = message.get(field)?.at(-1);
  return typeof value === 'bigint' ? value : 0n;
}

export function textAt(message: Message, field: number): string {
  return textsAt(message, field).at(-1) ?? '';
}

export function textsAt(message: Message, field: number): string[] {
  return bytesAt(message, field).map((bytes) => bytes.toString('utf8'));
}

export function messagesAt(message: Message, field: number): Message[] {
  return bytesAt(message, field).map(decodeMessage);
}

function bytesAt(message: Message, field: number): Buffer[] {
  return (message.get(field) ?? []).filter((value): value is Buffer => Buffer.isBuffer(value));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

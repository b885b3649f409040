import { isIP, isIPv4, isIPv6 } from 'node:net';

/** IPv4 and IPv6 ranges in CIDR notation. */

export interface Cidr {
  /** First address as a number. */
  readonly first: bigint;
  /** Last address as a number. */
  readonly last: bigint;
  readonly family: 4 | 6;
  readonly prefix: number;
}

/** The range, or undefined when the text is not CIDR notation. Host bits are allowed, as Kubernetes does. */
export function tryParseCidr(text: string): Cidr | undefined {
  const match = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const address = match[1] ?? '';
  const prefix = Number(match[2]);
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (family === undefined) return undefined;
  const bits = family === 4 ? 32 : 128;
  if (prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const value = family === 4 ? ipv4Number(address) : ipv6Number(address);
  const first = (value / size) * size;
  return { first, last: first + size - 1n, family, prefix };
}

/** Whether the text is an IPv4 or IPv6 address, and no host name. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function overlaps(left: Cidr, right: Cidr): boolean {
  return left.family === right.family && left.first <= right.last && right.first <= left.last;
}

/** Whether all of the inner range lies in the outer one. */
export function covers(outer: Cidr, inner: Cidr): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

function ipv4Number(address: string): bigint {
  return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6Number(address: string): bigint {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  let text = address;
  if (embedded !== null) {
    const low = ipv4Number(embedded[2] ?? '');
    text = `${embedded[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n);
}

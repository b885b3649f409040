/** IPv4 arithmetic on unsigned 32-bit numbers. */

export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Undefined when it is not `a.b.c.d/n`. Host bits are dropped. */
export function parseIpv4Cidr(text: string): Ipv4Range | undefined {
  const [address, length, ...rest] = text.split('/');
  const value = parseIpv4(address ?? '');
  if (value === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length ?? '')) return undefined;
  const prefix = Number(length);
  if (prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const first = value - (value % size);
  return { first, last: first + size - 1, prefix };
}

export function netmaskOf(prefix: number): string {
  return formatIpv4(2 ** 32 - 2 ** (32 - prefix));
}

/** Undefined when the text is no netmask. */
export function prefixOf(netmask: string): number | undefined {
  for (let prefix = 0; prefix <= 32; prefix++) if (netmaskOf(prefix) === netmask) return prefix;
  return undefined;
}

export function contains(range: Ipv4Range, address: number): boolean {
  return range.first <= address && address <= range.last;
}

export function rangesOverlap(left: Ipv4Range, right: Ipv4Range): boolean {
  return left.first <= right.last && right.first <= left.last;
}

/** All addresses of a range, in order. */
export function addressesIn(range: Ipv4Range): string[] {
  return Array.from({ length: range.last - range.first + 1 }, (_, index) => formatIpv4(range.first + index));
}

import { createHash } from 'node:crypto';
import { type Cidr, tryParseCidr } from '../../../machinery/cidr';

/** What flannel's manifest names, for clusters that leave the choice to their network plug-in. */
const DEFAULT_SUBNET = '10.244.0.0/16';

/** An address in the (first) pod subnet of a cluster that stays the same for a pod. */
export function podAddress(podSubnet: string | undefined, podUid: string): string {
  const [first = ''] = (podSubnet ?? DEFAULT_SUBNET).split(',');
  const subnet = tryParseCidr(first.trim()) ?? tryParseCidr(DEFAULT_SUBNET);
  if (subnet === undefined) throw new Error(`${DEFAULT_SUBNET} is no subnet`);
  const digest = createHash('sha256').update(podUid).digest().readBigUInt64BE(0);
  // Neither the network's own nor the broadcast address, where there are others.
  const usable = subnet.last - subnet.first - 1n;
  return textOf(subnet, usable > 0n ? subnet.first + 1n + (digest % usable) : subnet.first);
}

function textOf({ family }: Cidr, address: bigint): string {
  const [count, bits, radix] = family === 4 ? ([4, 8n, 10] as const) : ([8, 16n, 16] as const);
  const parts = Array.from({ length: count }, (_, index) => {
    const shifted = address >> (bits * BigInt(count - 1 - index));
    return (shifted & ((1n << bits) - 1n)).toString(radix);
  });
  // URL writes IPv6 addresses in their canonical form.
  return family === 4 ? parts.join('.') : new URL(`http://[${parts.join(':')}]`).hostname.slice(1, -1);
}

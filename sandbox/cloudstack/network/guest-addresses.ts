import type { Installation } from '../installation';
import { invalidValue, noAddress } from '../protocol/api-error';
import type { NetworkRow } from '../store/network-rows';
import { contains, formatIpv4, type Ipv4Range, parseIpv4, parseIpv4Cidr } from './ipv4';

/**
 * An address for a NIC: the asked one, or any free one.
 * @returns undefined on L2 networks, which give none
 * @throws ApiError 431 when the asked one is outside or taken, 533 when none is free.
 */
export function takeGuestAddress(cloud: Installation, network: NetworkRow, asked?: string): string | undefined {
  const range = rangeOf(network);
  if (range === undefined) return undefined;
  const used = usedAddresses(cloud, network);
  if (asked !== undefined) {
    const value = parseIpv4(asked);
    if (value === undefined || !contains(range, value) || asked === network.gateway) {
      throw invalidValue(`Requested ip ${asked} is not in range of network ${network.id}`);
    }
    if (used.has(asked)) throw invalidValue(`IP address ${asked} is already in use in network ${network.id}`);
    return asked;
  }
  const size = range.last - range.first + 1;
  // A random start, as the real one picks: nobody should lean on an order.
  const start = cloud.random.below(size);
  for (let step = 0; step < size; step++) {
    const address = formatIpv4(range.first + ((start + step) % size));
    if (address !== network.gateway && !used.has(address)) return address;
  }
  throw noAddress(`Unable to acquire Guest IP address for network ${network.id}`);
}

function usedAddresses(cloud: Installation, network: NetworkRow): ReadonlySet<string> {
  const used = new Set<string>();
  for (const vmId of cloud.db.vmsByNetwork.get(network.id)) {
    for (const nic of cloud.db.vms.get(vmId)?.nics ?? []) {
      if (nic.networkId !== network.id) continue;
      if (nic.address !== undefined) used.add(nic.address);
      for (const secondary of nic.secondary) used.add(secondary.address);
    }
  }
  return used;
}

/** The addresses a network gives to machines. */
function rangeOf(network: NetworkRow): Ipv4Range | undefined {
  const cidr = network.cidr === undefined ? undefined : parseIpv4Cidr(network.cidr);
  if (cidr === undefined) return undefined;
  const first = parseIpv4(network.startIp ?? '') ?? cidr.first + 1;
  const last = parseIpv4(network.endIp ?? '') ?? cidr.last - 1;
  return { first, last, prefix: cidr.prefix };
}

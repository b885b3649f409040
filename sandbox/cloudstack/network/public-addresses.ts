import type { Installation } from '../installation';
import { invalidValue, noAddress } from '../protocol/api-error';
import { rowsOf } from '../store/database';
import type { AddressRow, NetworkRow, VpcRow } from '../store/network-rows';

/** Reserves an address for an owner: the asked one or the first free one. @throws ApiError 431, 533 */
export function reserveAddress(cloud: Installation, zoneId: string, asked: string | undefined): AddressRow {
  const { db } = cloud;
  if (asked === undefined) {
    const [first] = db.freeAddresses.get(zoneId);
    const free = db.addresses.get(first);
    if (free === undefined)
      throw noAddress(`Insufficient address capacity in zone ${zoneId}: no free public IP address`);
    return free;
  }
  const address = rowsOf(db.addressesByText.get(asked), (id) => db.addresses.get(id)).find(
    (candidate) => candidate.zoneId === zoneId,
  );
  if (address === undefined) throw invalidValue(`Invalid IP address ${asked}: it is not in a public range of the zone`);
  if (address.state !== 'Free') throw invalidValue(`IP address ${asked} is not free, it is ${address.state}`);
  return address;
}

export function sourceNatOf(cloud: Installation, target: NetworkRow | VpcRow): AddressRow | undefined {
  const { db } = cloud;
  return rowsOf(db.addressesByNetwork.get(target.id), (id) => db.addresses.get(id)).find(
    (address) => address.sourceNat,
  );
}

/**
 * Gives a network or VPC its source NAT address when it has none (`cloudstack.md` 7.2).
 * @throws ApiError 533 when the pool is empty.
 */
export function ensureSourceNat(cloud: Installation, target: NetworkRow | VpcRow, kind: 'network' | 'vpc'): void {
  if (sourceNatOf(cloud, target) !== undefined) return;
  const free = reserveAddress(cloud, target.zoneId, undefined);
  cloud.db.addresses.put({
    ...free,
    state: 'Allocated',
    accountId: target.accountId,
    allocated: cloud.clock.now(),
    ...(kind === 'network' ? { networkId: target.id } : { vpcId: target.id }),
    sourceNat: true,
  });
}

/** Removes all rules of an address and gives it back to the pool. */
export function releaseAddress(cloud: Installation, address: AddressRow): void {
  const { db } = cloud;
  for (const id of [...db.balancersByAddress.get(address.id)])
    removeTagged(cloud, () => db.loadBalancers.remove(id), id);
  for (const id of [...db.forwardingsByAddress.get(address.id)]) {
    removeTagged(cloud, () => db.portForwardings.remove(id), id);
  }
  for (const id of [...db.firewallByAddress.get(address.id)])
    removeTagged(cloud, () => db.firewallRules.remove(id), id);
  db.tags.remove(address.id);
  db.addresses.put({
    id: address.id,
    address: address.address,
    zoneId: address.zoneId,
    vlanId: address.vlanId,
    state: 'Free',
    sourceNat: false,
    system: false,
  });
}

/** Removes an object together with its tags. */
export function removeTagged(cloud: Installation, remove: () => void, id: string): void {
  cloud.db.tags.remove(id);
  remove();
}

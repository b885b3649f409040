import type { GuestMachine } from '../../ports';
import type { Installation } from '../installation';
import { ensureSourceNat, removeTagged, sourceNatOf } from '../network/public-addresses';
import type { VmRow, VmState } from '../store/compute-rows';
import { rowsOf } from '../store/database';

/** Transitions of machines (`cloudstack.md` 5.2) and what goes with them. All inside a transaction. */

export function setState(cloud: Installation, vmId: string, state: VmState, more: Partial<VmRow> = {}): VmRow {
  return cloud.db.vms.patch(vmId, { ...more, state, updated: cloud.clock.now() });
}

/** Stopped → Starting: takes a host and sets up the networks. @throws ApiError 533 */
export function beginStart(cloud: Installation, vmId: string): void {
  const vm = cloud.db.vms.need(vmId);
  const host = cloud.hostLoad.place(vm);
  for (const nic of vm.nics) implement(cloud, nic.networkId);
  setState(cloud, vmId, 'Starting', { hostId: host.id });
}

/** Starting → Running: networks are up and the guest boots. */
export function finishStart(cloud: Installation, vmId: string): void {
  const vm = cloud.db.vms.need(vmId);
  for (const nic of vm.nics) {
    const network = cloud.db.networks.need(nic.networkId);
    if (network.state === 'Implementing') cloud.db.networks.patch(network.id, { state: 'Implemented' });
  }
  const running = setState(cloud, vmId, 'Running', { booted: true });
  const guest = guestOf(cloud, running);
  cloud.db.store.afterCommit(() => cloud.guests.powerOn(guest, !vm.booted));
}

/** → Stopped: the host is free, the guest is off. */
export function finishStop(cloud: Installation, vmId: string): void {
  const vm = cloud.db.vms.need(vmId);
  setState(cloud, vmId, 'Stopped', { hostId: undefined, lastHostId: vm.hostId ?? vm.lastHostId });
  cloud.db.store.afterCommit(() => cloud.guests.powerOff(vmId));
}

/** A first start that failed: the machine stays as `Error`, holds no host and no disks. */
export function markFailed(cloud: Installation, vmId: string): void {
  const vm = cloud.db.vms.get(vmId);
  if (vm === undefined) return;
  setState(cloud, vmId, 'Error', { hostId: undefined, affinityGroupIds: [] });
  for (const id of [...cloud.db.volumesByVm.get(vmId)]) removeTagged(cloud, () => cloud.db.volumes.remove(id), id);
}

/**
 * → Destroyed (from Error: Expunging). Data disks are detached, and removed when named; the sweeper wipes it later.
 * @returns the machine as it is now
 */
export function destroy(cloud: Installation, vmId: string, volumeIds: readonly string[] = []): VmRow {
  const { db } = cloud;
  const vm = db.vms.need(vmId);
  if (vm.state === 'Running' || vm.state === 'Stopping') db.store.afterCommit(() => cloud.guests.powerOff(vmId));
  for (const id of [...db.volumesByVm.get(vmId)]) {
    const volume = db.volumes.need(id);
    if (volume.type === 'ROOT') db.volumes.patch(id, { state: 'Destroy' });
    else if (volumeIds.includes(id)) removeTagged(cloud, () => db.volumes.remove(id), id);
    else db.volumes.patch(id, { vmId: undefined, deviceId: undefined, attached: undefined });
  }
  dropFromRules(cloud, vmId);
  const gone = setState(cloud, vmId, vm.state === 'Error' ? 'Expunging' : 'Destroyed', {
    hostId: undefined,
    lastHostId: vm.hostId ?? vm.lastHostId,
    destroyedAt: cloud.clock.now(),
  });
  scheduleExpunge(cloud, vmId, cloud.settings.expungeDelayMs);
  return gone;
}

/** The machine leaves every list, with its root disk. */
export function expunge(cloud: Installation, vmId: string): void {
  const { db } = cloud;
  for (const id of [...db.volumesByVm.get(vmId)]) removeTagged(cloud, () => db.volumes.remove(id), id);
  dropFromRules(cloud, vmId);
  db.userData.remove(vmId);
  removeTagged(cloud, () => db.vms.remove(vmId), vmId);
  db.store.afterCommit(() => cloud.guests.destroy(vmId));
}

/** The sweeper: wipes a machine that was Destroyed long enough and was not recovered. */
export function scheduleExpunge(cloud: Installation, vmId: string, delayMs: number): void {
  const { db, clock } = cloud;
  const destroyedAt = db.vms.get(vmId)?.destroyedAt;
  db.store.afterCommit(() => {
    clock.after(delayMs, () => {
      const vm = db.vms.get(vmId);
      if (vm?.destroyedAt !== destroyedAt || (vm?.state !== 'Destroyed' && vm?.state !== 'Expunging')) return;
      db.store.transaction(() => expunge(cloud, vmId));
    });
  });
}

function dropFromRules(cloud: Installation, vmId: string): void {
  const { db } = cloud;
  for (const rule of rowsOf(new Set(db.balancersByVm.get(vmId)), (id) => db.loadBalancers.get(id))) {
    const members = rule.members.filter((member) => member.vmId !== vmId);
    db.loadBalancers.patch(rule.id, { members, state: members.length === 0 ? 'Add' : rule.state });
  }
  for (const rule of db.portForwardings.filter((candidate) => candidate.vmId === vmId))
    db.portForwardings.remove(rule.id);
  for (const address of db.addresses.filter((candidate) => candidate.staticNatVmId === vmId)) {
    db.addresses.patch(address.id, { staticNatVmId: undefined });
  }
}

/** Allocated → Implementing: the router starts, with its source NAT address. */
function implement(cloud: Installation, networkId: string): void {
  const network = cloud.db.networks.need(networkId);
  if (network.state !== 'Allocated' && network.state !== 'Shutdown') return;
  const offering = cloud.db.networkOfferings.need(network.offeringId);
  const vpc = cloud.db.vpcs.get(network.vpcId);
  if (vpc !== undefined) ensureSourceNat(cloud, vpc, 'vpc');
  else if (offering.services.includes('SourceNat')) ensureSourceNat(cloud, network, 'network');
  cloud.db.networks.patch(networkId, { state: 'Implementing', vlan: network.vlan ?? 100 + (network.number % 3900) });
}

/** A machine as its guest sees it, metadata included (`cloudstack.md` 6.2). */
export function guestOf(cloud: Installation, vm: VmRow): GuestMachine {
  const { db } = cloud;
  const [primary] = vm.nics;
  const network = db.networks.get(primary?.networkId);
  const nat = network === undefined ? undefined : sourceNatOf(cloud, db.vpcs.get(network.vpcId) ?? network);
  const keys = vm.keyPairs.flatMap((name) => {
    const pair = db.keyPairs.find((candidate) => candidate.name === name && candidate.accountId === vm.accountId);
    return pair === undefined ? [] : [pair.publicKey];
  });
  return {
    id: vm.id,
    name: vm.name,
    userData: db.userData.get(vm.id)?.userData ?? '',
    metadata: {
      'instance-id': vm.id,
      'vm-id': vm.id,
      'local-hostname': vm.name,
      'local-ipv4': primary?.address ?? '',
      'public-ipv4': nat?.address ?? primary?.address ?? '',
      'public-hostname': nat?.address ?? primary?.address ?? '',
      'public-keys': keys.join('\n'),
      'service-offering': db.serviceOfferings.need(vm.serviceOfferingId).name,
      'availability-zone': db.zones.need(vm.zoneId).name,
      'cloud-identifier': 'CloudStack-{sandbox}',
      'cloud-domain': db.domains.get(db.accounts.get(vm.accountId)?.domainId)?.path ?? '',
    },
    addresses: vm.nics.flatMap((nic) => (nic.address === undefined ? [] : [nic.address])),
    templateName: db.templates.get(vm.templateId)?.name ?? '',
    cpuNumber: vm.cpuNumber,
    memoryMiB: vm.memoryMiB,
  };
}

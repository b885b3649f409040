import type { JsonObject } from '../../../machinery/json';
import { instanceName } from '../compute/host-load';
import type { Installation } from '../installation';
import { prefixOf } from '../network/ipv4';
import { type Fields, fields } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import type { NicRow, VmRow } from '../store/compute-rows';
import { rowsOf, wireDate } from '../store/database';
import { type Caller, isRoot } from '../tenancy/caller';
import { ownerFields } from '../tenancy/owners';
import { jobFields, tagsOf } from '../tenancy/tags';

/** Parts of a machine that `details=` selects (`cloudstack.md` 2.2). */
const DETAILS = [
  'all',
  'group',
  'nics',
  'stats',
  'secgrp',
  'tmpl',
  'servoff',
  'diskoff',
  'backoff',
  'iso',
  'volume',
  'min',
  'affgrp',
];

export interface VmView {
  /** @default all */
  readonly details?: readonly string[] | undefined;
  /** Measured values as text, too. */
  readonly metrics?: boolean;
  readonly withUserData?: boolean;
}

/** @throws ApiError 431 */
export function checkDetails(details: readonly string[] | undefined): void {
  if (details?.some((detail) => !DETAILS.includes(detail.toLowerCase())) === true) {
    throw invalidValue(
      `The details parameter contains a non permitted value. The allowed values are [${DETAILS.join(', ')}]`,
    );
  }
}

export function renderVm(cloud: Installation, vm: VmRow, caller: Caller, view: VmView = {}): JsonObject {
  const { db } = cloud;
  const wanted = new Set((view.details ?? ['all']).map((detail) => detail.toLowerCase()));
  const has = (detail: string) => wanted.has('all') || wanted.has(detail);
  const zone = db.zones.need(vm.zoneId);
  const user = db.users.get(vm.userId);
  const template = db.templates.get(vm.templateId);
  return fields({
    id: vm.id,
    name: vm.name,
    displayname: vm.displayName,
    ...ownerFields(db, vm.accountId),
    domainpath: domainPath(cloud, vm),
    userid: user?.id,
    username: user?.username,
    created: wireDate(vm.created),
    lastupdated: wireDate(vm.updated),
    state: vm.state,
    haenable: vm.haEnabled,
    group: has('group') ? vm.group : undefined,
    zoneid: zone.id,
    zonename: zone.name,
    passwordenabled: false,
    ...(has('tmpl')
      ? {
          templateid: vm.templateId,
          templatename: template?.name,
          templatedisplaytext: template?.displayText,
          templatetype: 'USER',
          templateformat: 'QCOW2',
        }
      : {}),
    ...(has('servoff') ? offeringFields(cloud, vm) : {}),
    guestosid: template?.osTypeId,
    ostypeid: template?.osTypeId,
    osdisplayname: template?.osTypeName,
    rootdeviceid: 0,
    rootdevicetype: 'ROOT',
    hypervisor: 'KVM',
    arch: template?.arch,
    ...(isRoot(caller) ? adminFields(cloud, vm) : {}),
    ...(has('stats') && vm.state === 'Running' ? statistics(view.metrics === true) : {}),
    securitygroup: [],
    nic: has('nics') ? vm.nics.map((nic) => renderNic(cloud, nic, caller)) : [],
    ipaddress: has('nics') ? vm.nics.find((nic) => nic.isDefault)?.address : undefined,
    affinitygroup: has('affgrp') ? affinityGroups(cloud, vm) : [],
    details: { ...vm.details },
    isdynamicallyscalable: false,
    keypairs: vm.keyPairs.length === 0 ? undefined : vm.keyPairs.join(','),
    bootmode: 'legacy',
    boottype: 'Bios',
    pooltype: 'NetworkFilesystem',
    vmtype: 'User',
    deleteprotection: false,
    displayvm: true,
    receivedbytes: 0,
    sentbytes: 0,
    hasannotations: false,
    userdata: view.withUserData === true ? db.userData.get(vm.id)?.userData : undefined,
    tags: tagsOf(cloud, vm.id),
    ...jobFields(cloud, vm.id),
  });
}

/** A machine's path begins with a slash where others begin with ROOT. */
function domainPath(cloud: Installation, vm: VmRow): string {
  const domain = cloud.db.domains.get(cloud.db.accounts.get(vm.accountId)?.domainId);
  const path = domain?.path.replace(/^ROOT/, '') ?? '';
  return path === '' ? '/' : path;
}

function offeringFields(cloud: Installation, vm: VmRow): Fields {
  return {
    serviceofferingid: vm.serviceOfferingId,
    serviceofferingname: cloud.db.serviceOfferings.get(vm.serviceOfferingId)?.name,
    cpunumber: vm.cpuNumber,
    cpuspeed: vm.cpuSpeedMhz,
    memory: vm.memoryMiB,
  };
}

/** What users must not see. */
function adminFields(cloud: Installation, vm: VmRow): Fields {
  const host = cloud.db.hosts.get(vm.hostId);
  return {
    hostid: host?.id,
    hostname: host?.name,
    instancename: instanceName(vm),
    hostcontrolstate: host && 'Enabled',
  };
}

function statistics(metrics: boolean): Fields {
  const numbers = {
    cpuused: '1.2%',
    networkkbsread: 812,
    networkkbswrite: 97,
    diskkbsread: 1024,
    diskkbswrite: 2048,
    diskioread: 120,
    diskiowrite: 240,
    memorykbs: 0,
    memoryintfreekbs: 0,
    memorytargetkbs: 0,
  };
  if (!metrics) return numbers;
  return {
    ...numbers,
    networkread: '0.79 MB',
    networkwrite: '0.09 MB',
    diskread: '1.0 MB',
    diskwrite: '2.0 MB',
    diskiopstotal: 360,
  };
}

function affinityGroups(cloud: Installation, vm: VmRow): JsonObject[] {
  return rowsOf(new Set(vm.affinityGroupIds), (id) => cloud.db.affinityGroups.get(id)).map((group) => ({
    id: group.id,
    name: group.name,
    type: group.type,
    description: group.description,
    ...ownerFields(cloud.db, group.accountId),
  }));
}

export function renderNic(cloud: Installation, nic: NicRow, caller: Caller): JsonObject {
  const network = cloud.db.networks.get(nic.networkId);
  const vpc = cloud.db.vpcs.get(network?.vpcId);
  const uri = isRoot(caller) && network?.vlan !== undefined ? `vlan://${network.vlan}` : undefined;
  return fields({
    id: nic.id,
    networkid: nic.networkId,
    networkname: network?.name,
    netmask: nic.address === undefined || prefixOf(network?.netmask ?? '') === undefined ? undefined : network?.netmask,
    gateway: nic.address === undefined ? undefined : network?.gateway,
    ipaddress: nic.address,
    isolationuri: uri,
    broadcasturi: uri,
    traffictype: 'Guest',
    type: network?.type,
    isdefault: nic.isDefault,
    macaddress: nic.mac,
    vpcid: vpc?.id,
    vpcname: vpc?.name,
    secondaryip: nic.secondary.map((secondary) => ({ id: secondary.id, ipaddress: secondary.address })),
    extradhcpoption: [],
  });
}

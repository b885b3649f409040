import { beginStart, finishStart, markFailed } from '../compute/lifecycle';
import type { Installation } from '../installation';
import type { Work } from '../jobs/job-engine';
import { takeGuestAddress } from '../network/guest-addresses';
import { invalidValue, permissionDenied } from '../protocol/api-error';
import { type Command, job } from '../protocol/command';
import {
  type Args,
  entries,
  flag,
  idOf,
  idsOf,
  type MapEntry,
  required,
  since,
  text,
  whole,
  words,
} from '../protocol/parameters';
import type { DiskOfferingRow, ServiceOfferingRow, TemplateRow } from '../store/catalog-rows';
import type { NicRow, VmRow } from '../store/compute-rows';
import { hostNameKey } from '../store/database';
import type { NetworkRow } from '../store/network-rows';
import type { AccountRow } from '../store/tenancy-rows';
import { type Caller, mayUse } from '../tenancy/caller';
import { ownerFor, ownerParameters } from '../tenancy/owners';
import { checkZoneOpen, needNetwork } from './networks';
import { checkUsable } from './templates';
import { checkedUserData } from './user-data';
import { renderVm } from './vm-view';

const parameters = {
  zoneid: required(idOf('zones')),
  serviceofferingid: required(idOf('serviceOfferings')),
  templateid: required(idOf('templates')),
  name: text(),
  displayname: text(),
  networkids: idsOf('networks'),
  iptonetworklist: entries(),
  ipaddress: text(),
  macaddress: text(),
  diskofferingid: idOf('diskOfferings'),
  size: whole(),
  rootdisksize: whole(),
  overridediskofferingid: idOf('diskOfferings'),
  details: entries(),
  keypair: text(),
  keypairs: words(),
  userdata: text(1_048_576),
  userdataid: idOf('registeredUserData'),
  userdatadetails: entries(),
  affinitygroupids: idsOf('affinityGroups'),
  affinitygroupnames: words(),
  securitygroupids: words(),
  securitygroupnames: words(),
  group: text(),
  hypervisor: text(),
  keyboard: text(),
  startvm: flag(),
  boottype: text(),
  bootmode: text(),
  dynamicscalingenabled: flag(),
  extraconfig: text(5120),
  copyimagetags: flag(),
  hostid: idOf('hosts'),
  podid: text(),
  clusterid: text(),
  customid: text(),
  displayvm: flag(),
  password: since('4.19', text()),
  nicmultiqueuenumber: since('4.19', whole()),
  ...ownerParameters,
};

type DeployArgs = Args<typeof parameters>;

export const deployCommand: Command = job({
  name: 'deployVirtualMachine',
  description:
    'Creates and automatically starts a virtual machine based on a service offering, disk offering, and template.',
  answers: 'virtualmachine',
  creates: true,
  event: 'VM.CREATE',
  parameters,
  submit: ({ cloud, caller, args, method }) => {
    const userData = checkedUserData(cloud, args.userdata, method);
    const vm = create(cloud, caller, args);
    const data = userData ?? cloud.db.registeredUserData.get(args.userdataid)?.userData;
    if (data !== undefined) cloud.db.userData.put({ id: vm.id, userData: data });
    return deployment(cloud, caller, vm, args.startvm !== false);
  },
});

/** The part that answers at once: everything is checked, the machine exists, stopped. @throws ApiError 431, 531, 533, 535 */
function create(cloud: Installation, caller: Caller, args: DeployArgs): VmRow {
  const { db, clock } = cloud;
  const owner = ownerFor(cloud, caller, args);
  const zone = db.zones.need(args.zoneid);
  checkZoneOpen(zone, caller);
  const offering = present(db.serviceOfferings.get(args.serviceofferingid), 'service offering', args.serviceofferingid);
  const template = present(db.templates.get(args.templateid), 'template', args.templateid);
  checkUsable(template, zone.id, owner.id);
  const details: { [key: string]: string } = Object.assign({}, ...(args.details ?? []));
  const size = sizeOf(offering, details);
  const rootGiB = rootSize(args, details, offering, template);
  const dataDisk = dataDiskOf(cloud, args);
  const networks = networksOf(cloud, caller, owner, args);
  const id = db.newId();
  const name = hostNameOf(args.name, id);
  for (const { network } of networks) checkUnique(cloud, network, name);
  cloud.quotas.check(owner, {
    user_vm: 1,
    cpu: size.cpuNumber,
    memory: size.memoryMiB,
    volume: dataDisk === undefined ? 1 : 2,
    primary_storage: rootGiB + (dataDisk?.sizeGiB ?? 0),
  });
  const number = db.nextNumber();
  const nics = networks.map(
    ({ network, address }, index): NicRow => ({
      id: db.newId(),
      networkId: network.id,
      address: takeGuestAddress(cloud, network, address ?? (index === 0 ? args.ipaddress : undefined)),
      mac: macOf(number, index),
      isDefault: index === 0,
      secondary: [],
    }),
  );
  const keyPairs = args.keypairs ?? (args.keypair === undefined ? [] : [args.keypair]);
  checkKeyPairs(cloud, owner, keyPairs);
  const vm = db.vms.put({
    id,
    number,
    name,
    displayName: args.displayname ?? name,
    accountId: owner.id,
    userId: caller.user.id,
    zoneId: zone.id,
    templateId: template.id,
    serviceOfferingId: offering.id,
    ...size,
    state: 'Stopped',
    nics,
    affinityGroupIds: affinityGroupsOf(cloud, owner, args),
    keyPairs,
    details: { cpuOvercommitRatio: `${cloud.settings.cpuOvercommit.toFixed(1)}`, ...details },
    group: args.group,
    haEnabled: offering.offerHa,
    booted: false,
    created: clock.now(),
    updated: clock.now(),
  });
  addVolume(cloud, vm, 'ROOT', rootGiB, undefined, 0);
  if (dataDisk !== undefined) addVolume(cloud, vm, 'DATADISK', dataDisk.sizeGiB, dataDisk.offering.id, 1);
  return vm;
}

function deployment(cloud: Installation, caller: Caller, vm: VmRow, start: boolean): Work {
  const { db } = cloud;
  return {
    entity: { type: 'VirtualMachine', id: vm.id },
    queue: `vm ${vm.id}`,
    begin: () => {
      if (start) beginStart(cloud, vm.id);
    },
    finish: () => {
      for (const id of db.volumesByVm.get(vm.id)) db.volumes.patch(id, { state: 'Ready' });
      if (start) finishStart(cloud, vm.id);
      return { virtualmachine: renderVm(cloud, db.vms.need(vm.id), caller) };
    },
    failed: () => markFailed(cloud, vm.id),
  };
}

function present<T>(row: T | undefined, what: string, id: string): T {
  if (row === undefined) throw invalidValue(`Unable to use ${what} ${id}: it was removed`);
  return row;
}

function sizeOf(
  offering: ServiceOfferingRow,
  details: { readonly [key: string]: string },
): Pick<VmRow, 'cpuNumber' | 'cpuSpeedMhz' | 'memoryMiB'> {
  const of = (fixed: number | undefined, key: string): number => {
    if (fixed !== undefined) return fixed;
    const value = Number(details[key] ?? (key === 'cpuSpeed' ? 2000 : Number.NaN));
    if (Number.isInteger(value) && value > 0) return value;
    throw invalidValue(
      `Invalid ${key} value: specify a value between 1 and 2147483647 for the custom service offering ${offering.name}`,
    );
  };
  return {
    cpuNumber: of(offering.cpuNumber, 'cpuNumber'),
    cpuSpeedMhz: of(offering.cpuSpeedMhz, 'cpuSpeed'),
    memoryMiB: of(offering.memoryMiB, 'memory'),
  };
}

function rootSize(
  args: DeployArgs,
  details: { readonly [key: string]: string },
  offering: ServiceOfferingRow,
  template: TemplateRow,
): number {
  const asked =
    args.rootdisksize ?? (details['rootdisksize'] === undefined ? undefined : Number(details['rootdisksize']));
  if (asked === undefined) return Math.max(offering.rootDiskGiB ?? 0, template.sizeGiB);
  if (!(asked >= template.sizeGiB)) {
    throw invalidValue(
      `Unsupported: rootdisksize override (${asked} GB) is smaller than template size ${template.sizeGiB} GB`,
    );
  }
  return asked;
}

function dataDiskOf(cloud: Installation, args: DeployArgs): { offering: DiskOfferingRow; sizeGiB: number } | undefined {
  if (args.diskofferingid === undefined) return undefined;
  const offering = present(cloud.db.diskOfferings.get(args.diskofferingid), 'disk offering', args.diskofferingid);
  return { offering, sizeGiB: diskSize(offering, args.size) };
}

/** @throws ApiError 431 when the size is missing for a custom offering or given for a fixed one. */
export function diskSize(offering: DiskOfferingRow, asked: number | undefined): number {
  if (offering.sizeGiB !== undefined) {
    if (asked !== undefined && asked !== 0) {
      throw invalidValue(`This disk offering does not allow custom size specification: ${offering.name}`);
    }
    return offering.sizeGiB;
  }
  if (asked === undefined || asked < 1) throw invalidValue(`This disk offering requires a custom size specified`);
  return asked;
}

interface WantedNic {
  readonly network: NetworkRow;
  readonly address?: string | undefined;
}

/** @throws ApiError 431, 531 */
function networksOf(cloud: Installation, caller: Caller, owner: AccountRow, args: DeployArgs): WantedNic[] {
  const { db } = cloud;
  if (args.networkids !== undefined && args.iptonetworklist !== undefined) {
    throw invalidValue('ipToNetworkMap cannot be specified along with networkIds or ipAddress');
  }
  const listed = args.iptonetworklist?.map((entry) => wantedNic(cloud, caller, entry));
  const wanted = listed ?? args.networkids?.map((id) => ({ network: needNetwork(cloud, caller, id) }));
  const nics: WantedNic[] = wanted ?? [{ network: onlyNetworkOf(cloud, owner, args.zoneid) }];
  for (const { network } of nics) {
    if (network.zoneId !== args.zoneid) throw invalidValue(`Network id=${network.id} is not in zone ${args.zoneid}`);
    if (network.type !== 'Shared' && network.accountId !== owner.id && !mayUse(db, caller, network.accountId)) {
      throw permissionDenied(`Unable to use network with id= ${network.id}, permission denied`);
    }
  }
  if (new Set(nics.map(({ network }) => network.id)).size < nics.length) {
    throw invalidValue('Duplicate network ids in the list');
  }
  return nics;
}

function wantedNic(cloud: Installation, caller: Caller, entry: MapEntry): WantedNic {
  const id = entry['networkid'];
  if (id === undefined || !cloud.db.networks.knows(id))
    throw invalidValue(`Unable to translate and find entity with networkId: ${id}`);
  return { network: needNetwork(cloud, caller, id), address: entry['ip'] };
}

function onlyNetworkOf(cloud: Installation, owner: AccountRow, zoneId: string): NetworkRow {
  const own = cloud.db.networks.filter(
    (network) =>
      network.accountId === owner.id &&
      network.zoneId === zoneId &&
      network.type === 'Isolated' &&
      network.vpcId === undefined,
  );
  const [only] = own;
  if (only !== undefined && own.length === 1) return only;
  throw invalidValue(
    only === undefined
      ? `No default Isolated network is found for account ${owner.name}; please specify networkIds`
      : `More than 1 default Isolated networks are found for account ${owner.name}; please specify networkIds`,
  );
}

const HOST_NAME = /^(?!-)(?!\d)[a-zA-Z0-9-]{1,63}(?<!-)$/;

function hostNameOf(asked: string | undefined, id: string): string {
  if (asked === undefined) return `VM-${id}`;
  if (HOST_NAME.test(asked)) return asked;
  throw invalidValue(
    "Invalid name. Vm name can contain ASCII letters 'a' through 'z', the digits '0' through '9', and the hyphen ('-'), " +
      'must be between 1 and 63 characters long, and can\'t start or end with "-" and can\'t start with digit',
  );
}

/** Destroyed machines hold their names until they are expunged. @throws ApiError 431 */
export function checkUnique(cloud: Installation, network: NetworkRow, name: string): void {
  if (cloud.db.vmsByHostName.get(hostNameKey(network.id, name)).size === 0) return;
  throw invalidValue(
    `The vm with hostName ${name} already exists in the network domain: ${network.domainName}; network=${network.name}`,
  );
}

function checkKeyPairs(cloud: Installation, owner: AccountRow, names: readonly string[]): void {
  for (const name of names) {
    const found = cloud.db.keyPairs.find((pair) => pair.name === name && pair.accountId === owner.id);
    if (found === undefined) throw invalidValue(`A key pair with name '${name}' was not found.`);
  }
}

/** @throws ApiError 431 */
function affinityGroupsOf(cloud: Installation, owner: AccountRow, args: DeployArgs): readonly string[] {
  const { db } = cloud;
  const named = (args.affinitygroupnames ?? []).map((name) => {
    const group = db.affinityGroups.find((candidate) => candidate.name === name && candidate.accountId === owner.id);
    if (group === undefined) throw invalidValue(`Unable to find affinity group by name ${name}`);
    return group.id;
  });
  const ids = [...(args.affinitygroupids ?? []), ...named];
  for (const id of ids) {
    const group = db.affinityGroups.get(id);
    if (group === undefined) throw invalidValue(`Unable to find affinity group ${id}`);
    if (group.accountId !== owner.id)
      throw permissionDenied(`Affinity Group ${group.name} does not belong to the VM's account`);
  }
  return ids;
}

function addVolume(
  cloud: Installation,
  vm: VmRow,
  type: 'ROOT' | 'DATADISK',
  sizeGiB: number,
  diskOfferingId: string | undefined,
  deviceId: number,
): void {
  cloud.db.volumes.put({
    id: cloud.db.newId(),
    number: cloud.db.nextNumber(),
    name: `${type === 'ROOT' ? 'ROOT' : 'DATA'}-${vm.number}`,
    type,
    accountId: vm.accountId,
    zoneId: vm.zoneId,
    sizeGiB,
    state: 'Creating',
    diskOfferingId,
    vmId: vm.id,
    deviceId,
    attached: cloud.clock.now(),
    created: cloud.clock.now(),
  });
}

/** Locally administered, and different for each NIC. */
export function macOf(number: number, index: number): string {
  const low = [16, 8, 0].map((shift) => ((number >>> shift) & 255).toString(16).padStart(2, '0'));
  return `02:01:${index.toString(16).padStart(2, '0')}:${low.join(':')}`;
}

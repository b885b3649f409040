import type { Random } from '../../../machinery/random';
import type { Journal } from '../../ports';
import type {
  DiskOfferingRow,
  HostRow,
  KubernetesVersionRow,
  NetworkOfferingRow,
  ServiceOfferingRow,
  TemplateRow,
  VpcOfferingRow,
  ZoneRow,
} from './catalog-rows';
import type {
  AffinityGroupRow,
  KubernetesClusterRow,
  RegisteredUserDataRow,
  UserDataRow,
  VmRow,
  VolumeRow,
} from './compute-rows';
import { Index } from './derived';
import type {
  AclListRow,
  AclRow,
  AddressRow,
  FirewallRow,
  LoadBalancerRow,
  NetworkRow,
  PortForwardingRow,
  VpcRow,
} from './network-rows';
import { Store } from './store';
import type {
  AccountRow,
  DomainRow,
  JobRow,
  KeyPairRow,
  ProjectRow,
  SettingRow,
  TagsRow,
  UserRow,
} from './tenancy-rows';

/** The tables of the cloud and the indexes over them. Table names are what `idOf` parameters refer to. */
export class Database {
  readonly store: Store;
  readonly #random: Random;
  readonly #settings;

  readonly domains;
  readonly accounts;
  readonly users;
  readonly projects;
  readonly keyPairs;
  readonly tags;
  readonly jobs;

  readonly zones;
  readonly hosts;
  readonly serviceOfferings;
  readonly diskOfferings;
  readonly templates;
  readonly networkOfferings;
  readonly vpcOfferings;
  readonly kubernetesVersions;

  readonly networks;
  readonly vpcs;
  readonly addresses;
  readonly firewallRules;
  readonly loadBalancers;
  readonly portForwardings;
  readonly aclLists;
  readonly acls;

  readonly vms;
  readonly userData;
  readonly registeredUserData;
  readonly volumes;
  readonly affinityGroups;
  readonly kubernetesClusters;

  readonly usersByKey;
  readonly vmsByNetwork;
  readonly vmsByHost;
  readonly vmsByHostName;
  readonly vmsByAffinityGroup;
  readonly volumesByVm;
  readonly addressesByNetwork;
  readonly addressesByText;
  /** By zone; those never used come first. */
  readonly freeAddresses;
  readonly firewallByAddress;
  readonly firewallByNetwork;
  readonly balancersByAddress;
  readonly balancersByNetwork;
  readonly balancersByVm;
  readonly forwardingsByAddress;
  readonly aclsByList;
  readonly networksByVpc;
  readonly pendingJobs;

  constructor(journal: Journal | undefined, random: Random) {
    const store = new Store(journal);
    this.store = store;
    this.#random = random;
    this.#settings = store.table<SettingRow>('settings');

    this.domains = store.table<DomainRow>('domains');
    this.accounts = store.table<AccountRow>('accounts');
    this.users = store.table<UserRow>('users');
    this.projects = store.table<ProjectRow>('projects');
    this.keyPairs = store.table<KeyPairRow>('keyPairs');
    this.tags = store.table<TagsRow>('tags');
    this.jobs = store.table<JobRow>('jobs');

    this.zones = store.table<ZoneRow>('zones');
    this.hosts = store.table<HostRow>('hosts');
    this.serviceOfferings = store.table<ServiceOfferingRow>('serviceOfferings');
    this.diskOfferings = store.table<DiskOfferingRow>('diskOfferings');
    this.templates = store.table<TemplateRow>('templates');
    this.networkOfferings = store.table<NetworkOfferingRow>('networkOfferings');
    this.vpcOfferings = store.table<VpcOfferingRow>('vpcOfferings');
    this.kubernetesVersions = store.table<KubernetesVersionRow>('kubernetesVersions');

    this.networks = store.table<NetworkRow>('networks');
    this.vpcs = store.table<VpcRow>('vpcs');
    this.addresses = store.table<AddressRow>('addresses');
    this.firewallRules = store.table<FirewallRow>('firewallRules');
    this.loadBalancers = store.table<LoadBalancerRow>('loadBalancers');
    this.portForwardings = store.table<PortForwardingRow>('portForwardings');
    this.aclLists = store.table<AclListRow>('aclLists');
    this.acls = store.table<AclRow>('acls');

    this.vms = store.table<VmRow>('vms');
    this.userData = store.table<UserDataRow>('userData');
    this.registeredUserData = store.table<RegisteredUserDataRow>('registeredUserData');
    this.volumes = store.table<VolumeRow>('volumes');
    this.affinityGroups = store.table<AffinityGroupRow>('affinityGroups');
    this.kubernetesClusters = store.table<KubernetesClusterRow>('kubernetesClusters');

    this.usersByKey = new Index(this.users, (user) => present(user.apiKey));
    this.vmsByNetwork = new Index(this.vms, (vm) => vm.nics.map((nic) => nic.networkId));
    this.vmsByHost = new Index(this.vms, (vm) => present(vm.hostId));
    this.vmsByHostName = new Index(this.vms, (vm) =>
      vm.state === 'Error' ? [] : vm.nics.map((nic) => hostNameKey(nic.networkId, vm.name)),
    );
    this.vmsByAffinityGroup = new Index(this.vms, (vm) => vm.affinityGroupIds);
    this.volumesByVm = new Index(this.volumes, (volume) => present(volume.vmId));
    this.addressesByNetwork = new Index(this.addresses, (address) => [
      ...present(address.networkId),
      ...present(address.vpcId),
    ]);
    this.addressesByText = new Index(this.addresses, (address) => [address.address]);
    this.freeAddresses = new Index(this.addresses, (address) => (address.state === 'Free' ? [address.zoneId] : []));
    this.firewallByAddress = new Index(this.firewallRules, (rule) => present(rule.addressId));
    this.firewallByNetwork = new Index(this.firewallRules, (rule) => [rule.networkId]);
    this.balancersByAddress = new Index(this.loadBalancers, (rule) => [rule.addressId]);
    this.balancersByNetwork = new Index(this.loadBalancers, (rule) => [rule.networkId]);
    this.balancersByVm = new Index(this.loadBalancers, (rule) => rule.members.map((member) => member.vmId));
    this.forwardingsByAddress = new Index(this.portForwardings, (rule) => [rule.addressId]);
    this.aclsByList = new Index(this.acls, (rule) => [rule.aclId]);
    this.networksByVpc = new Index(this.networks, (network) => present(network.vpcId));
    this.pendingJobs = new Index(this.jobs, (job) => (job.status === 0 ? present(job.instanceId) : []));
  }

  /** The next internal id. */
  nextNumber(): number {
    const value = Number(this.#settings.get('number')?.value ?? 0) + 1;
    this.#settings.put({ id: 'number', value });
    return value;
  }

  newId(): string {
    return this.#random.uuid();
  }
}

/** Host names are unique in the DNS domain of a network. */
export function hostNameKey(networkId: string, name: string): string {
  return `${networkId} ${name.toLowerCase()}`;
}

function present(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

/** Dates as the server writes them: `2025-05-07T09:01:14+0000`. */
export function wireDate(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}+0000`;
}

/** Rows behind ids of an index. */
export function rowsOf<R>(ids: ReadonlySet<string>, get: (id: string) => R | undefined): R[] {
  const rows: R[] = [];
  for (const id of ids) {
    const row = get(id);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

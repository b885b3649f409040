import { addKeyPair } from './commands/key-pairs';
import { newKeys } from './commands/tenants';
import type { Installation } from './installation';
import { addressesIn, parseIpv4Cidr } from './network/ipv4';
import type { Limits } from './store/tenancy-rows';
import { AccountType } from './store/tenancy-rows';

/** What a new installation holds. Everything has a default that makes a plausible lab. */
export interface SeedOptions {
  /** @default ['zone-1'] */
  readonly zones?: readonly string[];
  /** In each zone. @default 8 hosts with 64 cores and 512 GiB */
  readonly hosts?: { readonly count: number; readonly cpuNumber: number; readonly memoryMiB: number };
  /** One template `kube-<version>` each. @default 1.32 to 1.35 */
  readonly kubernetesVersions?: readonly string[];
  /** Of the account that `credentials` belong to. @default 200 machines, 1600 CPUs, 4 TiB of memory, 100 addresses, … */
  readonly limits?: Limits;
  /** That account may expunge machines. @default true */
  readonly mayExpunge?: boolean;
}

export const seedNames = {
  account: 'capstan',
  zone: 'zone-1',
  offering: 'Medium Instance',
  sshKey: 'capstan',
} as const;

const VERSIONS = ['v1.32.9', 'v1.33.4', 'v1.33.5', 'v1.34.0', 'v1.34.1', 'v1.34.2', 'v1.35.0'];

const LIMITS: Limits = {
  user_vm: 200,
  cpu: 1600,
  memory: 4 * 1024 * 1024,
  public_ip: 100,
  volume: 500,
  network: 100,
  vpc: 20,
  primary_storage: 50_000,
  template: 20,
  snapshot: 20,
  project: 20,
};

/** A public key for the seeded key pair; nobody holds its other half. */
const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vY2tLZXlGb3JUaGVTYW5kYm94Q2xvdWRPbmx5MDAw capstan@sandbox';

/** Fills an empty installation. Inside a transaction. */
export function seed(cloud: Installation, publicRange: string | readonly string[], options: SeedOptions): void {
  seedTenants(cloud, options);
  for (const [index, name] of (options.zones ?? [seedNames.zone]).entries()) {
    const zoneId = seedZone(cloud, name, options);
    // One range serves one installation: its first zone.
    if (index === 0) seedAddresses(cloud, zoneId, publicRange);
    seedTemplates(cloud, zoneId, options.kubernetesVersions ?? VERSIONS);
  }
  seedOfferings(cloud);
  seedNetworkOfferings(cloud);
}

function seedTenants(cloud: Installation, options: SeedOptions): void {
  const { db, clock } = cloud;
  const root = db.domains.put({ id: db.newId(), number: 1, name: 'ROOT', path: 'ROOT', level: 0, limits: {} });
  const account = (name: string, type: number, number: number, limits: Limits, mayExpunge: boolean) => {
    const row = db.accounts.put({
      id: db.newId(),
      number,
      name,
      type,
      domainId: root.id,
      state: 'enabled',
      created: clock.now(),
      limits,
      mayExpunge,
      denied: [],
    });
    db.users.put({
      id: db.newId(),
      username: name,
      firstName: name,
      lastName: 'sandbox',
      email: `${name}@sandbox.internal`,
      accountId: row.id,
      state: 'enabled',
      created: clock.now(),
      password: Buffer.from(cloud.random.secret(12)).toString('base64url'),
      ...newKeys(cloud),
    });
    return row;
  };
  account('admin', AccountType.root, 2, {}, true);
  const owner = account(seedNames.account, AccountType.user, 3, options.limits ?? LIMITS, options.mayExpunge ?? true);
  addKeyPair(cloud, owner, seedNames.sshKey, PUBLIC_KEY);
}

function seedZone(cloud: Installation, name: string, options: SeedOptions): string {
  const { db, clock } = cloud;
  const zone = db.zones.put({
    id: db.newId(),
    name,
    allocationState: 'Enabled',
    token: db.newId(),
    dns1: '10.147.28.6',
    guestCidr: '10.1.1.0/24',
    physicalNetworkId: db.newId(),
    publicNetworkId: db.newId(),
    podId: db.newId(),
    clusterId: db.newId(),
    storageId: db.newId(),
  });
  const { count, cpuNumber, memoryMiB } = options.hosts ?? { count: 8, cpuNumber: 64, memoryMiB: 512 * 1024 };
  for (let index = 1; index <= count; index++) {
    db.hosts.put({
      id: db.newId(),
      number: index,
      name: `${name}-kvm-${String(index).padStart(2, '0')}`,
      zoneId: zone.id,
      cpuNumber,
      cpuSpeedMhz: 2600,
      memoryMiB,
      tags: [],
      state: 'Up',
      resourceState: 'Enabled',
      address: `172.16.15.${index + 1}`,
      created: clock.now(),
    });
  }
  return zone.id;
}

function seedAddresses(cloud: Installation, zoneId: string, publicRange: string | readonly string[]): void {
  const { db } = cloud;
  const vlanId = db.newId();
  for (const address of typeof publicRange === 'string' ? usableIn(publicRange) : publicRange) {
    db.addresses.put({
      id: db.newId(),
      address,
      zoneId,
      vlanId,
      state: 'Free',
      sourceNat: false,
      system: false,
    });
  }
}

/** All but the network's own, the gateway's and the broadcast address. */
function usableIn(cidr: string): string[] {
  const range = parseIpv4Cidr(cidr);
  if (range === undefined) throw new Error(`the public range ${cidr} is not in CIDR notation`);
  return addressesIn({ ...range, first: range.first + 2, last: range.last - 1 });
}

function seedTemplates(cloud: Installation, zoneId: string, versions: readonly string[]): void {
  const { db, clock } = cloud;
  const admin = db.accounts.find((account) => account.type === AccountType.root)?.id ?? '';
  const add = (name: string, displayText: string, forCks: boolean) =>
    db.templates.put({
      id: db.newId(),
      name,
      displayText,
      accountId: admin,
      zoneId,
      sizeGiB: 8,
      ready: true,
      isPublic: true,
      isFeatured: true,
      osTypeId: 'e53f7606-5fdf-11ea-9a56-1e006800018c',
      osTypeName: 'Ubuntu 24.04 LTS',
      arch: 'x86_64',
      forCks,
      created: clock.now(),
    });
  for (const version of versions) {
    add(`kube-${version}`, `Ubuntu 24.04 with kubeadm, kubelet and images of Kubernetes ${version}`, false);
    db.kubernetesVersions.put({
      id: db.newId(),
      name: version,
      semanticVersion: version.replace(/^v/, ''),
      zoneId,
      isoId: db.newId(),
      created: clock.now(),
    });
  }
  add('ubuntu-24.04', 'Ubuntu 24.04 LTS cloud image', false);
}

function seedOfferings(cloud: Installation): void {
  const { db, clock } = cloud;
  const sizes = [
    ['Small Instance', 1, 2048],
    ['Medium Instance', 2, 4096],
    ['Large Instance', 4, 8192],
    ['XLarge Instance', 8, 16_384],
    ['Custom Instance', undefined, undefined],
  ] as const;
  for (const [name, cpuNumber, memoryMiB] of sizes) {
    const size = cpuNumber === undefined ? 'Custom CPU and memory' : `${cpuNumber} vCPU, ${memoryMiB / 1024} GiB`;
    db.serviceOfferings.put({
      id: db.newId(),
      name,
      displayText: size,
      cpuNumber,
      cpuSpeedMhz: cpuNumber === undefined ? undefined : 2000,
      memoryMiB,
      offerHa: false,
      hostTags: [],
      created: clock.now(),
    });
  }
  for (const [name, sizeGiB] of [
    ['Small', 5],
    ['Medium', 20],
    ['Large', 100],
    ['Custom', undefined],
  ] as const) {
    db.diskOfferings.put({
      id: db.newId(),
      name,
      displayText: sizeGiB === undefined ? 'Custom disk' : `${name} disk, ${sizeGiB} GB`,
      sizeGiB,
      created: clock.now(),
    });
  }
}

const ROUTER = ['Dhcp', 'Dns', 'UserData', 'SourceNat', 'StaticNat', 'PortForwarding', 'Lb', 'Vpn'];

function seedNetworkOfferings(cloud: Installation): void {
  const { db, clock } = cloud;
  const common = {
    specifyIpRanges: false,
    isDefault: true,
    availability: 'Optional' as const,
    serviceOfferingId: db.newId(),
    created: clock.now(),
    egressDefaultAllow: false,
    forVpc: false,
  };
  const add = (name: string, displayText: string, more: Partial<Parameters<typeof db.networkOfferings.put>[0]>) =>
    db.networkOfferings.put({
      ...common,
      id: db.newId(),
      name,
      displayText,
      guestType: 'Isolated',
      services: [...ROUTER, 'Firewall'],
      ...more,
    });
  add(
    'DefaultIsolatedNetworkOfferingWithSourceNatService',
    'Offering for Isolated networks with Source Nat service enabled',
    {
      availability: 'Required',
    },
  );
  add('DefaultNetworkOfferingforKubernetesService', 'Network Offering used for CloudStack Kubernetes service', {
    egressDefaultAllow: true,
    availability: 'Required',
  });
  const tier = { forVpc: true, services: [...ROUTER, 'NetworkACL'], egressDefaultAllow: true };
  add(
    'DefaultIsolatedNetworkOfferingForVpcNetworks',
    'Offering for Isolated Vpc networks with Source Nat service enabled',
    tier,
  );
  add(
    'DefaultIsolatedNetworkOfferingForVpcNetworksNoLB',
    'Offering for Isolated Vpc networks with Source Nat service enabled and LB service disabled',
    {
      ...tier,
      services: tier.services.filter((service) => service !== 'Lb'),
    },
  );
  add('DefaultSharedNetworkOffering', 'Offering for Shared networks', {
    guestType: 'Shared',
    services: ['Dhcp', 'Dns', 'UserData'],
    specifyIpRanges: true,
  });
  add('DefaultL2NetworkOffering', 'Offering for L2 networks', { guestType: 'L2', services: [] });
  add('DefaultRoutedIsolatedNetworkOffering', 'Offering for Isolated networks in ROUTED mode', {
    routingMode: 'Static',
    services: ['Dhcp', 'Dns', 'UserData', 'Firewall'],
    isDefault: false,
  });
  for (const name of ['Default VPC offering', 'Redundant VPC offering']) {
    db.vpcOfferings.put({
      id: db.newId(),
      name,
      displayText: name,
      isDefault: name === 'Default VPC offering',
      services: [...ROUTER, 'NetworkACL'],
      created: clock.now(),
    });
  }
  for (const builtIn of ['allow', 'deny'] as const) {
    db.aclLists.put({
      id: db.newId(),
      name: `default_${builtIn}`,
      description: `Default Network ACL ${builtIn === 'allow' ? 'Allow' : 'Deny'} All`,
      builtIn,
    });
  }
}

import { CapstanError } from '../../machinery/errors';
import type {
  AffinityGroup,
  Capabilities,
  DiskOffering,
  FirewallRule,
  KubernetesRecord,
  LoadBalancerRule,
  NameOrId,
  Network,
  NetworkingOffering,
  PublicAddress,
  ServiceOffering,
  TaggedType,
  Tags,
  Template,
  VirtualMachine,
  Volume,
  Vpc,
  Zone,
} from './cloudstack-objects';
import { type CloudStackCredentials, CloudStackRefused } from './cloudstack-transport';

/** Whose objects are meant: credentials, and optionally another account (needs rights over its domain) or a project. */
export interface CloudStackIdentity {
  readonly credentials: CloudStackCredentials;
  readonly account?: string | undefined;
  /** Domain path, with or without leading `ROOT/`. */
  readonly domain?: string | undefined;
  /** Project by name. */
  readonly project?: string | undefined;
}

/**
 * CloudStack as loops see it. Every operation throws {@link CloudStackRefused} when the server says no and
 * `CloudStackUnreachable` when nobody answers; "not found" is a value (undefined, empty list) where it is asked for.
 */
export interface CloudStackApi {
  /**
   * The cloud behind an identity. Equal identities share one connection: its caches, its inventory, its job poller.
   * Resolves account, domain and project on first use.
   * @throws CloudStackNoMatch when account, domain or project do not exist.
   */
  open(identity: CloudStackIdentity): Promise<Cloud>;
}

/** An asynchronous job that was accepted. */
export interface Job {
  readonly id: string;
  readonly command: string;
}

/** An object that exists already while the job that completes it runs. */
export interface Started {
  readonly id: string;
  readonly job: Job;
}

/** `lost`: the server no longer knows the job (24 h) or lost it in a restart; look at the object. */
export type JobOutcome =
  | { readonly state: 'pending' }
  | { readonly state: 'succeeded'; readonly address?: PublicAddress; readonly machine?: VirtualMachine }
  | { readonly state: 'failed'; readonly errorCode: number; readonly errorText: string }
  | { readonly state: 'lost' };

/** One poller for all jobs of a connection. */
export interface Jobs {
  /** Watches the job until it ends, then calls every `wake` once. A job that has ended wakes at once, later. */
  follow(job: Job, wake: () => void): void;
  /** Ends the watching of a job, for all who asked for it. */
  forget(jobId: string): void;
  /** What is known now, without a call. */
  outcome(jobId: string): JobOutcome;
  /** Asks the server now; for jobs that were started before this process. */
  query(jobId: string): Promise<JobOutcome>;
}

/** What the shared snapshot says of one machine. `unknown`: no snapshot was taken since it is watched. */
export type Observation =
  | { readonly kind: 'seen'; readonly machine: VirtualMachine }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' };

/** Whether the machines of a zone can be looked at. `unknown`: nobody has tried yet. */
export type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'good' }
  /** The server refuses, or has not answered for a while; what was seen before may be outdated. */
  | { readonly kind: 'failing'; readonly error: unknown };

/** Paged snapshots of all machines of a zone, shared by all who watch one of them. */
export interface Inventory {
  /**
   * Calls `wake` whenever state, addresses or tags of the machine change or it disappears, until `forget`.
   * One watcher for each key; a second call replaces the first.
   */
  watch(key: string, machine: { readonly id: string; readonly zoneId: string }, wake: () => void): void;
  forget(key: string): void;
  /** The last snapshot's word. `absent` is a reason to look (`machines.get`), not a proof. */
  observe(key: string): Observation;
  /**
   * Calls `wake` whenever the standing of a zone may have changed, until `leave`. Costs no look while all is well.
   * @param options.look - a zone that has a newcomer is looked at now, unless it is known to be well
   */
  attend(key: string, zoneId: string, wake: () => void, options: { readonly look: boolean }): void;
  leave(key: string): void;
  standing(zoneId: string): Standing;
  /** Something was asked of the machine: look more often until it comes to rest again. */
  expectChange(key: string, command: string): void;
}

/** All of CloudStack that the infrastructure provider needs, acting for one identity. */
export interface Cloud {
  /** Names endpoint and tenant for messages; holds no secret. */
  readonly description: string;
  capabilities(): Promise<Capabilities>;

  /** Exact, cached look-ups. @throws CloudStackNoMatch */
  zone(ref: NameOrId): Promise<Zone>;
  serviceOffering(ref: NameOrId, zoneId: string): Promise<ServiceOffering>;
  diskOffering(ref: NameOrId, zoneId: string): Promise<DiskOffering>;
  template(ref: NameOrId, zoneId: string): Promise<Template>;
  networkOffering(name: string, zoneId: string): Promise<NetworkingOffering>;
  vpcOffering(name: string, zoneId: string): Promise<NetworkingOffering>;

  readonly jobs: Jobs;
  readonly inventory: Inventory;
  readonly networks: Networks;
  readonly vpcs: Vpcs;
  readonly addresses: Addresses;
  readonly loadBalancers: LoadBalancers;
  readonly firewall: Firewall;
  readonly machines: Machines;
  readonly affinityGroups: AffinityGroups;
  readonly kubernetesRecords: KubernetesRecords;
  readonly tags: TagStore;
}

export interface Networks {
  get(id: string): Promise<Network | undefined>;
  /** Exact name within the zone. */
  find(zoneId: string, name: string): Promise<readonly Network[]>;
  create(network: {
    readonly name: string;
    readonly zoneId: string;
    readonly offeringId: string;
    readonly gateway?: string | undefined;
    readonly netmask?: string | undefined;
    readonly vpcId?: string | undefined;
  }): Promise<Network>;
  delete(id: string): Promise<Job>;
}

export interface Vpcs {
  get(id: string): Promise<Vpc | undefined>;
  find(zoneId: string, name: string): Promise<readonly Vpc[]>;
  create(vpc: {
    readonly name: string;
    readonly zoneId: string;
    readonly offeringId: string;
    readonly cidr?: string | undefined;
  }): Promise<Started>;
  delete(id: string): Promise<Job>;
}

/** What an address serves: an isolated network, or a whole VPC. */
export type AddressTarget = { readonly networkId: string } | { readonly vpcId: string };

export interface Addresses {
  get(id: string): Promise<PublicAddress | undefined>;
  /** The address with this text, allocated or free. */
  find(zoneId: string, address: string): Promise<PublicAddress | undefined>;
  /** Allocated addresses of a network or VPC. */
  of(target: AddressTarget): Promise<readonly PublicAddress[]>;
  /** Takes the given address, or lets the server choose. */
  associate(target: AddressTarget, address?: string): Promise<Started>;
  disassociate(id: string): Promise<Job>;
}

export interface LoadBalancers {
  rules(addressId: string): Promise<readonly LoadBalancerRule[]>;
  get(id: string): Promise<LoadBalancerRule | undefined>;
  create(rule: {
    readonly name: string;
    readonly addressId: string;
    readonly networkId: string;
    readonly publicPort: number;
    readonly privatePort: number;
    /** Opens the address's firewall for the port, in one step; not allowed in VPCs. */
    readonly openFirewall: boolean;
  }): Promise<Started>;
  delete(id: string): Promise<Job>;
  /** Ids of assigned machines; remembered, and kept true by `assign` and `remove`. */
  members(ruleId: string): Promise<ReadonlySet<string>>;
  /** The remembered members may be wrong: a job that changed them failed. */
  forgetMembers(ruleId: string): void;
  assign(ruleId: string, machineId: string): Promise<Job>;
  remove(ruleId: string, machineId: string): Promise<Job>;
}

export interface Firewall {
  ingress(addressId: string): Promise<readonly FirewallRule[]>;
  openIngress(addressId: string, port: number): Promise<Started>;
  egress(networkId: string): Promise<readonly FirewallRule[]>;
  /** Everything of one protocol may leave. `all` is one rule for all protocols. */
  openEgress(networkId: string, protocol: 'all' | 'tcp' | 'udp' | 'icmp'): Promise<Started>;
  closeEgress(ruleId: string): Promise<Job>;
  /** Rules of routed networks (4.20). */
  routing(networkId: string): Promise<readonly FirewallRule[]>;
  openRouting(networkId: string, protocol: 'all' | 'tcp' | 'udp' | 'icmp'): Promise<Started>;
  closeRouting(ruleId: string): Promise<Job>;
}

/** What `deployVirtualMachine` is asked for. */
export interface Deployment {
  readonly name: string;
  readonly displayName: string;
  readonly zoneId: string;
  readonly serviceOfferingId: string;
  readonly templateId: string;
  readonly networks: readonly { readonly networkId: string; readonly address?: string | undefined }[];
  readonly diskOfferingId?: string | undefined;
  readonly diskSizeGiB?: number | undefined;
  readonly keyPair?: string | undefined;
  readonly affinityGroupIds: readonly string[];
  readonly details: { readonly [key: string]: string };
  /** Base64; holds secrets, never logged. */
  readonly userData: string;
}

export interface Machines {
  get(id: string): Promise<VirtualMachine | undefined>;
  /** Exact name within the zone, whatever the state. */
  find(zoneId: string, name: string): Promise<readonly VirtualMachine[]>;
  deploy(deployment: Deployment): Promise<Started>;
  start(id: string): Promise<Job>;
  destroy(id: string, options: { readonly expunge: boolean; readonly volumeIds: readonly string[] }): Promise<Job>;
  dataDisks(id: string): Promise<readonly Volume[]>;
}

export interface AffinityGroups {
  get(id: string): Promise<AffinityGroup | undefined>;
  find(name: string): Promise<AffinityGroup | undefined>;
  create(name: string, type: string): Promise<Started>;
  delete(id: string): Promise<Job>;
}

/** What CloudStack shows of Kubernetes clusters that others run: records with members, nothing behind them. */
export interface KubernetesRecords {
  /** Exact name. */
  find(name: string): Promise<readonly KubernetesRecord[]>;
  create(record: {
    readonly name: string;
    readonly description: string;
    readonly zoneId: string;
    readonly networkId: string;
    /** The API server's IP address; a host name is refused. */
    readonly endpoint?: string | undefined;
  }): Promise<Started>;
  /** Members are not touched. */
  delete(id: string): Promise<Job>;
  /** Ids of the machines of a record; remembered, and kept true by `add` and `remove`. undefined: no such record. */
  members(id: string): Promise<ReadonlySet<string> | undefined>;
  /** The remembered members may be wrong. */
  forgetMembers(id: string): void;
  add(id: string, machineIds: readonly string[], role: 'control-plane' | 'worker'): Promise<void>;
  /** A machine must leave before it is expunged: afterwards the server cannot let go of it. */
  remove(id: string, machineIds: readonly string[]): Promise<void>;
}

export interface TagStore {
  create(type: TaggedType, resourceId: string, tags: Tags): Promise<Job>;
  delete(type: TaggedType, resourceId: string, tags: Tags): Promise<Job>;
}

/** A name or id that users gave does not lead to exactly one object. */
export class CloudStackNoMatch extends CapstanError {
  constructor(message: string) {
    super({ name: 'CloudStackNoMatch', code: 'CLOUDSTACK_NO_MATCH', message });
  }
}

/** The server says that an id does not exist (`cloudstack.md` 1.8, 9.3 rule 1): an answer, unlike silence. */
export function isGone(error: unknown): error is CloudStackRefused {
  if (!(error instanceof CloudStackRefused) || error.errorCode !== 431) return false;
  const text = error.errorText.toLowerCase();
  return text.includes('entity does not exist') || text.includes('unable to find') || text.includes("doesn't exist");
}

/** CloudStack's objects as loops see them: only what decisions need, absent fields stay absent (`cloudstack.md` 4). */

/** Tag key → value. */
export interface Tags {
  readonly [key: string]: string;
}

/** How users name an object: by id, by name, or both (then both must agree). */
export interface NameOrId {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  /** `Enabled` or `Disabled`. */
  readonly allocationState: string;
}

export interface ServiceOffering {
  readonly id: string;
  readonly name: string;
  /** Absent on customized offerings: `details` of the machine say it. */
  readonly cpuNumber?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly customized: boolean;
}

export interface DiskOffering {
  readonly id: string;
  readonly name: string;
  readonly customized: boolean;
}

export interface Template {
  readonly id: string;
  readonly name: string;
  readonly ready: boolean;
  /** `x86_64` or `aarch64`; absent before CloudStack 4.20. */
  readonly architecture?: string | undefined;
}

/** A network offering or a VPC offering. */
export interface NetworkingOffering {
  readonly id: string;
  readonly name: string;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  /** `Isolated`, `Shared` or `L2`. */
  readonly type: string;
  readonly state: string;
  readonly zoneId: string;
  readonly vpcId?: string | undefined;
  readonly gateway?: string | undefined;
  readonly netmask?: string | undefined;
  readonly cidr?: string | undefined;
  /** True: everything may leave and egress rules block. False: nothing may leave without a rule. */
  readonly egressDefaultAllow: boolean;
  /** `Static` or `Dynamic` on routed networks (4.20); absent: NATted. */
  readonly routingMode?: string | undefined;
  readonly tags: Tags;
}

export interface Vpc {
  readonly id: string;
  readonly name: string;
  readonly zoneId: string;
  readonly state: string;
  readonly cidr?: string | undefined;
  readonly tags: Tags;
}

export interface PublicAddress {
  readonly id: string;
  readonly address: string;
  /** `Free`, `Allocating`, `Allocated`, `Releasing`, `Reserved`. */
  readonly state: string;
  readonly zoneId: string;
  /** The guest network it serves (`associatednetworkid`). */
  readonly networkId?: string | undefined;
  readonly vpcId?: string | undefined;
  /** When it was allocated, milliseconds since the epoch; absent while free. */
  readonly allocatedAt?: number | undefined;
  readonly sourceNat: boolean;
  readonly staticNat: boolean;
  readonly tags: Tags;
}

export interface LoadBalancerRule {
  readonly id: string;
  readonly name: string;
  readonly publicPort: number;
  readonly privatePort: number;
  readonly addressId: string;
  readonly networkId?: string | undefined;
  /** `Add` until a machine is assigned, then `Active`; `Revoke` while it goes. */
  readonly state: string;
  readonly tags: Tags;
}

/** A firewall rule of an address (ingress) or of a network (egress). */
export interface FirewallRule {
  readonly id: string;
  /** Lower case: `tcp`, `udp`, `icmp`, `all`. */
  readonly protocol: string;
  readonly startPort?: number | undefined;
  readonly endPort?: number | undefined;
  readonly icmpType?: number | undefined;
  readonly icmpCode?: number | undefined;
  readonly networkId?: string | undefined;
  readonly addressId?: string | undefined;
  /** Sources, comma-joined, as CloudStack sends them. */
  readonly cidrs: string;
  /** Likewise, where the kind of rule has them. */
  readonly destinationCidrs?: string | undefined;
  readonly tags: Tags;
}

export interface Nic {
  readonly id: string;
  readonly networkId: string;
  readonly networkName?: string | undefined;
  /** Absent on L2 networks until discovered. */
  readonly address?: string | undefined;
  readonly isDefault: boolean;
}

export interface VirtualMachine {
  readonly id: string;
  /** The host name; unique in the domain of its networks. */
  readonly name: string;
  readonly displayName: string;
  /** Verbatim, see `cloudstack.md` 5.1. */
  readonly state: string;
  readonly zoneId: string;
  readonly templateId?: string | undefined;
  readonly serviceOfferingId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt?: number | undefined;
  /** CloudStack restarts it by itself. */
  readonly highlyAvailable: boolean;
  /** Default NIC first, then in CloudStack's order. */
  readonly nics: readonly Nic[];
  readonly tags: Tags;
}

export interface Volume {
  readonly id: string;
  /** `DATA-<number>` for the disk made by deployVirtualMachine. */
  readonly name: string;
  /** `ROOT` or `DATADISK`. */
  readonly type: string;
  readonly diskOfferingId?: string | undefined;
  readonly diskOfferingName?: string | undefined;
  readonly createdAt?: number | undefined;
}

export interface AffinityGroup {
  readonly id: string;
  readonly name: string;
  /** `host affinity`, `host anti-affinity`, … */
  readonly type: string;
}

/** What the server lets this user do (`listCapabilities`). */
export interface Capabilities {
  readonly version: string;
  /** May destroy with `expunge=true`. */
  readonly mayExpunge: boolean;
  /** Sees machines in state Destroyed. */
  readonly seesDestroyed: boolean;
  /** Its Kubernetes service is switched on. When it is off the server refuses the commands like wrong credentials. */
  readonly kubernetesService: boolean;
}

/** The record of a Kubernetes cluster that somebody else runs (`ExternalManaged`, CloudStack 4.19). */
export interface KubernetesRecord {
  readonly id: string;
  /** Not unique. */
  readonly name: string;
}

/** Resource types that can carry tags and that we tag. */
export type TaggedType = 'Network' | 'Vpc' | 'PublicIpAddress' | 'LoadBalancer' | 'FirewallRule' | 'UserVm';

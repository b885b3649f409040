import type { Row } from './table';

export interface NetworkRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly displayText: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly offeringId: string;
  readonly type: 'Isolated' | 'Shared' | 'L2';
  readonly state: 'Allocated' | 'Setup' | 'Implementing' | 'Implemented' | 'Shutdown' | 'Destroy';
  /** Absent on L2 networks. */
  readonly gateway?: string | undefined;
  readonly netmask?: string | undefined;
  readonly cidr?: string | undefined;
  readonly domainName: string;
  readonly vlan?: number | undefined;
  readonly vpcId?: string | undefined;
  readonly aclId?: string | undefined;
  /** Addresses of a shared network. */
  readonly startIp?: string | undefined;
  readonly endIp?: string | undefined;
  readonly created: number;
}

export interface VpcRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly displayText: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly offeringId: string;
  readonly cidr: string;
  readonly domainName: string;
  readonly state: 'Enabled' | 'Inactive';
  readonly created: number;
}

export interface AddressRow extends Row {
  readonly address: string;
  readonly zoneId: string;
  readonly vlanId: string;
  readonly state: 'Free' | 'Allocating' | 'Allocated' | 'Releasing' | 'Reserved';
  readonly accountId?: string | undefined;
  readonly allocated?: number | undefined;
  readonly networkId?: string | undefined;
  readonly vpcId?: string | undefined;
  readonly sourceNat: boolean;
  /** The machine of a static NAT. */
  readonly staticNatVmId?: string | undefined;
  /** Bought by the router itself when the network was set up; goes with the network. */
  readonly system: boolean;
}

/** A firewall rule: `ingress` of an address, `egress` or `routing` of a network. */
export interface FirewallRow extends Row {
  readonly number: number;
  readonly purpose: 'ingress' | 'egress' | 'routing';
  readonly accountId: string;
  readonly addressId?: string | undefined;
  readonly networkId: string;
  readonly protocol: string;
  readonly startPort?: number | undefined;
  readonly endPort?: number | undefined;
  readonly icmpType?: number | undefined;
  readonly icmpCode?: number | undefined;
  readonly cidrs: readonly string[];
  readonly destinationCidrs: readonly string[];
  readonly trafficType?: string | undefined;
  readonly state: 'Add' | 'Active' | 'Revoke';
  /** The load balancer or forwarding rule that opened it and takes it along. */
  readonly relatedRuleId?: string | undefined;
}

export interface LoadBalancerMember {
  readonly vmId: string;
  readonly address?: string | undefined;
}

export interface LoadBalancerRow extends Row {
  readonly number: number;
  readonly name: string;
  readonly description?: string | undefined;
  readonly accountId: string;
  readonly zoneId: string;
  readonly addressId: string;
  readonly networkId: string;
  readonly publicPort: number;
  readonly privatePort: number;
  readonly algorithm: string;
  readonly protocol: string;
  readonly cidrs: readonly string[];
  readonly state: 'Add' | 'Active' | 'Revoke';
  readonly members: readonly LoadBalancerMember[];
}

export interface PortForwardingRow extends Row {
  readonly number: number;
  readonly accountId: string;
  readonly addressId: string;
  readonly networkId: string;
  readonly vmId: string;
  readonly protocol: string;
  readonly publicPort: number;
  readonly publicEndPort: number;
  readonly privatePort: number;
  readonly privateEndPort: number;
  readonly state: 'Add' | 'Active' | 'Revoke';
}

export interface AclListRow extends Row {
  readonly name: string;
  readonly description: string;
  /** Absent on the built-in lists. */
  readonly vpcId?: string | undefined;
  /** What happens to traffic no rule names; built-in lists only. */
  readonly builtIn?: 'allow' | 'deny' | undefined;
}

export interface AclRow extends Row {
  readonly number: number;
  readonly aclId: string;
  readonly order: number;
  readonly action: 'Allow' | 'Deny';
  readonly trafficType: 'Ingress' | 'Egress';
  readonly protocol: string;
  readonly startPort?: number | undefined;
  readonly endPort?: number | undefined;
  readonly icmpType?: number | undefined;
  readonly icmpCode?: number | undefined;
  readonly cidrs: readonly string[];
  readonly reason?: string | undefined;
  readonly state: 'Add' | 'Active' | 'Revoke';
}

import type { Installation } from './installation';

/** One object that somebody made, for "nothing is left" and "nothing is doubled". */
export interface InventoryItem {
  readonly id: string;
  readonly name: string;
  readonly state: string | undefined;
  /** Owner account; a project's hidden account for its objects. */
  readonly account: string;
  readonly tags: { readonly [key: string]: string };
}

export type InventoryKind =
  | 'VirtualMachine'
  | 'Volume'
  | 'Network'
  | 'Vpc'
  | 'PublicIpAddress'
  | 'LoadBalancerRule'
  | 'FirewallRule'
  | 'PortForwardingRule'
  | 'AffinityGroup'
  | 'NetworkAclList'
  | 'KubernetesCluster'
  | 'UserData';

export type Inventory = { readonly [kind in InventoryKind]: readonly InventoryItem[] };

/** Everything users made and own at this moment; what the operator provides is left out. */
export function inventoryOf(cloud: Installation): Inventory {
  const { db } = cloud;
  const item = (id: string, name: string, accountId: string | undefined, state?: string): InventoryItem => ({
    id,
    name,
    state,
    account: db.accounts.get(accountId)?.name ?? '',
    tags: Object.fromEntries((db.tags.get(id)?.tags ?? []).map((tag) => [tag.key, tag.value])),
  });
  return {
    VirtualMachine: [...db.vms.values()].map((row) => item(row.id, row.name, row.accountId, row.state)),
    Volume: [...db.volumes.values()].map((row) => item(row.id, row.name, row.accountId, row.state)),
    Network: db.networks
      .filter((row) => row.type !== 'Shared')
      .map((row) => item(row.id, row.name, row.accountId, row.state)),
    Vpc: [...db.vpcs.values()].map((row) => item(row.id, row.name, row.accountId, row.state)),
    PublicIpAddress: db.addresses
      .filter((row) => row.accountId !== undefined)
      .map((row) => item(row.id, row.address, row.accountId, row.state)),
    LoadBalancerRule: [...db.loadBalancers.values()].map((row) => item(row.id, row.name, row.accountId, row.state)),
    FirewallRule: [...db.firewallRules.values()].map((row) =>
      item(row.id, `${row.purpose} ${row.protocol} ${row.startPort ?? ''}`.trim(), row.accountId, row.state),
    ),
    PortForwardingRule: [...db.portForwardings.values()].map((row) =>
      item(row.id, `${row.protocol} ${row.publicPort}`, row.accountId, row.state),
    ),
    AffinityGroup: [...db.affinityGroups.values()].map((row) => item(row.id, row.name, row.accountId)),
    NetworkAclList: db.aclLists
      .filter((row) => row.vpcId !== undefined)
      .map((row) => item(row.id, row.name, db.vpcs.get(row.vpcId)?.accountId)),
    KubernetesCluster: [...db.kubernetesClusters.values()].map((row) =>
      item(row.id, row.name, row.accountId, 'Running'),
    ),
    UserData: [...db.registeredUserData.values()].map((row) => item(row.id, row.name, row.accountId)),
  };
}

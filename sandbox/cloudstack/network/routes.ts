import { equalJson } from '../../../machinery/json';
import type { Route } from '../../ports';
import type { Installation } from '../installation';
import type { VmRow } from '../store/compute-rows';
import { rowsOf } from '../store/database';
import type { FirewallRow, LoadBalancerRow } from '../store/network-rows';
import type { Change } from '../store/table';
import { contains, parseIpv4, parseIpv4Cidr } from './ipv4';

/** Where clients of a sandbox come from. */
const CLIENT = parseIpv4('127.0.0.1') ?? 0;

/**
 * Tells the guests which public ports lead to them. Only the rules a change touches are looked at again, and guests
 * hear only of real differences.
 */
export class RouteTable {
  readonly #cloud: Installation;
  readonly #routes = new Map<string, Route>();

  constructor(cloud: Installation) {
    this.#cloud = cloud;
    cloud.db.store.onCommit((changes) => this.#update(changes));
  }

  /** All rules at once: after loading. */
  rebuild(): void {
    this.#routes.clear();
    for (const rule of this.#cloud.db.loadBalancers.values()) this.#refresh(rule.id);
    this.#publish();
  }

  #update(changes: readonly Change[]): void {
    const rules = new Set<string>();
    for (const change of changes) for (const id of this.#touchedBy(change)) rules.add(id);
    let different = false;
    for (const id of rules) if (this.#refresh(id)) different = true;
    if (different) this.#publish();
  }

  #publish(): void {
    const routes = [...this.#routes.values()];
    this.#cloud.guests.setRoutes(routes);
  }

  #touchedBy(change: Change): Iterable<string> {
    const { db } = this.#cloud;
    switch (change.table) {
      case 'loadBalancers':
        return [change.id];
      case 'vms':
        return sameForRoutes(change) ? [] : db.balancersByVm.get(change.id);
      case 'addresses':
        return db.balancersByAddress.get(change.id);
      case 'firewallRules': {
        // A row of this table is a FirewallRow.
        const row = (change.after ?? change.before) as FirewallRow | undefined;
        return row?.addressId === undefined ? [] : db.balancersByAddress.get(row.addressId);
      }
      case 'acls':
      case 'networks':
        return [...db.loadBalancers.values()].map((rule) => rule.id);
      default:
        return [];
    }
  }

  /** @returns whether the route is another than before */
  #refresh(ruleId: string): boolean {
    const rule = this.#cloud.db.loadBalancers.get(ruleId);
    const before = this.#routes.get(ruleId);
    const after = rule === undefined ? undefined : this.#routeOf(rule);
    if (equalJson(before, after)) return false;
    if (after === undefined) this.#routes.delete(ruleId);
    else this.#routes.set(ruleId, after);
    return true;
  }

  #routeOf(rule: LoadBalancerRow): Route | undefined {
    const { db } = this.#cloud;
    const address = db.addresses.get(rule.addressId);
    if (address?.state !== 'Allocated' || rule.state === 'Revoke') return undefined;
    if (rule.protocol === 'udp' || !admits(rule.cidrs) || !this.#isOpen(rule)) return undefined;
    const targets = rule.members.flatMap(({ vmId }) => {
      const vm = db.vms.get(vmId);
      return vm?.state === 'Running' ? [{ machineId: vmId, port: rule.privatePort }] : [];
    });
    return targets.length === 0 ? undefined : { publicIp: address.address, publicPort: rule.publicPort, targets };
  }

  /** By a firewall rule of the address, or in a VPC by the first matching rule of the tier's list. */
  #isOpen(rule: LoadBalancerRow): boolean {
    const { db } = this.#cloud;
    const network = db.networks.get(rule.networkId);
    if (network?.vpcId !== undefined) return this.#aclAdmits(network.aclId, rule.publicPort);
    return rowsOf(db.firewallByAddress.get(rule.addressId), (id) => db.firewallRules.get(id)).some(
      (firewall) =>
        firewall.purpose === 'ingress' &&
        firewall.state === 'Active' &&
        coversTcp(firewall, rule.publicPort) &&
        admits(firewall.cidrs),
    );
  }

  #aclAdmits(aclId: string | undefined, port: number): boolean {
    const { db } = this.#cloud;
    const list = db.aclLists.get(aclId);
    if (list?.builtIn !== undefined) return list.builtIn === 'allow';
    const first = rowsOf(db.aclsByList.get(aclId ?? ''), (id) => db.acls.get(id))
      .sort((left, right) => left.order - right.order)
      .find((item) => item.trafficType === 'Ingress' && coversTcp(item, port) && admits(item.cidrs));
    return first?.action === 'Allow';
  }
}

function sameForRoutes(change: Change): boolean {
  // Rows of this table are VmRows.
  const before = change.before as VmRow | undefined;
  const after = change.after as VmRow | undefined;
  return before?.state === after?.state;
}

function coversTcp(
  rule: { readonly protocol: string; readonly startPort?: number | undefined; readonly endPort?: number | undefined },
  port: number,
): boolean {
  if (rule.protocol === 'all') return true;
  if (rule.protocol !== 'tcp') return false;
  if (rule.startPort === undefined) return true;
  return rule.startPort <= port && port <= (rule.endPort ?? rule.startPort);
}

/** Whether clients on this machine are among the sources; no list means everybody. */
function admits(cidrs: readonly string[]): boolean {
  return (
    cidrs.length === 0 ||
    cidrs.some((cidr) => {
      const range = parseIpv4Cidr(cidr);
      return range !== undefined && contains(range, CLIENT);
    })
  );
}

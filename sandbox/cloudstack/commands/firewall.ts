import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import type { Work } from '../jobs/job-engine';
import { contains, parseIpv4Cidr } from '../network/ipv4';
import { removeTagged } from '../network/public-addresses';
import { fields, is, listAnswer, success } from '../protocol/answers';
import { invalidValue, ruleConflict } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, required, text, whole, words } from '../protocol/parameters';
import { rowsOf } from '../store/database';
import type { FirewallRow, NetworkRow } from '../store/network-rows';
import { checkMayUse } from '../tenancy/caller';
import { visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { needAddress, queueOf } from './addresses';
import { needNetwork } from './networks';

const portParameters = {
  protocol: required(text()),
  startport: whole(),
  endport: whole(),
  icmptype: whole(),
  icmpcode: whole(),
  cidrlist: words(),
  fordisplay: flag(),
};

const ruleListParameters = {
  id: idOf('firewallRules'),
  networkid: idOf('networks'),
  fordisplay: flag(),
  tags: entries(),
  ...visibilityParameters,
  ...listParameters,
};

/** Ingress, egress and routing rules share a list, an object and a way to go. */
function listRules(name: string, purpose: FirewallRow['purpose'], release?: string): Command {
  return query({
    name,
    description: `Lists all ${purpose} firewall rules`,
    answers: 'firewallrule',
    ...(release === undefined ? {} : { since: release }),
    // Each list knows only what its kind of rule has.
    parameters: {
      ...ruleListParameters,
      ...(purpose === 'routing' ? { traffictype: text() } : { ipaddressid: idOf('addresses') }),
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const { ipaddressid, traffictype }: { ipaddressid?: string | undefined; traffictype?: string | undefined } = args;
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const get = (id: string) => db.firewallRules.get(id);
      const rows =
        ipaddressid !== undefined
          ? rowsOf(db.firewallByAddress.get(ipaddressid), get)
          : args.networkid !== undefined
            ? rowsOf(db.firewallByNetwork.get(args.networkid), get)
            : [...db.firewallRules.values()];
      const found = rows.filter(
        (rule) =>
          rule.purpose === purpose &&
          mine(rule.accountId) &&
          is(args.id, rule.id) &&
          is(traffictype?.toLowerCase(), rule.trafficType?.toLowerCase()) &&
          matchesTags(cloud, rule.id, args.tags),
      );
      return listAnswer(cloud, args, 'firewallrule', found, (rule) => renderFirewallRule(cloud, rule));
    },
  });
}

function deleteRule(name: string, purpose: FirewallRow['purpose'], event: string, release?: string): Command {
  return job({
    name,
    description: `Deletes a ${purpose} firewall rule`,
    event,
    ...(release === undefined ? {} : { since: release }),
    parameters: { id: required(idOf('firewallRules')) },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const rule = db.firewallRules.get(args.id);
      if (rule?.purpose !== purpose) throw invalidValue(`Unable to find ${args.id} having purpose Firewall`);
      checkMayUse(db, caller, rule.accountId);
      return {
        entity: { type: 'FirewallRule', id: rule.id },
        queue: `network ${db.networks.get(rule.networkId)?.vpcId ?? rule.networkId}`,
        begin: () => {
          if (db.firewallRules.get(rule.id) !== undefined) db.firewallRules.patch(rule.id, { state: 'Revoke' });
        },
        finish: () => {
          removeTagged(cloud, () => db.firewallRules.remove(rule.id), rule.id);
          return success;
        },
      };
    },
  });
}

export const firewallCommands: readonly Command[] = [
  listRules('listFirewallRules', 'ingress'),
  listRules('listEgressFirewallRules', 'egress'),
  listRules('listRoutingFirewallRules', 'routing', '4.20'),
  deleteRule('deleteFirewallRule', 'ingress', 'FIREWALL.CLOSE'),
  deleteRule('deleteEgressFirewallRule', 'egress', 'FIREWALL.EGRESS.CLOSE'),
  deleteRule('deleteRoutingFirewallRule', 'routing', 'ROUTING.IPV4.FIREWALL.RULE.DELETE', '4.20'),
  job({
    name: 'createFirewallRule',
    description: 'Creates a firewall rule for a given IP address',
    answers: 'firewallrule',
    creates: true,
    event: 'FIREWALL.OPEN',
    parameters: { ipaddressid: required(idOf('addresses')), ...portParameters, type: text() },
    submit: ({ cloud, caller, args }) => {
      const address = needAddress(cloud, caller, args.ipaddressid);
      if (address.vpcId !== undefined) {
        throw invalidValue('Firewall rules are not supported for VPC addresses: use network ACLs');
      }
      if (address.networkId === undefined) {
        throw invalidValue(
          `Unable to create firewall rule for the ip id=${address.id} as ip is not associated with any network`,
        );
      }
      return create(
        cloud,
        {
          purpose: 'ingress',
          accountId: address.accountId,
          addressId: address.id,
          networkId: address.networkId,
          ...portsOf(args),
          cidrs: cidrsOf(args.cidrlist, '0.0.0.0/0'),
          destinationCidrs: [],
        },
        queueOf(address),
      );
    },
  }),
  job({
    name: 'createEgressFirewallRule',
    description: 'Creates a egress firewall rule for a given network',
    answers: 'firewallrule',
    creates: true,
    event: 'FIREWALL.EGRESS.OPEN',
    parameters: { networkid: required(idOf('networks')), ...portParameters, destcidrlist: words(), type: text() },
    submit: ({ cloud, caller, args }) => {
      const network = needNetwork(cloud, caller, args.networkid);
      const offering = cloud.db.networkOfferings.need(network.offeringId);
      if (network.vpcId !== undefined)
        throw invalidValue('Egress firewall rules are not supported for VPC tiers: use network ACLs');
      if (!offering.services.includes('Firewall')) {
        throw invalidValue(`Network ${network.id} does not support the Firewall service`);
      }
      const guest = network.cidr ?? '0.0.0.0/0';
      const cidrs = cidrsOf(args.cidrlist, guest);
      checkInside(cidrs, guest, network);
      return create(
        cloud,
        {
          purpose: 'egress',
          accountId: network.accountId,
          networkId: network.id,
          ...portsOf(args),
          cidrs,
          destinationCidrs: cidrsOf(args.destcidrlist, '0.0.0.0/0'),
          trafficType: 'Egress',
        },
        `network ${network.id}`,
      );
    },
  }),
  job({
    name: 'createRoutingFirewallRule',
    description: 'Creates a routing firewall rule in the given network in ROUTED mode',
    answers: 'firewallrule',
    creates: true,
    since: '4.20',
    event: 'ROUTING.IPV4.FIREWALL.RULE.CREATE',
    parameters: {
      networkid: required(idOf('networks')),
      ...portParameters,
      destcidrlist: words(),
      traffictype: text(),
    },
    submit: ({ cloud, caller, args }) => {
      const network = needNetwork(cloud, caller, args.networkid);
      if (cloud.db.networkOfferings.need(network.offeringId).routingMode === undefined) {
        throw invalidValue('Routing firewall rules are only supported for networks in ROUTED mode');
      }
      return create(
        cloud,
        {
          purpose: 'routing',
          accountId: network.accountId,
          networkId: network.id,
          ...portsOf(args),
          cidrs: cidrsOf(args.cidrlist, '0.0.0.0/0'),
          destinationCidrs: cidrsOf(args.destcidrlist, '0.0.0.0/0'),
          trafficType: args.traffictype?.toLowerCase() === 'egress' ? 'Egress' : 'Ingress',
        },
        `network ${network.id}`,
      );
    },
  }),
];

export interface PortArgs {
  readonly protocol: string;
  readonly startport: number | undefined;
  readonly endport: number | undefined;
  readonly icmptype: number | undefined;
  readonly icmpcode: number | undefined;
}

export type Ports = Pick<FirewallRow, 'protocol' | 'startPort' | 'endPort' | 'icmpType' | 'icmpCode'>;

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'all'];

/** Protocol and ports of a rule. @throws ApiError 431 */
export function portsOf(args: PortArgs): Ports {
  const protocol = args.protocol.toLowerCase();
  if (!PROTOCOLS.includes(protocol) && !/^\d{1,3}$/.test(protocol)) {
    throw invalidValue(`Invalid protocol ${args.protocol}`);
  }
  if (protocol === 'icmp') {
    return { protocol, icmpType: args.icmptype ?? -1, icmpCode: args.icmpcode ?? -1 };
  }
  const startPort = args.startport;
  const endPort = args.endport ?? startPort;
  for (const port of [startPort, endPort]) {
    if (port !== undefined && (port < 1 || port > 65_535)) throw invalidValue(`Invalid port number ${port}`);
  }
  if (startPort !== undefined && endPort !== undefined && startPort > endPort) {
    throw invalidValue(`Start port can't be bigger than end port`);
  }
  if (startPort !== undefined && protocol === 'all') {
    throw invalidValue('Ports can be specified only for tcp and udp protocols');
  }
  return { protocol, startPort, endPort };
}

export function cidrsOf(list: readonly string[] | undefined, otherwise: string): readonly string[] {
  if (list === undefined || list.length === 0) return [otherwise];
  for (const cidr of list) {
    if (parseIpv4Cidr(cidr) === undefined) throw invalidValue(`Source cidrs formatting error ${cidr}`);
  }
  return list;
}

function checkInside(cidrs: readonly string[], guest: string, network: NetworkRow): void {
  const range = parseIpv4Cidr(guest);
  if (range === undefined) return;
  for (const cidr of cidrs) {
    const source = parseIpv4Cidr(cidr);
    if (source === undefined || (contains(range, source.first) && contains(range, source.last))) continue;
    // The whole world stands for the guest network, as in the web interface.
    if (cidr !== '0.0.0.0/0') {
      throw invalidValue(`${cidr} is not within the guest CIDR ${guest} of network ${network.id}`);
    }
  }
}

type NewRule = Omit<FirewallRow, 'id' | 'number' | 'state'>;

/** Stores a rule as `Add` and makes it `Active` in the job. @throws ApiError 537 when an equal one is there. */
function create(cloud: Installation, rule: NewRule, queue: string): Work {
  const { db } = cloud;
  checkConflict(cloud, rule);
  const row = db.firewallRules.put({ ...rule, id: db.newId(), number: db.nextNumber(), state: 'Add' });
  return {
    entity: { type: 'FirewallRule', id: row.id },
    queue,
    finish: () => {
      // It may have gone with its network meanwhile.
      const now = db.firewallRules.get(row.id);
      const active = now === undefined ? row : db.firewallRules.patch(row.id, { state: 'Active' });
      return { firewallrule: renderFirewallRule(cloud, active) };
    },
    failed: () => db.firewallRules.remove(row.id),
  };
}

function checkConflict(cloud: Installation, rule: NewRule): void {
  const { db } = cloud;
  const ids =
    rule.addressId === undefined ? db.firewallByNetwork.get(rule.networkId) : db.firewallByAddress.get(rule.addressId);
  for (const other of rowsOf(ids, (id) => db.firewallRules.get(id))) {
    if (other.purpose !== rule.purpose || other.protocol !== rule.protocol || other.state === 'Revoke') continue;
    if (rule.purpose !== 'ingress') {
      const same =
        other.startPort === rule.startPort &&
        other.endPort === rule.endPort &&
        other.icmpType === rule.icmpType &&
        other.icmpCode === rule.icmpCode &&
        other.trafficType === rule.trafficType &&
        other.cidrs.join() === rule.cidrs.join() &&
        other.destinationCidrs.join() === rule.destinationCidrs.join();
      if (same) throw ruleConflict(`New rule conflicts with existing rule: ${other.id}`);
      continue;
    }
    if (rule.protocol === 'icmp') {
      if (other.icmpType === rule.icmpType && other.icmpCode === rule.icmpCode) {
        throw ruleConflict(
          `There is already a firewall rule specified with protocol = icmp, type = ${rule.icmpType} and code = ${rule.icmpCode}`,
        );
      }
      continue;
    }
    if (rule.startPort === undefined || other.startPort === undefined) {
      if (rule.startPort === other.startPort) {
        throw ruleConflict(`There is already a firewall rule specified with protocol = ${rule.protocol} and no ports`);
      }
      continue;
    }
    if (rule.startPort <= (other.endPort ?? 0) && other.startPort <= (rule.endPort ?? 0)) {
      throw rangeConflict(
        rule.startPort,
        rule.endPort ?? rule.startPort,
        other.number,
        other.startPort,
        other.endPort ?? other.startPort,
      );
    }
  }
}

/** The text clients know (`cloudstack.md` 1.8). */
export function rangeConflict(start: number, end: number, otherNumber: number, otherStart: number, otherEnd: number) {
  return ruleConflict(
    `The range specified, ${start}-${end}, conflicts with rule ${otherNumber} which has ${otherStart}-${otherEnd}`,
  );
}

/** Opens a port for a load balancer or forwarding rule, unless a rule does already. */
export function openFor(
  cloud: Installation,
  ruleId: string,
  open: {
    accountId: string;
    addressId: string;
    networkId: string;
    protocol: string;
    startPort: number;
    endPort: number;
    cidrs: readonly string[];
  },
): void {
  const { db } = cloud;
  const covered = rowsOf(db.firewallByAddress.get(open.addressId), (id) => db.firewallRules.get(id)).some(
    (rule) =>
      rule.protocol === open.protocol &&
      rule.startPort !== undefined &&
      rule.startPort <= open.startPort &&
      open.endPort <= (rule.endPort ?? rule.startPort),
  );
  if (covered) return;
  db.firewallRules.put({
    ...open,
    id: db.newId(),
    number: db.nextNumber(),
    purpose: 'ingress',
    cidrs: open.cidrs.length === 0 ? ['0.0.0.0/0'] : open.cidrs,
    destinationCidrs: [],
    state: 'Active',
    relatedRuleId: ruleId,
  });
}

/** Removes what {@link openFor} opened. */
export function closeFor(cloud: Installation, ruleId: string, addressId: string): void {
  const { db } = cloud;
  for (const rule of rowsOf(db.firewallByAddress.get(addressId), (id) => db.firewallRules.get(id))) {
    if (rule.relatedRuleId === ruleId) removeTagged(cloud, () => db.firewallRules.remove(rule.id), rule.id);
  }
}

function renderFirewallRule(cloud: Installation, rule: FirewallRow): JsonObject {
  const address = cloud.db.addresses.get(rule.addressId);
  return fields({
    id: rule.id,
    protocol: rule.protocol,
    startport: rule.startPort,
    endport: rule.endPort,
    icmptype: rule.icmpType,
    icmpcode: rule.icmpCode,
    ipaddressid: address?.id,
    ipaddress: address?.address,
    networkid: rule.networkId,
    state: rule.state,
    cidrlist: rule.cidrs.join(','),
    destcidrlist: rule.purpose === 'ingress' ? undefined : rule.destinationCidrs.join(','),
    traffictype: rule.trafficType,
    fordisplay: true,
    tags: tagsOf(cloud, rule.id),
    ...jobFields(cloud, rule.id),
  });
}

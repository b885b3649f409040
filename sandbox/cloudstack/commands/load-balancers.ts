import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { removeTagged } from '../network/public-addresses';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, idsOf, type MapEntry, required, since, text, whole, words } from '../protocol/parameters';
import type { VmRow } from '../store/compute-rows';
import { rowsOf } from '../store/database';
import type { AddressRow, LoadBalancerMember, LoadBalancerRow, NetworkRow } from '../store/network-rows';
import { type Caller, checkMayUse } from '../tenancy/caller';
import { ownerFields, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { needAddress, queueOf } from './addresses';
import { cidrsOf, closeFor, openFor, rangeConflict } from './firewall';
import { renderVm } from './vm-view';

const ALGORITHMS = ['roundrobin', 'leastconn', 'source'];
const PROTOCOLS = ['tcp', 'udp', 'tcp-proxy', 'ssl'];

export const loadBalancerCommands: readonly Command[] = [
  query({
    name: 'listLoadBalancerRules',
    description: 'Lists load balancer rules.',
    answers: 'loadbalancerrule',
    parameters: {
      id: idOf('loadBalancers'),
      publicipid: idOf('addresses'),
      networkid: idOf('networks'),
      virtualmachineid: idOf('vms'),
      zoneid: idOf('zones'),
      name: text(),
      fordisplay: flag(),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const rows =
        args.publicipid === undefined
          ? [...db.loadBalancers.values()]
          : rowsOf(db.balancersByAddress.get(args.publicipid), (id) => db.loadBalancers.get(id));
      const found = rows.filter(
        (rule) =>
          mine(rule.accountId) &&
          is(args.id, rule.id) &&
          is(args.networkid, rule.networkId) &&
          is(args.zoneid, rule.zoneId) &&
          is(args.name, rule.name) &&
          (args.virtualmachineid === undefined || rule.members.some(({ vmId }) => vmId === args.virtualmachineid)) &&
          matchesTags(cloud, rule.id, args.tags) &&
          matchesKeyword(args.keyword, rule.name),
      );
      return listAnswer(cloud, args, 'loadbalancerrule', found, (rule) => renderRule(cloud, rule));
    },
  }),
  query({
    name: 'listLoadBalancerRuleInstances',
    description: 'List all virtual machine instances that are assigned to a load balancer rule.',
    answers: 'loadbalancerruleinstance',
    parameters: { id: required(idOf('loadBalancers')), applied: flag(), lbvmips: flag(), ...listParameters },
    handle: ({ cloud, caller, args }) => {
      const rule = needRule(cloud, caller, args.id);
      const members = args.applied === false ? [] : rule.members;
      const found = members.flatMap((member) => {
        const vm = cloud.db.vms.get(member.vmId);
        return vm === undefined ? [] : [{ vm, address: member.address ?? addressIn(vm, rule.networkId) }];
      });
      if (args.lbvmips !== true) {
        return listAnswer(cloud, args, 'loadbalancerruleinstance', found, ({ vm }) => renderVm(cloud, vm, caller));
      }
      return listAnswer(cloud, args, 'lbrulevmidip', found, ({ vm, address }) => ({
        loadbalancerruleinstance: renderVm(cloud, vm, caller),
        lbvmipaddresses: address === undefined ? [] : [address],
      }));
    },
  }),
  job({
    name: 'createLoadBalancerRule',
    description: 'Creates a load balancer rule',
    answers: 'loadbalancer',
    creates: true,
    event: 'LB.CREATE',
    parameters: {
      algorithm: required(text()),
      name: required(text()),
      privateport: required(whole()),
      publicport: required(whole()),
      publicipid: idOf('addresses'),
      networkid: idOf('networks'),
      zoneid: idOf('zones'),
      protocol: text(),
      cidrlist: words(),
      openfirewall: flag(),
      description: text(4096),
      fordisplay: flag(),
      account: text(),
      domainid: idOf('domains'),
    },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      if (args.publicipid === undefined) {
        throw invalidValue('publicipid is required: elastic load balancing is not enabled in the zone');
      }
      const address = needAddress(cloud, caller, args.publicipid);
      const network = networkOf(cloud, address, args.networkid);
      const algorithm = args.algorithm.toLowerCase();
      const protocol = (args.protocol ?? 'tcp').toLowerCase();
      if (!ALGORITHMS.includes(algorithm)) throw invalidValue(`Invalid algorithm: ${args.algorithm}`);
      if (!PROTOCOLS.includes(protocol)) throw invalidValue(`Invalid protocol: ${args.protocol}`);
      if (!db.networkOfferings.need(network.offeringId).services.includes('Lb')) {
        throw invalidValue(`Network ${network.id} does not support the Lb service`);
      }
      if (address.vpcId !== undefined && args.openfirewall === true) {
        throw invalidValue('openFirewall parameter is not supported for VPC networks');
      }
      for (const port of [args.publicport, args.privateport]) {
        if (port < 1 || port > 65_535) throw invalidValue(`Invalid port number ${port}`);
      }
      checkConflict(cloud, address, args.publicport, protocol);
      const rule = db.loadBalancers.put({
        id: db.newId(),
        number: db.nextNumber(),
        name: args.name,
        description: args.description,
        accountId: address.accountId,
        zoneId: address.zoneId,
        addressId: address.id,
        networkId: network.id,
        publicPort: args.publicport,
        privatePort: args.privateport,
        algorithm,
        protocol,
        cidrs: args.cidrlist === undefined ? [] : cidrsOf(args.cidrlist, '0.0.0.0/0'),
        state: 'Add',
        members: [],
      });
      if (address.vpcId === undefined && args.openfirewall !== false) {
        openFor(cloud, rule.id, {
          accountId: address.accountId,
          addressId: address.id,
          networkId: network.id,
          protocol: protocol === 'udp' ? 'udp' : 'tcp',
          startPort: args.publicport,
          endPort: args.publicport,
          cidrs: rule.cidrs,
        });
      }
      return {
        entity: { type: 'FirewallRule', id: rule.id },
        queue: queueOf(address),
        finish: () => ({ loadbalancer: renderRule(cloud, db.loadBalancers.get(rule.id) ?? rule) }),
        failed: () => {
          closeFor(cloud, rule.id, address.id);
          db.loadBalancers.remove(rule.id);
        },
      };
    },
  }),
  job({
    name: 'updateLoadBalancerRule',
    description: 'Updates load balancer',
    answers: 'loadbalancer',
    event: 'LB.UPDATE',
    parameters: {
      id: required(idOf('loadBalancers')),
      name: text(),
      description: text(4096),
      algorithm: text(),
      protocol: text(),
      fordisplay: flag(),
      cidrlist: since('4.22', words()),
    },
    submit: ({ cloud, caller, args }) => {
      const rule = needRule(cloud, caller, args.id);
      const algorithm = args.algorithm?.toLowerCase();
      if (algorithm !== undefined && !ALGORITHMS.includes(algorithm)) {
        throw invalidValue(`Invalid algorithm: ${args.algorithm}`);
      }
      return {
        entity: { type: 'FirewallRule', id: rule.id },
        queue: ruleQueue(cloud, rule),
        finish: () => {
          const now = cloud.db.loadBalancers.need(rule.id);
          const updated = cloud.db.loadBalancers.put({
            ...now,
            name: args.name ?? now.name,
            description: args.description ?? now.description,
            algorithm: algorithm ?? now.algorithm,
            protocol: args.protocol?.toLowerCase() ?? now.protocol,
            cidrs: args.cidrlist ?? now.cidrs,
          });
          return { loadbalancer: renderRule(cloud, updated) };
        },
      };
    },
  }),
  job({
    name: 'deleteLoadBalancerRule',
    description: 'Deletes a load balancer rule.',
    event: 'LB.DELETE',
    parameters: { id: required(idOf('loadBalancers')) },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const rule = needRule(cloud, caller, args.id);
      return {
        entity: { type: 'FirewallRule', id: rule.id },
        queue: ruleQueue(cloud, rule),
        begin: () => {
          if (db.loadBalancers.get(rule.id) !== undefined) db.loadBalancers.patch(rule.id, { state: 'Revoke' });
        },
        finish: () => {
          closeFor(cloud, rule.id, rule.addressId);
          removeTagged(cloud, () => db.loadBalancers.remove(rule.id), rule.id);
          return success;
        },
      };
    },
  }),
  job({
    name: 'assignToLoadBalancerRule',
    description: 'Assigns virtual machine or a list of virtual machines to a load balancer rule.',
    event: 'LB.ASSIGN.TO.RULE',
    parameters: { id: required(idOf('loadBalancers')), virtualmachineids: idsOf('vms'), vmidipmap: entries() },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const rule = needRule(cloud, caller, args.id);
      const wanted = membersOf(args.virtualmachineids, args.vmidipmap);
      if (wanted.length === 0) throw invalidValue('Both virtualMachineIds and vmidipmap cannot be empty');
      for (const member of wanted) checkMember(cloud, caller, rule, member);
      return {
        entity: { type: 'FirewallRule', id: rule.id },
        queue: ruleQueue(cloud, rule),
        finish: () => {
          const now = db.loadBalancers.get(rule.id);
          if (now === undefined) throw invalidValue(`Unable to find a load balancer with id ${rule.id}`);
          for (const member of wanted) checkMember(cloud, caller, now, member);
          db.loadBalancers.patch(rule.id, { members: [...now.members, ...wanted], state: 'Active' });
          return success;
        },
      };
    },
  }),
  job({
    name: 'removeFromLoadBalancerRule',
    description: 'Removes a virtual machine or a list of virtual machines from a load balancer rule.',
    event: 'LB.REMOVE.FROM.RULE',
    parameters: { id: required(idOf('loadBalancers')), virtualmachineids: idsOf('vms'), vmidipmap: entries() },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const rule = needRule(cloud, caller, args.id);
      const unwanted = membersOf(args.virtualmachineids, args.vmidipmap);
      if (unwanted.length === 0) throw invalidValue('Both virtualMachineIds and vmidipmap cannot be empty');
      for (const { vmId } of unwanted) {
        if (!rule.members.some((member) => member.vmId === vmId)) {
          throw invalidValue(`Invalid instance id(s): vm ${vmId} is not assigned to load balancer rule ${rule.id}`);
        }
      }
      return {
        entity: { type: 'FirewallRule', id: rule.id },
        queue: ruleQueue(cloud, rule),
        finish: () => {
          const now = db.loadBalancers.get(rule.id);
          if (now !== undefined) {
            const members = now.members.filter((member) => !unwanted.some(({ vmId }) => vmId === member.vmId));
            db.loadBalancers.patch(rule.id, { members, state: members.length === 0 ? 'Add' : now.state });
          }
          return success;
        },
      };
    },
  }),
];

/** @throws ApiError 431, 531 */
function needRule(cloud: Installation, caller: Caller, id: string): LoadBalancerRow {
  const rule = cloud.db.loadBalancers.get(id);
  if (rule === undefined) throw invalidValue(`Unable to find load balancer rule with id ${id}`);
  checkMayUse(cloud.db, caller, rule.accountId);
  return rule;
}

function ruleQueue(cloud: Installation, rule: LoadBalancerRow): string {
  const address = cloud.db.addresses.get(rule.addressId);
  return address === undefined ? `network ${rule.networkId}` : queueOf(address);
}

/** The guest network of a rule: the address's own, or for a VPC the tier that is named. @throws ApiError 431 */
function networkOf(cloud: Installation, address: AddressRow, asked: string | undefined): NetworkRow {
  const { db } = cloud;
  if (address.vpcId !== undefined) {
    const tier = db.networks.get(asked);
    if (tier?.vpcId !== address.vpcId) {
      throw invalidValue('Invalid networkid: specify a network that belongs to the VPC of the address');
    }
    return tier;
  }
  const network = db.networks.get(address.networkId);
  if (network === undefined) {
    throw invalidValue(
      `Unable to create load balancer rule ; couldn't locate network of ip ${address.id}: it is not associated`,
    );
  }
  if (asked !== undefined && asked !== network.id) {
    throw invalidValue(`The address ${address.address} is associated with network ${network.id}, not with ${asked}`);
  }
  return network;
}

function checkConflict(cloud: Installation, address: AddressRow, port: number, protocol: string): void {
  const { db } = cloud;
  const isUdp = protocol === 'udp';
  for (const rule of rowsOf(db.balancersByAddress.get(address.id), (id) => db.loadBalancers.get(id))) {
    if (rule.publicPort === port && (rule.protocol === 'udp') === isUdp) {
      throw rangeConflict(port, port, rule.number, rule.publicPort, rule.publicPort);
    }
  }
  for (const rule of rowsOf(db.forwardingsByAddress.get(address.id), (id) => db.portForwardings.get(id))) {
    if (rule.publicPort <= port && port <= rule.publicEndPort && (rule.protocol === 'udp') === isUdp) {
      throw rangeConflict(port, port, rule.number, rule.publicPort, rule.publicEndPort);
    }
  }
}

function membersOf(ids: readonly string[] | undefined, map: readonly MapEntry[] | undefined): LoadBalancerMember[] {
  const byId = (ids ?? []).map((vmId) => ({ vmId }));
  const byMap = (map ?? []).flatMap((entry) => {
    const vmId = entry['vmid'];
    return vmId === undefined ? [] : [{ vmId, address: entry['vmip'] }];
  });
  return [...byId, ...byMap];
}

/** @throws ApiError 431 */
function checkMember(cloud: Installation, caller: Caller, rule: LoadBalancerRow, member: LoadBalancerMember): void {
  const vm = cloud.db.vms.get(member.vmId);
  if (vm === undefined || vm.state === 'Destroyed' || vm.state === 'Expunging' || vm.state === 'Error') {
    throw invalidValue(`Invalid instance id: ${member.vmId}`);
  }
  checkMayUse(cloud.db, caller, vm.accountId);
  if (rule.members.some((other) => other.vmId === vm.id && other.address === member.address)) {
    throw invalidValue(`VM ${vm.id} is already mapped to load balancer.`);
  }
  if (addressIn(vm, rule.networkId) === undefined) {
    throw invalidValue(`VM ${vm.id} cannot be added: it doesn't belong to the network of the load balancer rule`);
  }
}

function addressIn(vm: VmRow, networkId: string): string | undefined {
  return vm.nics.find((nic) => nic.networkId === networkId)?.address;
}

function renderRule(cloud: Installation, rule: LoadBalancerRow): JsonObject {
  const zone = cloud.db.zones.need(rule.zoneId);
  return fields({
    id: rule.id,
    name: rule.name,
    description: rule.description,
    publicipid: rule.addressId,
    publicip: cloud.db.addresses.get(rule.addressId)?.address,
    publicport: `${rule.publicPort}`,
    privateport: `${rule.privatePort}`,
    algorithm: rule.algorithm,
    protocol: rule.protocol,
    cidrlist: rule.cidrs.join(','),
    ...ownerFields(cloud.db, rule.accountId),
    state: rule.state,
    zoneid: zone.id,
    zonename: zone.name,
    networkid: rule.networkId,
    fordisplay: true,
    tags: tagsOf(cloud, rule.id),
    ...jobFields(cloud, rule.id),
  });
}

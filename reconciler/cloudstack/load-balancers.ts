import type { Job, LoadBalancerRule, LoadBalancers } from '../../api/ports';
import type { Connection } from './connection';
import { Remembered } from './remembered';
import { number, object, present, type Row, tags, text } from './wire';

/** Members change through us; others' changes are noticed after this time. */
const KEEP_MEMBERS_MS = 10 * 60_000;

export function readLoadBalancerRule(row: Row): LoadBalancerRule | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return {
    id,
    name: text(row, 'name') ?? '',
    publicPort: number(row, 'publicport') ?? 0,
    privatePort: number(row, 'privateport') ?? 0,
    addressId: text(row, 'publicipid') ?? '',
    networkId: text(row, 'networkid'),
    state: text(row, 'state') ?? '',
    tags: tags(row),
  };
}

/** Ids in an answer of listLoadBalancerRuleInstances, plain or with `lbvmips` (`cloudstack.md` 4.4). */
export function readMembers(row: Row): string | undefined {
  return text(object(row, 'loadbalancerruleinstance') ?? row, 'id');
}

const COMMAND = 'listLoadBalancerRules';
const ITEM = 'loadbalancerrule';

export function loadBalancersOf(connection: Connection): LoadBalancers {
  const memberships = new Remembered<Set<string>>(connection.clock, KEEP_MEMBERS_MS);

  const members = (ruleId: string): Promise<Set<string>> =>
    memberships.get(ruleId, async () => {
      const listed = await connection.list('listLoadBalancerRuleInstances', 'loadbalancerruleinstance', { id: ruleId });
      return new Set(present(listed.map(readMembers)));
    });

  const change = async (command: string, ruleId: string, machineId: string): Promise<Job> => {
    const job = await connection.start(command, { id: ruleId, virtualmachineids: machineId });
    const known = await memberships.peek(ruleId);
    if (command === 'assignToLoadBalancerRule') known?.add(machineId);
    else known?.delete(machineId);
    return job;
  };

  return {
    members,
    forgetMembers: (ruleId) => memberships.forget(ruleId),
    async rules(addressId) {
      return present((await connection.list(COMMAND, ITEM, { publicipid: addressId })).map(readLoadBalancerRule));
    },
    async get(id) {
      const row = await connection.byId(COMMAND, ITEM, id);
      return row === undefined ? undefined : readLoadBalancerRule(row);
    },
    async create(rule) {
      const started = await connection.create('createLoadBalancerRule', {
        name: rule.name,
        algorithm: 'roundrobin',
        protocol: 'tcp',
        publicipid: rule.addressId,
        networkid: rule.networkId,
        publicport: rule.publicPort,
        privateport: rule.privatePort,
        openfirewall: rule.openFirewall,
      });
      memberships.set(started.id, Promise.resolve(new Set()));
      return started;
    },
    delete(id) {
      memberships.forget(id);
      return connection.start('deleteLoadBalancerRule', { id });
    },
    assign: (ruleId, machineId) => change('assignToLoadBalancerRule', ruleId, machineId),
    remove: (ruleId, machineId) => change('removeFromLoadBalancerRule', ruleId, machineId),
  };
}

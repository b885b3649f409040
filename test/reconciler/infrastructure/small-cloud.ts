import type { Clock, CloudStackAccess, CloudStackTransport } from '../../../api/ports';
import { CloudStackRefused, CloudStackUnreachable } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';

type Parameters = { readonly [name: string]: string };
interface Job {
  status: number;
  result: JsonObject;
}

/** Jobs last as long as in the `lab` profile of the sandbox. */
const JOB_MS: { readonly [command: string]: number } = {
  deployVirtualMachine: 800,
  startVirtualMachine: 500,
  destroyVirtualMachine: 400,
  associateIpAddress: 300,
  createLoadBalancerRule: 300,
  deleteNetwork: 400,
};

/**
 * A CloudStack with one zone that knows the commands of the provider: small enough to see through, so that a test can say
 * exactly when it fails, is silent, or loses an answer. What it does not know it refuses.
 */
export class SmallCloud implements CloudStackAccess {
  readonly calls: string[] = [];
  readonly networks = new Map<string, JsonObject>();
  readonly addresses = new Map<string, JsonObject>();
  readonly rules = new Map<string, JsonObject>();
  readonly egress = new Map<string, JsonObject>();
  readonly machines = new Map<string, JsonObject>();
  readonly volumes = new Map<string, JsonObject>();
  readonly groups = new Map<string, JsonObject>();
  readonly members = new Map<string, Set<string>>();
  readonly jobs = new Map<string, Job>();
  mayExpunge = true;
  /** Thrown instead of executing the command. */
  refuse: (command: string, parameters: Parameters) => Error | undefined = () => undefined;
  /** The command takes effect and its answer is lost. */
  loseAnswer: (command: string) => boolean = () => false;
  /** The deployment's job fails with this text and the machine ends in Error. */
  failDeployment: (parameters: Parameters) => string | undefined = () => undefined;
  /** Every deployment that was ever accepted. */
  readonly deployments: Parameters[] = [];
  zones = ['zone-1'];
  #ids = 0;

  constructor(readonly clock: Clock) {}

  connect(): CloudStackTransport {
    return { call: (command, parameters) => this.#call(command, parameters) };
  }

  count(command: string): number {
    return this.calls.filter((called) => called === command).length;
  }

  /** Everything a cluster could leave behind. */
  leftovers(): readonly string[] {
    return [
      ...[...this.networks.keys()].map((id) => `network ${id}`),
      ...[...this.addresses.values()].filter(({ state }) => state !== 'Free').map(({ id }) => `address ${id}`),
      ...[...this.rules.keys()].map((id) => `rule ${id}`),
      ...[...this.machines.keys()].map((id) => `machine ${id}`),
      ...[...this.groups.keys()].map((id) => `group ${id}`),
    ];
  }

  add(kind: Map<string, JsonObject>, row: JsonObject): string {
    const id = `id-${++this.#ids}`;
    kind.set(id, { id, tags: [], ...row });
    return id;
  }

  async #call(command: string, parameters: Parameters): Promise<JsonObject> {
    this.calls.push(command);
    const refusal = this.refuse(command, parameters);
    if (refusal !== undefined) throw refusal;
    const handler = this.#commands[command];
    if (handler === undefined) throw refused(command, 432, `The API [${command}] does not exist`);
    const answer = handler(parameters);
    if (this.loseAnswer(command)) throw new CloudStackUnreachable(command, 'test', 'connection reset');
    return answer;
  }

  #job(command: string, effect: () => JsonObject | { failed: string; code: number }): string {
    const id = `job-${++this.#ids}`;
    const job: Job = { status: 0, result: {} };
    this.jobs.set(id, job);
    this.clock.after(JOB_MS[command] ?? 100, () => {
      const result = effect();
      const failed = result['failed'];
      job.status = failed === undefined ? 1 : 2;
      job.result =
        failed === undefined ? (result as JsonObject) : { errorcode: result['code'] ?? 530, errortext: failed };
    });
    return id;
  }

  #named(rows: Map<string, JsonObject>, { id, name, keyword }: Parameters, item: string, command: string): JsonObject {
    if (id !== undefined && !rows.has(id))
      throw refused(command, 431, `Invalid parameter id value=${id} due to entity does not exist`);
    const found = [...rows.values()].filter((row) => {
      return (id === undefined || row['id'] === id) && String(row['name']).includes(name ?? keyword ?? '');
    });
    return found.length === 0 ? {} : { count: found.length, [item]: found };
  }

  readonly #commands: { readonly [command: string]: (parameters: Parameters) => JsonObject } = {
    listCapabilities: () => ({ capability: { allowuserexpungerecovervm: this.mayExpunge } }),
    listZones: ({ name, id }) => {
      const zone = this.zones
        .map((zoneName) => ({ id: `id-${zoneName}`, name: zoneName }))
        .filter((row) => row.name === name || row.id === id);
      return { count: zone.length, zone };
    },
    listServiceOfferings: ({ name }) => offering('serviceoffering', name, { cpunumber: 2, memory: 4096 }),
    listDiskOfferings: ({ name }) => offering('diskoffering', name, { iscustomized: name === 'Custom' }),
    listTemplates: ({ name }) => offering('template', name, { isready: true }),
    listNetworkOfferings: ({ name }) => offering('networkoffering', name, {}),
    listNetworks: (parameters) => this.#named(this.networks, parameters, 'network', 'listNetworks'),
    createNetwork: ({ name, zoneid }) => {
      const row = {
        name: name ?? '',
        zoneid: zoneid ?? '',
        type: 'Isolated',
        state: 'Allocated',
        egressdefaultpolicy: false,
      };
      const id = this.add(this.networks, row);
      return { network: this.networks.get(id) ?? {} };
    },
    deleteNetwork: ({ id = '' }) => ({
      jobid: this.#job('deleteNetwork', () => {
        if (this.machines.size > 0) return { failed: 'Failed to delete network', code: 530 };
        this.networks.delete(id);
        for (const address of this.addresses.values()) {
          if (address['associatednetworkid'] === id)
            Object.assign(address, { state: 'Free', tags: [], associatednetworkid: '' });
        }
        this.rules.clear();
        this.egress.clear();
        return { success: true };
      }),
    }),
    listPublicIpAddresses: ({ id, ipaddress, associatednetworkid, allocatedonly }) => {
      const found = [...this.addresses.values()].filter(
        (row) =>
          (id === undefined || row['id'] === id) &&
          (ipaddress === undefined || row['ipaddress'] === ipaddress) &&
          (associatednetworkid === undefined || row['associatednetworkid'] === associatednetworkid) &&
          (allocatedonly === 'false' || row['state'] !== 'Free'),
      );
      return { count: found.length, publicipaddress: found };
    },
    associateIpAddress: ({ networkid = '', ipaddress }) => {
      let address = [...this.addresses.values()].find((row) => row['ipaddress'] === ipaddress);
      if (address === undefined) {
        const number = this.addresses.size + 1;
        address = this.addresses.get(this.add(this.addresses, { ipaddress: `10.0.0.${number}`, zoneid: 'id-zone-1' }));
      }
      const row = Object.assign(address ?? {}, {
        state: 'Allocating',
        associatednetworkid: networkid,
        allocated: new Date(this.clock.now()).toISOString(),
      });
      const jobid = this.#job('associateIpAddress', () => {
        row.state = 'Allocated';
        return { ipaddress: { ...row, state: 'Allocating' } };
      });
      return { id: row['id'] ?? '', jobid };
    },
    disassociateIpAddress: ({ id = '' }) => ({
      jobid: this.#job('disassociateIpAddress', () => {
        Object.assign(this.addresses.get(id) ?? {}, { state: 'Free', tags: [], associatednetworkid: '' });
        for (const [ruleId, rule] of this.rules) if (rule['publicipid'] === id) this.rules.delete(ruleId);
        return { success: true };
      }),
    }),
    listLoadBalancerRules: ({ publicipid, id }) => {
      const found = [...this.rules.values()].filter((row) => row['publicipid'] === publicipid || row['id'] === id);
      return { count: found.length, loadbalancerrule: found };
    },
    createLoadBalancerRule: ({ name = '', publicport = '', privateport = '', publicipid = '', networkid = '' }) => {
      const id = this.add(this.rules, { name, publicport, privateport, publicipid, networkid, state: 'Add' });
      this.members.set(id, new Set());
      return { id, jobid: this.#job('createLoadBalancerRule', () => ({ loadbalancer: { id } })) };
    },
    deleteLoadBalancerRule: ({ id = '' }) => ({
      jobid: this.#job('deleteLoadBalancerRule', () => {
        this.rules.delete(id);
        return { success: true };
      }),
    }),
    listLoadBalancerRuleInstances: ({ id = '' }) => {
      const found = [...(this.members.get(id) ?? [])].map((vm) => ({ id: vm }));
      return { count: found.length, loadbalancerruleinstance: found };
    },
    assignToLoadBalancerRule: ({ id = '', virtualmachineids = '' }) => ({
      jobid: this.#job('assign', () => {
        this.members.get(id)?.add(virtualmachineids);
        return { success: true };
      }),
    }),
    removeFromLoadBalancerRule: ({ id = '', virtualmachineids = '' }) => ({
      jobid: this.#job('remove', () => {
        this.members.get(id)?.delete(virtualmachineids);
        return { success: true };
      }),
    }),
    listFirewallRules: () => ({
      count: 1,
      firewallrule: [{ id: 'f', protocol: 'tcp', startport: 6443, endport: 6443 }],
    }),
    listEgressFirewallRules: () => ({ count: this.egress.size, firewallrule: [...this.egress.values()] }),
    createEgressFirewallRule: ({ protocol = '', networkid = '' }) => {
      const id = this.add(this.egress, { protocol, networkid });
      return { id, jobid: this.#job('createEgressFirewallRule', () => ({ firewallrule: { id } })) };
    },
    deleteEgressFirewallRule: ({ id = '' }) => ({
      jobid: this.#job('deleteEgressFirewallRule', () => {
        this.egress.delete(id);
        return { success: true };
      }),
    }),
    listVirtualMachines: (parameters) =>
      this.#named(this.machines, parameters, 'virtualmachine', 'listVirtualMachines'),
    deployVirtualMachine: (parameters) => this.#deploy(parameters),
    startVirtualMachine: ({ id = '' }) => ({
      jobid: this.#job('startVirtualMachine', () => {
        Object.assign(this.machines.get(id) ?? {}, { state: 'Running' });
        return { success: true };
      }),
    }),
    destroyVirtualMachine: ({ id = '', expunge, volumeids = '' }) => {
      const machine = this.machines.get(id);
      if (machine === undefined)
        throw refused('destroyVirtualMachine', 431, `unable to find a virtual machine with id ${id}`);
      machine['state'] = 'Stopping';
      return {
        jobid: this.#job('destroyVirtualMachine', () => {
          for (const members of this.members.values()) members.delete(id);
          for (const volume of volumeids.split(',')) this.volumes.delete(volume);
          if (expunge === 'true') this.machines.delete(id);
          else machine['state'] = 'Destroyed';
          return { success: true };
        }),
      };
    },
    listVolumes: ({ virtualmachineid }) => {
      const found = [...this.volumes.values()].filter((row) => row['virtualmachineid'] === virtualmachineid);
      return { count: found.length, volume: found };
    },
    listAffinityGroups: (parameters) => this.#named(this.groups, parameters, 'affinitygroup', 'listAffinityGroups'),
    createAffinityGroup: ({ name = '', type = '' }) => {
      const id = this.add(this.groups, { name, type });
      return { id, jobid: this.#job('createAffinityGroup', () => ({ affinitygroup: { id } })) };
    },
    deleteAffinityGroup: ({ id = '' }) => ({
      jobid: this.#job('deleteAffinityGroup', () => {
        this.groups.delete(id);
        return { success: true };
      }),
    }),
    createTags: (parameters) => ({ jobid: this.#job('createTags', () => this.#tag(parameters)) }),
    deleteTags: (parameters) => ({ jobid: this.#job('deleteTags', () => this.#tag(parameters)) }),
    listAsyncJobs: () => {
      const asyncjobs = [...this.jobs].filter(([, job]) => job.status === 0).map(([jobid]) => ({ jobid }));
      return { count: asyncjobs.length, asyncjobs };
    },
    queryAsyncJobResult: ({ jobid = '' }) => {
      const job = this.jobs.get(jobid);
      if (job === undefined) throw refused('queryAsyncJobResult', 431, 'entity does not exist');
      return {
        jobid,
        cmd: 'x',
        jobstatus: job.status,
        jobresultcode: job.status === 2 ? 530 : 0,
        jobresult: job.result,
      };
    },
  };

  #deploy(parameters: Parameters): JsonObject {
    const { name = '', zoneid = '', templateid = '', networkids = '', diskofferingid } = parameters;
    if ([...this.machines.values()].some((row) => row['name'] === name)) {
      throw refused('deployVirtualMachine', 431, `The vm with hostName ${name} already exists in the network domain`);
    }
    this.deployments.push(parameters);
    const number = this.deployments.length;
    const nic = [{ id: `nic-${number}`, networkid: networkids, isdefault: true, ipaddress: `10.1.1.${number}` }];
    const created = new Date(this.clock.now()).toISOString();
    const id = this.add(this.machines, { name, zoneid, templateid, created, state: 'Starting', nic });
    if (diskofferingid !== undefined) {
      const disk = {
        name: `DATA-${number}`,
        type: 'DATADISK',
        virtualmachineid: id,
        diskofferingname: diskofferingid.slice(3),
      };
      this.add(this.volumes, disk);
    }
    const jobid = this.#job('deployVirtualMachine', () => {
      const machine = this.machines.get(id);
      if (machine === undefined) return { failed: 'gone', code: 431 };
      const failed = this.failDeployment(parameters);
      machine['state'] = failed === undefined ? 'Running' : 'Error';
      return failed === undefined ? { virtualmachine: { ...machine } } : { failed, code: 533 };
    });
    return { id, jobid };
  }

  #tag(parameters: Parameters): JsonObject {
    const id = parameters['resourceids'] ?? '';
    const row = [this.networks, this.addresses, this.rules, this.machines, this.egress]
      .map((rows) => rows.get(id))
      .find(Boolean);
    if (row === undefined) return { success: true };
    const isNew = parameters['tags[0].value'] !== undefined;
    const tags = Array.isArray(row['tags']) ? row['tags'] : [];
    for (let index = 0; parameters[`tags[${index}].key`] !== undefined; index++) {
      const tag = { key: parameters[`tags[${index}].key`] ?? '', value: parameters[`tags[${index}].value`] ?? '' };
      if (isNew) tags.push(tag);
    }
    row['tags'] = tags;
    return { success: true };
  }
}

export function refused(command: string, code: number, text: string): CloudStackRefused {
  return new CloudStackRefused(command, code, code, undefined, text);
}

/** Everything exists except names that say they do not. */
function offering(item: string, name: string | undefined, more: JsonObject): JsonObject {
  if (name === undefined || name.startsWith('no-')) return {};
  return { count: 1, [item]: [{ id: `id-${name}`, name, ...more }] };
}

import {
  CloudStackAffinityGroup,
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Cluster,
  Machine,
  Secret,
} from '../../../api/kinds';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { World } from './world';

/** `CAPSTAN_CHAOS_SEEDS=1-200` tries others than those that have found something. */
const asked = /^(\d+)-(\d+)$/.exec(process.env.CAPSTAN_CHAOS_SEEDS ?? '');
const [first, last] = [Number(asked?.[1]), Number(asked?.[2])];
const seeds =
  asked === null ? [12, 24, 25, 44, 56, 58, 59] : Array.from({ length: last - first + 1 }, (_, n) => first + n);
console.info(`seeds ${seeds.join(', ')}; CAPSTAN_CHAOS_SEEDS=<first>-<last> tries others`);

const COMMANDS = [
  'deployVirtualMachine',
  'destroyVirtualMachine',
  'startVirtualMachine',
  'createNetwork',
  'associateIpAddress',
  'createLoadBalancerRule',
  'assignToLoadBalancerRule',
  'removeFromLoadBalancerRule',
  'createEgressFirewallRule',
  'createFirewallRule',
  'createTags',
  'createAffinityGroup',
  'deleteAffinityGroup',
  'listVirtualMachines',
  'listNetworks',
  'listPublicIpAddresses',
  'listLoadBalancerRules',
  'queryAsyncJobResult',
];
const STEPS = 25;
/** What leads to the endpoint is looked at again after 22 minutes at most. */
const CALM_MS = 25 * 60_000;

/** Everything in CloudStack, as far as it is the business of its owners. */
function owned(world: World): readonly string[] {
  return Object.entries(world.cloud.inventory()).flatMap(([kind, items]) =>
    items.map(({ id, name, tags }) => `${kind} ${name} ${id} ${JSON.stringify(tags)}`),
  );
}

/** A network of others with two addresses of theirs, the first of which is its source NAT. */
async function makeNetwork(world: World): Promise<void> {
  const call = async (command: string, parameters: { [name: string]: string }) => {
    const answer = await world.cloud.access.connect(world.cloud.credentials).call(command, parameters);
    await world.clock.advance(1000);
    return answer;
  };
  const zoneid = String(valueAt(await call('listZones', {}), 'zone', 0, 'id'));
  const name = 'DefaultIsolatedNetworkOfferingWithSourceNatService';
  const networkofferingid = String(valueAt(await call('listNetworkOfferings', { name }), 'networkoffering', 0, 'id'));
  const made = await call('createNetwork', { name: 'net-1', displaytext: 'net-1', networkofferingid, zoneid });
  const networkid = String(valueAt(made, 'network', 'id'));
  for (let count = 0; count < 2; count++) await call('associateIpAddress', { networkid });
}

/** A cluster to which everything happens that a seed brings. */
class Chaos {
  readonly #random: SeededRandom;
  readonly #world: World;
  /** Machines that are to be there, and whether they are of the control plane. */
  readonly machines = new Map<string, boolean>();
  #made = 0;
  #isLockedOut = false;
  readonly #ofOthers: readonly string[];
  readonly #harm: string[] = [];

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#ofOthers = owned(world);
    this.#random = new SeededRandom(seed);
  }

  /** @returns instances that were there twice at any time, and things of others that were touched */
  async rage(): Promise<readonly string[]> {
    await this.#world.createCluster();
    await this.#addMachine(true);
    for (let step = 0; step < STEPS; step++) {
      await this.#world.clock.advance(this.#pick([0, 100, 400, 1500, 6000, 20_000]));
      if (this.#world.isKilled) await this.#world.restart();
      this.#lookForHarm();
      await this.#pick(this.#accidents)();
    }
    return this.#harm;
  }

  /** Everything that was broken works again; who watches over machines replaces the lost ones. */
  async calmDown(): Promise<void> {
    const { cloud, clock } = this.#world;
    cloud.faults.clear();
    await this.#world.restart();
    if (this.#isLockedOut) await this.#changeKey(cloud.credentials.secretKey);
    await clock.advance(60_000);
    for (const object of await this.#world.list(CloudStackMachine)) {
      const { name } = object.metadata;
      if ((await this.#world.ready(CloudStackMachine, name))?.reason !== 'InstanceLost') continue;
      await this.#removeMachine(name);
    }
    await clock.advance(CALM_MS);
  }

  readonly #accidents: readonly (() => Promise<void> | void)[] = [
    () => this.#faults.failCommand({ command: this.#command(), ...this.#refusal(), times: 1 + this.#random.below(3) }),
    () => this.#faults.loseAnswer({ command: this.#command(), effect: true }),
    () => this.#faults.loseAnswer({ command: this.#command(), effect: false }),
    () => this.#faults.failJob({ command: this.#command(), errorCode: 530, errorText: 'out of luck' }),
    () => this.#faults.delayJob({ command: this.#command(), ms: this.#random.below(20_000) }),
    () => this.#faults.outage(this.#random.below(30_000)),
    () => this.#world.cloud.incidents.restartServer(),
    () => this.#world.killAfter(1 + this.#random.below(25)),
    () => this.#world.killAfter(1 + this.#random.below(25)),
    () => this.#addMachine(false),
    () => this.#addMachine(this.#random.below(2) === 0),
    () => this.#removeMachine(this.#pick([...this.machines.keys()])),
    () => this.#changeKey(this.#isLockedOut ? this.#world.cloud.credentials.secretKey : 'wrong'),
    () => this.#behindOurBack('VirtualMachine', (id) => this.#world.cloud.incidents.powerOffMachine(id)),
    () =>
      this.#behindOurBack('VirtualMachine', (id) => this.#world.cloud.incidents.destroyMachine(id, { expunge: true })),
    () => this.#behindOurBack('VirtualMachine', (id) => this.#world.cloud.incidents.removeTags(id)),
    () => this.#behindOurBack('LoadBalancerRule', (id) => this.#world.cloud.incidents.removeLoadBalancerRule(id)),
    () => this.#behindOurBack('FirewallRule', (id) => this.#call('deleteEgressFirewallRule', id)),
    () => this.#behindOurBack('AffinityGroup', (id) => this.#call('deleteAffinityGroup', id)),
  ];

  get #faults() {
    return this.#world.cloud.faults;
  }

  #pick<T>(items: readonly T[]): T {
    const picked = items[this.#random.below(items.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  #command(): string {
    return this.#pick(COMMANDS);
  }

  #refusal() {
    const errorCode = this.#pick([401, 431, 530, 533, 535]);
    return { errorCode, errorText: `arranged ${errorCode}` };
  }

  async #addMachine(controlPlane: boolean): Promise<void> {
    if (this.machines.size >= 5) return;
    const name = `machine-${this.#made++}`;
    this.machines.set(name, controlPlane);
    await this.#world.createMachine(name, { controlPlane, spec: { affinity: this.#pick(['anti', 'no']) } });
  }

  async #removeMachine(name: string): Promise<void> {
    if (this.machines.size === 1) await this.#addMachine(true);
    this.machines.delete(name);
    await this.#world.delete(CloudStackMachine, name);
    await this.#world.delete(Machine, name);
  }

  async #changeKey(key: string): Promise<void> {
    this.#isLockedOut = key === 'wrong';
    const patch = { data: { 'secret-key': Buffer.from(key).toString('base64') } };
    await this.#world.kube.patch(Secret, { namespace: 'default', name: 'credentials' }, { type: 'merge', patch });
  }

  #behindOurBack(
    kind: 'VirtualMachine' | 'LoadBalancerRule' | 'FirewallRule' | 'AffinityGroup',
    happen: (id: string) => void,
  ): void {
    const items = this.#world.cloud.inventory()[kind].filter(({ state }) => state !== 'Starting');
    if (items.length > 0) happen(this.#pick(items).id);
  }

  /** By hand; it may fail like any other call. */
  #call(command: string, id: string): void {
    const { cloud } = this.#world;
    void cloud.access
      .connect(cloud.credentials)
      .call(command, { id })
      .catch(() => undefined);
  }

  #lookForHarm(): void {
    const names = this.#world.cloud
      .inventory()
      .VirtualMachine.filter(({ state }) => state !== 'Error' && state !== 'Expunging')
      .map(({ name }) => name);
    this.#harm.push(...names.filter((name, index) => names.indexOf(name) !== index));
    const present = new Set(owned(this.#world));
    this.#harm.push(...this.#ofOthers.filter((item) => !present.has(item)));
  }
}

/** What is not ready, and why. */
async function unready(world: World): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const kind of [
    CloudStackCluster,
    CloudStackFailureDomain,
    CloudStackIsolatedNetwork,
    CloudStackAffinityGroup,
    CloudStackMachine,
  ]) {
    for (const { metadata } of await world.list<KubeObject>(kind)) {
      const ready = await world.ready(kind, metadata.name);
      if (ready?.status !== 'True') lines.push(`${kind.kind} ${metadata.name} ${ready?.reason}: ${ready?.message}`);
    }
  }
  return lines;
}

let world: World;
afterEach(() => world.stop());

describe.each([
  ['a network of its own', async () => undefined],
  ['a network of others', makeNetwork],
])('a cluster in %s', (_, prepare) => {
  test.each(seeds)(
    'after chaos of seed %d all is as asked, at rest, and deleted to nothing',
    async (seed) => {
      world = await World.start();
      await prepare(world);
      const before = owned(world);
      const chaos = new Chaos(world, seed);
      const harm = await chaos.rage();
      await chaos.calmDown();

      const { VirtualMachine, Volume, Network, PublicIpAddress, LoadBalancerRule, FirewallRule, AffinityGroup } =
        world.cloud.inventory();
      const names = [...chaos.machines.keys()].sort();
      expect(await unready(world)).toEqual([]);
      expect(harm).toEqual([]);
      expect(VirtualMachine.map(({ name }) => name).sort()).toEqual(names);
      for (const { state, tags } of VirtualMachine) expect([state, Object.keys(tags).length]).toEqual(['Running', 2]);
      expect(Volume).toHaveLength(names.length);
      expect([Network, LoadBalancerRule].map((items) => items.length)).toEqual([1, 1]);
      expect(PublicIpAddress.filter(({ tags }) => Object.keys(tags).length === 2)).toHaveLength(1);
      expect(FirewallRule.map(({ name }) => name).sort()).toEqual(['egress all', 'ingress tcp 6443']);
      // One for machines of the control plane that stand apart, and one for the others.
      expect(AffinityGroup.length).toBeLessThanOrEqual(2);
      expect([...(await world.members())].sort()).toEqual(names.filter((name) => chaos.machines.get(name)));

      const [calls, requests] = [world.calls.length, world.requests.length];
      await world.clock.advance(300_000);
      expect(world.requests.slice(requests)).toEqual([]);
      // A snapshot every 30 s, and at most one look at what leads to the endpoint.
      expect(world.calls.slice(calls).filter(({ command }) => command === 'listVirtualMachines').length).toBeLessThan(
        12,
      );
      expect(world.calls.length - calls).toBeLessThan(20);

      await world.delete(CloudStackCluster, 'c1');
      await world.delete(Cluster, 'c1').catch(() => undefined);
      for (const name of names) await world.delete(CloudStackMachine, name);
      await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0);
      await world.clock.advance(120_000);
      expect(owned(world)).toEqual(before);
    },
    30_000,
  );
});

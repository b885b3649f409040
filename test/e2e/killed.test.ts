import type { CloudStackAccess, KubeApi } from '../../api/ports';
import { valueAt } from '../../machinery/json';
import { clusterObjects } from './definitions';
import { FaultyWorld } from './faulty-world';

/** One request of the reconciler. */
interface Request {
  /** `patch CloudStackMachine`, or a CloudStack command. */
  readonly name: string;
  /** How many with this name there were before. */
  readonly index: number;
}

const WRITES = new Set(['create', 'update', 'patch', 'delete']);

/** A world whose reconciler can be killed at an exact request: from then on it reaches nobody. */
class MortalWorld extends FaultyWorld {
  #generation = 0;
  #isDead = false;
  #deadline: { readonly isLast: (request: Request) => boolean; readonly when: 'before' | 'after' } | undefined;
  readonly #counts = new Map<string, number>();

  static override async begin(): Promise<MortalWorld> {
    const world = new MortalWorld({ latency: 'instant' });
    await world.start();
    return world;
  }

  /** Kills the process in the instant before a request leaves it, or after the request took effect and before its answer. */
  killAt(when: 'before' | 'after', isLast: (request: Request) => boolean): void {
    this.#deadline = { when, isLast };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Starts a new process in place of the dead one. */
  async resurrect(): Promise<void> {
    this.#generation++;
    await this.stopLoops();
    this.#isDead = false;
    this.#deadline = undefined;
    await this.startLoops();
  }

  protected override ports(): { readonly api: KubeApi; readonly cloudStack: CloudStackAccess } {
    const generation = this.#generation;
    const live = async <T>(name: string, send: () => Promise<T>): Promise<T> => {
      if (this.#isDead || generation !== this.#generation) throw new Error('this process is dead');
      const index = this.#counts.get(name) ?? 0;
      this.#counts.set(name, index + 1);
      const isLast = this.#deadline?.isLast({ name, index }) ?? false;
      if (isLast && this.#deadline?.when === 'before') this.#isDead = true;
      if (this.#isDead) throw new Error('this process is dead');
      if (isLast) this.#isDead = true;
      const answer = await send();
      if (isLast) throw new Error('this process died before it saw the answer');
      return answer;
    };
    const cloudStack: CloudStackAccess = {
      connect: (credentials) => {
        const transport = this.cloud.access.connect(credentials);
        return { call: (command, parameters) => live(command, () => transport.call(command, parameters)) };
      },
    };
    const api = new Proxy(this.api, {
      get: (target, method) => {
        const value: unknown = Reflect.get(target, method, target);
        if (typeof value !== 'function') return value;
        if (!WRITES.has(String(method))) return value.bind(target);
        return (...parameters: unknown[]) =>
          live(`${String(method)} ${valueAt(parameters[0], 'kind')}`, async () => value.apply(target, parameters));
      },
    });
    return { api, cloudStack };
  }
}

test.each([
  ['between the effect of deployVirtualMachine and its answer', 'after', 'deployVirtualMachine'],
  ['before deployVirtualMachine leaves the process', 'before', 'deployVirtualMachine'],
  ['between the effect of associateIpAddress and its answer', 'after', 'associateIpAddress'],
  ['between the effect of createNetwork and its answer', 'after', 'createNetwork'],
  ['between the effect of createLoadBalancerRule and its answer', 'after', 'createLoadBalancerRule'],
] as const)('killed %s: one of everything, and nothing left', async (_, when, command) => {
  const world = await MortalWorld.begin();
  world.killAt(when, ({ name }) => name === command);
  await world.apply(clusterObjects('dev'));
  await world.until('killed', () => world.isDead, 60_000);

  await world.clock.advance(3000);
  await world.resurrect();

  await world.expectWholeAndClean();
  await world.close();
});

test('killed between associateIpAddress and the status write: the address is found again, not acquired twice', async () => {
  const world = await MortalWorld.begin();
  let isAssociated = false;
  world.killAt('before', ({ name }) => {
    isAssociated ||= name === 'associateIpAddress';
    return isAssociated && name === 'patch CloudStackIsolatedNetwork';
  });
  await world.apply(clusterObjects('dev'));
  await world.until('killed', () => world.isDead, 60_000);
  expect(world.cloud.inventory().PublicIpAddress).toHaveLength(1);

  await world.resurrect();

  await world.untilReady();
  expect(world.cloud.calls().calls['associateIpAddress']).toBe(1);
  await world.expectWholeAndClean();
  await world.close();
});

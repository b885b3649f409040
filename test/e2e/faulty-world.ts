import { Cluster, Secret } from '../../api';
import type { TypedResource } from '../../api/ports';
import { renderWhy } from '../../cli/view/render-why';
import type { Snapshot } from '../../cli/view/snapshot';
import { why } from '../../cli/view/why';
import { valueAt } from '../../machinery/json';
import { VirtualWorld, type VirtualWorldOptions } from './virtual-world';

const events: TypedResource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
const credentials = { namespace: 'default', name: 'cloudstack-credentials' };

/** Shorter than the first retry after a failure, so that no fault passes unseen. */
const STEP_MS = 100;

/** What `capstan why` prints, line by line. */
export interface Told {
  readonly text: string;
  readonly blocking: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly message: string;
  readonly job: string | undefined;
  readonly next: string;
}

/** A world whose cluster is `dev`, in which something is wrong. */
export class FaultyWorld extends VirtualWorld {
  static async begin(options: VirtualWorldOptions = {}): Promise<FaultyWorld> {
    const world = new FaultyWorld({ latency: 'instant', ...options });
    await world.start();
    return world;
  }

  /** Runs until `capstan why dev` names the reason, and reads what it prints. */
  async told(reason: string, limitMs = 60_000): Promise<Told> {
    const ask = (snapshot: Snapshot) => {
      const [cluster] = snapshot.clusters;
      return cluster === undefined ? undefined : why(snapshot, cluster);
    };
    const end = this.clock.now() + limitMs;
    await this.clock.settle();
    while (ask(await this.snapshot())?.reason !== reason) {
      if (this.clock.now() > end)
        throw new Error(`why dev never said ${reason}, but ${JSON.stringify(ask(await this.snapshot()))}`);
      await this.clock.advance(STEP_MS);
    }
    const text = renderWhy('dev', ask(await this.snapshot()), this.clock.now());
    const line = (name: string) => new RegExp(`^  ${name} +(.*)$`, 'm').exec(text)?.[1];
    return {
      text,
      blocking: /^○ dev waits for (.*)$/m.exec(text)?.[1] ?? '',
      reason: line('reason') ?? '',
      since: Date.parse((line('since') ?? '').split(' ')[0] ?? ''),
      message: line('message') ?? '',
      job: line('job'),
      next: line('next') ?? '',
    };
  }

  /** `Kind reason: message` of every Warning event. */
  async warnings(): Promise<readonly string[]> {
    await this.clock.settle();
    const { items } = await this.api.list(events, { namespace: 'default' });
    return items
      .filter((event) => valueAt(event, 'type') === 'Warning')
      .map((event) => {
        const kind = valueAt(valueAt(event, 'involvedObject'), 'kind') ?? valueAt(valueAt(event, 'regarding'), 'kind');
        return `${kind} ${valueAt(event, 'reason')}: ${valueAt(event, 'message') ?? valueAt(event, 'note')}`;
      });
  }

  async changeCredentials(values: { readonly [key: string]: string }): Promise<void> {
    const data = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    await this.api.patch(Secret, credentials, { type: 'merge', patch: { data } });
  }

  /** Deletes the credentials Secret and returns how to put it back. */
  async loseCredentials(): Promise<() => Promise<void>> {
    const secret = await this.api.get(Secret, credentials);
    await this.api.delete(Secret, credentials);
    return async () => {
      await this.api.create(Secret, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: credentials,
        ...(secret.data === undefined ? {} : { data: secret.data }),
      });
    };
  }

  /** Sets a limit of the clusters' account, as an administrator. @param resource - CloudStack's number of it: 0 machines, 1 addresses */
  async setLimit(resource: number, max: number): Promise<void> {
    const [account] = rows(await this.#asAdmin('listAccounts', { name: 'capstan', listall: 'true' }), 'account');
    await this.#asAdmin('updateResourceLimit', {
      resourcetype: `${resource}`,
      max: `${max}`,
      account: 'capstan',
      domainid: String(valueAt(account, 'domainid')),
    });
  }

  /** Creates a network of a kind that only an administrator can create. */
  async createSharedNetwork(name: string): Promise<void> {
    const [zone] = rows(await this.#asAdmin('listZones', {}), 'zone');
    const offerings = await this.#asAdmin('listNetworkOfferings', { name: 'DefaultSharedNetworkOffering' });
    await this.#asAdmin('createNetwork', {
      name,
      displaytext: name,
      zoneid: String(valueAt(zone, 'id')),
      networkofferingid: String(valueAt(rows(offerings, 'networkoffering')[0], 'id')),
      gateway: '10.50.0.1',
      netmask: '255.255.255.0',
      startip: '10.50.0.10',
      endip: '10.50.0.200',
      vlan: '500',
    });
  }

  async #asAdmin(command: string, parameters: { readonly [name: string]: string }): Promise<object> {
    const answer = this.cloud.access.connect(this.cloud.adminCredentials).call(command, parameters);
    await this.clock.settle();
    return answer;
  }

  /**
   * Waits until the cluster is ready, then holds the world to the promises: one instance for each machine, one network,
   * address and rule, and after deletion nothing at all.
   * @param machines - how many there are to be
   */
  async expectWholeAndClean(machines = 2, limitMs = 300_000): Promise<void> {
    await this.untilReady(limitMs);
    await this.expectOneOfEach(machines);
    await this.api.delete(Cluster, { namespace: 'default', name: 'dev' });
    await this.until('the cluster is gone', (snapshot) => snapshot.clusters.length === 0, limitMs);
    await this.clock.advance(5000);
    expect(this.left()).toEqual([]);
  }

  async expectOneOfEach(machines = 2): Promise<void> {
    const { infrastructureMachines } = await this.snapshot();
    const { VirtualMachine, Volume, Network, PublicIpAddress, LoadBalancerRule, AffinityGroup } =
      this.cloud.inventory();
    expect(names(VirtualMachine)).toEqual(infrastructureMachines.map(({ metadata }) => metadata.name).sort());
    expect(VirtualMachine).toHaveLength(machines);
    expect(Volume).toHaveLength(machines);
    expect([Network, PublicIpAddress, LoadBalancerRule, AffinityGroup].map((items) => items.length)).toEqual([
      1, 1, 1, 1,
    ]);
  }

  /** Everything in CloudStack that somebody made. */
  left(): readonly string[] {
    return Object.entries(this.cloud.inventory()).flatMap(([kind, items]) =>
      items.map(({ name }) => `${kind} ${name}`),
    );
  }
}

function names(items: readonly { readonly name: string }[]): readonly string[] {
  return items.map(({ name }) => name).sort();
}

function rows(answer: object, name: string): readonly unknown[] {
  const found = valueAt(answer, name);
  return Array.isArray(found) ? found : [];
}

import { Cluster } from '../../../api/kinds/cluster-api/cluster';
import { Node, Secret } from '../../../api/kinds/kubernetes';
import type { WorkloadAccess, WorkloadEvent } from '../../../api/ports';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { silentLog } from '../../../reconciler/runtime';
import { clusterCacheController, WorkloadLinks } from '../../../reconciler/workload';
import { lostAnswer, MemoryApi, refusal } from '../runtime/memory-api';
import { World } from '../runtime/world';

const key = { namespace: 'default', name: 'dev' };

/** A workload cluster that answers when it is told to, to those who come with the right kubeconfig. */
class FakeWorkload implements WorkloadAccess {
  readonly api = new MemoryApi();
  readonly kubeconfigs: string[] = [];
  up = true;
  valid = 'first';
  probes = 0;
  open = 0;

  connect(kubeconfig: string) {
    this.kubeconfigs.push(kubeconfig);
    this.open++;
    return {
      api: this.api,
      probe: async () => {
        this.probes++;
        if (!this.up) throw lostAnswer();
        if (kubeconfig !== this.valid) throw refusal(401, 'Unauthorized', 'Unauthorized');
      },
      close: () => {
        this.open--;
      },
    };
  }
}

function open() {
  const clock = new VirtualClock();
  const workload = new FakeWorkload();
  const links = new WorkloadLinks({ access: workload, clock, random: new SeededRandom(1), log: silentLog });
  const events: string[] = [];
  links.subscribe((event: WorkloadEvent) => {
    events.push(event.type === 'object' ? `object ${event.object.metadata.name}` : event.type);
  });
  return { clock, workload, links, events };
}

const node = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { images: [{ names: ['x'] }], nodeInfo: { kubeletVersion: 'v1.34.2' } },
});

test('a cluster that is wanted is connected at once, and its caches are warm when it says so', async () => {
  const { clock, workload, links, events } = open();
  workload.api.put(Node, node('n1'));

  links.want(key, 'first');
  await clock.settle();

  expect(events).toEqual(['connected']);
  expect(
    links
      .connection(key)
      ?.list(Node)
      .map((object) => object.metadata.name),
  ).toEqual(['n1']);
  expect(links.health(key)).toMatchObject({ connected: true, lastSuccess: clock.now(), wantedSince: clock.now() });
  await links.stop();
});

test('what changes in the cluster is told, and images of nodes are not kept', async () => {
  const { clock, workload, links, events } = open();
  links.want(key, 'first');
  await clock.settle();

  workload.api.put(Node, node('n1'));
  await clock.settle();

  expect(events).toEqual(['connected', 'object n1']);
  const cached = links.connection(key)?.get(Node, { namespace: '', name: 'n1' });
  expect(cached?.status).toEqual({ nodeInfo: { kubeletVersion: 'v1.34.2' } });
  await links.stop();
});

test('a cluster that comes up is noticed within a second', async () => {
  const { clock, workload, links, events } = open();
  workload.up = false;
  links.want(key, 'first');
  await clock.advance(90_000);
  expect(links.health(key)).toMatchObject({ connected: false, lastSuccess: undefined });
  const attempts = workload.probes;

  workload.up = true;
  await clock.advance(1000);

  expect(events).toEqual(['connected']);
  expect(attempts).toBeLessThan(150);
  await links.stop();
});

test('a cluster that stays away for long is asked less often', async () => {
  const { clock, workload, links } = open();
  workload.up = false;
  links.want(key, 'first');
  await clock.advance(3600_000);
  const attempts = workload.probes;

  await clock.advance(3600_000);

  expect(workload.probes - attempts).toBeLessThan(350);
  await links.stop();
});

test('five failed probes in a row disconnect, fewer do not', async () => {
  const { clock, workload, links, events } = open();
  links.want(key, 'first');
  await clock.settle();
  workload.up = false;
  await clock.advance(40_000);
  workload.up = true;
  await clock.advance(20_000);
  const afterFour = [...events];

  workload.up = false;
  await clock.advance(50_000);
  const afterFive = [...events];
  const { connected, lastError } = links.health(key);
  workload.up = true;
  await clock.advance(2000);

  expect(afterFour).toEqual(['connected']);
  expect(afterFive).toEqual(['connected', 'disconnected']);
  expect([connected, lastError]).toEqual([false, expect.stringContaining('no answer')]);
  expect(events).toEqual(['connected', 'disconnected', 'connected']);
  await links.stop();
});

test('refused credentials disconnect at once, and a new kubeconfig connects at once', async () => {
  const { clock, workload, links, events } = open();
  links.want(key, 'first');
  await clock.settle();
  workload.valid = 'second';
  await clock.advance(10_000);
  expect(events).toEqual(['connected', 'disconnected']);

  links.want(key, 'second');
  await clock.settle();

  expect(events).toEqual(['connected', 'disconnected', 'connected']);
  await links.stop();
});

test('the same kubeconfig again changes nothing', async () => {
  const { clock, workload, links, events } = open();
  links.want(key, 'first');
  await clock.settle();

  links.want(key, 'first');
  await clock.settle();

  expect(events).toEqual(['connected']);
  expect(workload.kubeconfigs).toHaveLength(1);
  await links.stop();
});

test('a forgotten cluster has no connection and leaves nothing running', async () => {
  const { clock, workload, links, events } = open();
  links.want(key, 'first');
  await clock.settle();

  links.forget(key);
  await clock.settle();

  expect(links.connection(key)).toBeUndefined();
  expect(events).toEqual(['connected', 'disconnected']);
  expect([workload.open, workload.api.openWatches, clock.untilNext()]).toEqual([0, 0, undefined]);
});

test('clusters are connected when infrastructure and kubeconfig are there, and left when they are gone', async () => {
  const world = new World();
  const { clock } = world;
  const workload = new FakeWorkload();
  const links = new WorkloadLinks({ access: workload, clock, random: new SeededRandom(1), log: silentLog });
  await world.start(({ objects }) => [clusterCacheController({ objects, links })]);
  const cluster = (provisioned: boolean): KubeObject => ({
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Cluster',
    metadata: { name: 'dev', namespace: 'default' },
    status: { initialization: { infrastructureProvisioned: provisioned } },
  });
  const secret = (text: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'cluster.x-k8s.io/secret',
    metadata: { name: 'dev-kubeconfig', namespace: 'default' },
    data: { value: Buffer.from(text).toString('base64') },
  });
  const states: (boolean | string)[] = [];
  const note = async () => {
    await clock.settle();
    states.push(links.health(key).connected);
  };

  world.api.put(Secret, secret('first'));
  world.api.put(Cluster, cluster(false));
  await note();
  world.api.put(Cluster, cluster(true));
  await note();
  workload.valid = 'second';
  world.api.put(Secret, secret('second'));
  await note();
  world.api.remove(Cluster, key);
  await note();

  expect(states).toEqual([false, true, true, false]);
  expect(workload.kubeconfigs).toEqual(['first', 'second']);
  await world.manager.stop();
  await links.stop();
});

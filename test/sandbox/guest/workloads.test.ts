import { isReason } from '../../../api/ports';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { resources } from '../../../sandbox/guest/workload/resources';
import { GuestWorld } from './guest-world';

const labels = { app: 'web' };

function deployment(replicas: number, image = 'web:1'): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

function budget(spec: object): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { matchLabels: labels }, ...spec },
  };
}

describe('pods', () => {
  let world: GuestWorld;
  beforeEach(async () => {
    world = await GuestWorld.create();
    await world.controlPlane(1);
    world.joinWorker(4);
    world.joinWorker(5);
    await world.clock.advance(600_000);
    for (const name of ['node-4', 'node-5']) {
      // What core's Machine controller does once labels are in sync.
      const patch = { spec: { taints: null } };
      await world.api.patch(resources.nodes, { namespace: '', name }, { type: 'merge', patch });
    }
    await world.clock.advance(1000);
  });
  afterEach(() => expect(world.faults).toEqual([]));

  const key = (name: string) => ({ namespace: 'default', name });
  const web = async () =>
    (await world.api.list(resources.pods, { namespace: 'default', labelSelector: 'app=web' })).items;
  const places = async () => (await web()).map((pod) => valueAt(pod, 'spec', 'nodeName')).sort();
  const cordon = async (name: string) =>
    world.api.patch(
      resources.nodes,
      { namespace: '', name },
      { type: 'merge', patch: { spec: { unschedulable: true } } },
    );
  const evict = async (pod: KubeObject) =>
    world.api.createSubresource(resources.pods, key(pod.metadata.name), 'eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod.metadata.name, namespace: 'default' },
    });

  test('have an address of the pod subnet of their cluster, and images and containers with plausible ids', async () => {
    await world.api.create(resources.deployments, deployment(2, 'registry.example:5000/web:1'));
    await world.clock.advance(1000);

    const pods = await web();

    const hex = '[0-9a-f]{64}';
    for (const pod of pods)
      expect(pod['status']).toMatchObject({
        podIP: expect.stringMatching(/^192\.168\.\d+\.\d+$/),
        containerStatuses: [
          {
            imageID: expect.stringMatching(`^registry.example:5000/web@sha256:${hex}$`),
            containerID: expect.stringMatching(`^containerd://${hex}$`),
          },
        ],
      });
    for (const path of [['podIP'], ['containerStatuses', 0, 'containerID']])
      expect(new Set(pods.map((pod) => valueAt(pod, 'status', ...path))).size).toBe(2);
  });

  test('of a Deployment are spread over workers, run, scale and roll', async () => {
    await world.api.create(resources.deployments, deployment(2));
    await world.clock.advance(1000);
    expect(await places()).toEqual(['node-4', 'node-5']);
    expect(await world.api.get(resources.deployments, key('web'))).toMatchObject({ status: { readyReplicas: 2 } });

    const patch = { spec: deployment(3, 'web:2')['spec'] };
    await world.api.patch(resources.deployments, key('web'), { type: 'merge', patch: patch as object });
    await world.clock.advance(1000);

    expect((await web()).map((pod) => valueAt(pod, 'spec', 'containers', 0, 'image'))).toEqual([
      'web:2',
      'web:2',
      'web:2',
    ]);
  });

  test('move away from a cordoned node when they are evicted', async () => {
    await world.api.create(resources.deployments, deployment(2));
    await world.clock.advance(1000);

    await cordon('node-4');
    for (const pod of await web()) if (valueAt(pod, 'spec', 'nodeName') === 'node-4') await evict(pod);
    await world.clock.advance(60_000);

    expect(await places()).toEqual(['node-5', 'node-5']);
  });

  test('are protected by a budget until a replacement is ready', async () => {
    await world.api.create(resources.deployments, deployment(2));
    await world.api.create({ ...resources.podDisruptionBudgets }, budget({ minAvailable: 1 }));
    await world.clock.advance(1000);
    await cordon('node-4');
    await cordon('node-5');
    const [first, second] = await web();
    if (first === undefined || second === undefined) throw new Error('two pods are expected');

    await evict(first);
    await world.clock.advance(60_000);
    const refused = await evict(second).catch((error: unknown) => error);

    expect(isReason(refused, 'TooManyRequests')).toBe(true);
    await world.api.patch(
      resources.nodes,
      { namespace: '', name: 'node-5' },
      { type: 'merge', patch: { spec: { unschedulable: null } } },
    );
    await world.clock.advance(60_000);
    await evict(second);
    await world.clock.advance(60_000);
    expect(await places()).toEqual(['node-5', 'node-5']);
  });

  test('that fit nowhere stay Pending and say so', async () => {
    await cordon('node-4');
    await cordon('node-5');

    await world.api.create(resources.deployments, deployment(1));
    await world.clock.advance(1000);

    expect((await web()).map((pod) => valueAt(pod, 'status', 'conditions', 0, 'reason'))).toEqual(['Unschedulable']);
    expect((await web()).map((pod) => valueAt(pod, 'status', 'phase'))).toEqual(['Pending']);
  });

  test('on a machine that is off stay while they are terminating', async () => {
    await world.api.create(resources.deployments, deployment(2));
    await world.clock.advance(1000);
    const lost = (await web()).find((pod) => valueAt(pod, 'spec', 'nodeName') === 'node-4');
    if (lost === undefined) throw new Error('a pod is expected on node-4');

    world.guests.powerOff('00000000-0000-4000-8000-000000000004');
    await world.api.delete(resources.pods, key(lost.metadata.name));
    await world.clock.advance(60_000);

    expect((await web()).map((pod) => pod.metadata.name)).toContain(lost.metadata.name);
    expect((await web()).filter((pod) => pod.metadata.deletionTimestamp === undefined)).toHaveLength(2);
  });

  test('of kube-proxy follow the image of their DaemonSet', async () => {
    const patch = {
      spec: { template: { spec: { containers: [{ name: 'kube-proxy', image: 'kube-proxy:v1.35.0' }] } } },
    };

    await world.api.patch(
      resources.daemonSets,
      { namespace: 'kube-system', name: 'kube-proxy' },
      { type: 'strategic', patch },
    );
    await world.clock.advance(60_000);

    const { items } = await world.api.list(resources.pods, { labelSelector: 'k8s-app=kube-proxy' });
    expect(items.map((pod) => valueAt(pod, 'spec', 'containers', 0, 'image'))).toEqual(
      Array(3).fill('kube-proxy:v1.35.0'),
    );
  });
});

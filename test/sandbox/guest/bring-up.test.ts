import { parse } from 'yaml';
import type { TypedResource } from '../../../api/ports';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { resources } from '../../../sandbox/guest/workload/resources';
import { GuestWorld, TOKEN } from './guest-world';

const systemPods = (node: string) =>
  ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((component) => `${component}-${node}`);

describe('a cluster of three control-plane machines and two workers', () => {
  let world: GuestWorld;
  beforeAll(async () => {
    world = await GuestWorld.create();
    await world.controlPlane(3);
    world.joinWorker(4);
    world.joinWorker(5);
    await world.clock.advance(600_000);
  });

  const get = async <T extends KubeObject>(resource: TypedResource<T>, name: string, namespace = 'kube-system') =>
    world.api.get(resource, { namespace, name });

  test('has one Ready node for each machine, and no faults', async () => {
    expect(world.faults).toEqual([]);
    expect(await world.readyNodes()).toEqual(['node-1', 'node-2', 'node-3', 'node-4', 'node-5']);
  });

  test('nodes carry what Cluster API looks for', async () => {
    const controlPlane = await get(resources.nodes, 'node-2', '');
    const worker = await get(resources.nodes, 'node-4', '');

    expect(controlPlane).toMatchObject({
      metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } },
      spec: {
        providerID: 'cloudstack:///00000000-0000-4000-8000-000000000002',
        taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
      },
      status: { nodeInfo: { kubeletVersion: 'v1.34.2' }, addresses: [{ type: 'InternalIP', address: '10.1.1.2' }, {}] },
    });
    expect(worker).toMatchObject({ spec: { taints: [{ key: 'node.cluster.x-k8s.io/uninitialized' }] } });
    expect(worker.metadata.labels).not.toHaveProperty(['node-role.kubernetes.io/control-plane']);
  });

  test('runs static pods on the control plane, kube-proxy everywhere and coredns twice', async () => {
    const { items } = await world.api.list(resources.pods, { namespace: 'kube-system' });
    const names = items.map((pod) => pod.metadata.name);

    expect(names).toEqual(expect.arrayContaining(['node-1', 'node-2', 'node-3'].flatMap(systemPods)));
    expect(items.filter((pod) => pod.metadata.labels?.['k8s-app'] === 'kube-proxy')).toHaveLength(5);
    expect(items.filter((pod) => pod.metadata.labels?.['k8s-app'] === 'kube-dns')).toHaveLength(2);
    expect(items.every((pod) => valueAt(pod, 'status', 'phase') === 'Running')).toBe(true);
    expect(await get(resources.pods, 'etcd-node-3')).toMatchObject({
      metadata: { labels: { component: 'etcd', tier: 'control-plane' } },
      spec: { nodeName: 'node-3' },
    });
  });

  test('keeps what kubeadm uploads', async () => {
    const config = parse(
      String(valueAt(await get(resources.configMaps, 'kubeadm-config'), 'data', 'ClusterConfiguration')),
    );
    const daemons = await get(resources.daemonSets, 'kube-proxy');

    expect(config).toMatchObject({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      clusterName: 'dev',
      kubernetesVersion: 'v1.34.2',
      controlPlaneEndpoint: '127.64.0.10:6443',
      networking: { podSubnet: '192.168.0.0/16' },
    });
    expect(daemons).toMatchObject({ status: { desiredNumberScheduled: 5, numberReady: 5, updatedNumberScheduled: 5 } });
    expect(await get(resources.deployments, 'coredns')).toMatchObject({ status: { readyReplicas: 2 } });
    expect(await get(resources.secrets, `bootstrap-token-${TOKEN.slice(0, 6)}`)).toMatchObject({
      type: 'bootstrap.kubernetes.io/token',
    });
    expect(await get(resources.configMaps, 'cluster-info', 'kube-public')).toBeDefined();
  });

  test('has one voting etcd member for each control-plane machine', async () => {
    const etcd = world.guests.access.etcd(world.kubeconfig());

    const members = await etcd.members('node-2');

    expect(members.map((member) => [member.name, member.isLearner])).toEqual([
      ['node-1', false],
      ['node-2', false],
      ['node-3', false],
    ]);
    expect(await etcd.status('node-2')).toMatchObject({
      memberId: members[1]?.id,
      leaderId: members[0]?.id,
      errors: [],
    });
    expect(await etcd.alarms('node-2')).toEqual([]);
    expect((await etcd.apiServerCertificateExpiry('node-1')).getTime()).toBeGreaterThan(world.clock.now());
  });

  test('says on the console what happened, and never a secret', () => {
    const text = [1, 2, 3, 4, 5].map((n) => world.console(n)).join('\n');

    expect(text).toContain('Your Kubernetes control-plane has initialized successfully!');
    expect(text).toContain('This node has joined the cluster');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain('PRIVATE KEY');
  });
});

test('kubeadm init waits for the load balancer, and finishes as soon as it routes', async () => {
  const world = await GuestWorld.create('instant');
  const id = world.init(1);
  world.setMembers();
  await world.clock.advance(10_000);

  const whileClosed = world.api.list(resources.nodes);
  await expect(whileClosed).rejects.toThrow('connection refused');
  world.setMembers(id);
  await world.clock.settle();

  expect(await world.readyNodes()).toEqual(['node-1']);
});

test('kubeadm init gives up after four minutes without a load balancer and says why', async () => {
  const world = await GuestWorld.create('instant');
  world.init(1);
  world.setMembers();

  await world.clock.advance(241_000);

  expect(world.console(1)).toContain('connect: connection refused');
  expect(world.console(1)).toContain('Failed to run module scripts_user');
});

test('at rest nothing is left to do', async () => {
  const world = await GuestWorld.create();
  await world.controlPlane(3);

  expect(world.clock.untilNext()).toBeUndefined();
});

test('the same seed gives the same cluster', async () => {
  const run = async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(1);
    world.joinWorker(4);
    await world.clock.advance(600_000);
    const { items } = await world.api.list(resources.pods);
    const consoles = [world.console(1), world.console(4)].flatMap((text) => text.split('\n'));
    return [...items.map((pod) => JSON.stringify(pod)), ...consoles];
  };

  expect(await run()).toEqual(await run());
});

import { CloudStackCluster, CloudStackFailureDomain, CloudStackMachine, Cluster, Machine } from '../../../api/kinds';
import { type Domain, World } from './world';

let world: World;
afterEach(() => world.stop());

const status = { subresource: 'status' } as const;

/** Stands in for Cluster API: a Machine takes its infrastructure along, and is ready when that is. */
async function actAsClusterApi(): Promise<void> {
  for (const machine of await world.list(Machine)) {
    const { name } = machine.metadata;
    const key = { namespace: 'default', name };
    const infrastructure = await world.get(CloudStackMachine, name);
    if (machine.metadata.deletionTimestamp === undefined) {
      const isReady = infrastructure?.status?.ready === true;
      const ready = {
        type: 'Ready',
        status: isReady ? 'True' : 'False',
        reason: 'Test',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      };
      await world.kube.patch(Machine, key, { type: 'merge', patch: { status: { conditions: [ready] } } }, status);
    } else if (infrastructure === undefined) {
      await world.kube.patch(Machine, key, { type: 'merge', patch: { metadata: { finalizers: [] } } });
    } else if (infrastructure.metadata.deletionTimestamp === undefined) await world.delete(CloudStackMachine, name);
  }
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await actAsClusterApi();
    await world.clock.advance(500);
  }
}

async function takeOut(gone: string): Promise<void> {
  const { spec } = (await world.get(CloudStackCluster, 'c1')) ?? {};
  const failureDomains = (spec?.failureDomains ?? []).filter(({ name }) => name !== gone);
  const key = { namespace: 'default', name: 'c1' };
  await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { spec: { failureDomains } } });
}

/** What Cluster API counts. */
async function want(controlPlane: number, workers: number): Promise<void> {
  const counted = { controlPlane: { desiredReplicas: controlPlane }, workers: { desiredReplicas: workers } };
  await world.kube.patch(
    Cluster,
    { namespace: 'default', name: 'c1' },
    { type: 'merge', patch: { status: counted } },
    status,
  );
}

async function startCluster(...failureDomains: (string | Domain)[]): Promise<void> {
  world = await World.start();
  await world.createCluster({ failureDomains });
  await world.untilReady(CloudStackCluster, 'c1');
}

async function create(name: string, failureDomainName: string, controlPlane = true): Promise<void> {
  await world.createMachine(name, { controlPlane, spec: { failureDomainName } });
  await world.untilReady(CloudStackMachine, name);
}

/** What a failure domain says of itself. */
async function said(name: string): Promise<string | undefined> {
  const domain = (await world.list(CloudStackFailureDomain)).find(({ spec }) => spec.name === name);
  return (await world.ready(CloudStackFailureDomain, domain?.metadata.name ?? ''))?.message;
}

test.each([
  ['control-plane machines', true, 'another control-plane machine'],
  ['workers', false, 'another worker'],
])('%s leave a failure domain one by one, the next after the last was replaced', async (_, controlPlane, awaited) => {
  await startCluster('fd-1', 'fd-2');
  await create('m-0', 'fd-1', controlPlane);
  await create('m-1', 'fd-1', controlPlane);
  await create('m-2', 'fd-2', controlPlane);
  await want(controlPlane ? 3 : 0, controlPlane ? 0 : 3);
  await pass(1000);

  await takeOut('fd-1');
  await pass(60_000);
  expect(world.instances()).toEqual(['m-1', 'm-2']);
  expect(await said('fd-1')).toContain(awaited);

  await create('m-3', 'fd-2', controlPlane);
  await pass(15_000);
  expect(world.instances()).toEqual(['m-2', 'm-3']);
  await create('m-4', 'fd-2', controlPlane);
  await pass(15_000);
  expect((await world.list(CloudStackFailureDomain)).map(({ spec }) => spec.name)).toEqual(['fd-2']);
});

test('the only machine of a control plane stays: the cluster would be lost with it', async () => {
  await startCluster('fd-1', 'fd-2');
  await create('cp-0', 'fd-1');
  await want(1, 0);
  await pass(1000);

  await takeOut('fd-1');
  await pass(60_000);
  expect(world.instances()).toEqual(['cp-0']);
  expect(await said('fd-1')).toBe(
    'Machine cp-0 is the only one of the control plane, and the cluster would be lost with it: scale the control plane up first',
  );

  await want(2, 0);
  await create('cp-1', 'fd-2');
  await pass(15_000);
  expect(world.instances()).toEqual(['cp-1']);
});

test('a control plane that can stand in no other failure domain stays', async () => {
  await startCluster('fd-1', { name: 'fd-2', network: { name: 'Net-2' } });
  for (const name of ['cp-0', 'cp-1', 'cp-2']) await create(name, 'fd-1');
  await want(3, 0);
  await pass(1000);

  await takeOut('fd-1');
  await pass(60_000);

  expect(world.instances()).toEqual(['cp-0', 'cp-1', 'cp-2']);
  expect(await said('fd-1')).toContain('no other failure domain is behind the endpoint, which network net-1 carries');
});

test('a CloudStackCluster that is deleted before its Cluster takes its machines along', async () => {
  await startCluster('fd-1');
  await create('cp-0', 'fd-1');
  await want(1, 0);
  await pass(1000);

  await world.delete(CloudStackCluster, 'c1');
  await pass(30_000);

  expect(world.leftovers()).toEqual([]);
});

test('a Machine that drains for long is deleted once, whatever wakes its failure domain', async () => {
  await startCluster('fd-1', 'fd-2');
  await create('m-0', 'fd-1', false);
  await create('m-1', 'fd-2', false);
  await want(0, 2);
  await pass(1000);

  await takeOut('fd-1');
  await world.clock.advance(10_000);
  const [domain] = (await world.list(CloudStackFailureDomain)).filter(({ spec }) => spec.name === 'fd-1');
  for (const value of ['1', '2', '3']) {
    const patch = { metadata: { annotations: { value } } };
    const key = { namespace: 'default', name: domain?.metadata.name ?? '' };
    await world.kube.patch(CloudStackFailureDomain, key, { type: 'merge', patch });
    await world.clock.advance(1000);
  }

  expect(world.requests.filter((request) => request === 'delete Machine')).toHaveLength(1);
  expect(await said('fd-1')).toBe('waiting until the machines are gone: m-0');
});

test('a failure domain goes when the last machine goes, also one that only its label places there', async () => {
  await startCluster('fd-1', 'fd-2');
  const domain = (await world.list(CloudStackFailureDomain)).find(({ spec }) => spec.name === 'fd-1');
  const labels = {
    'cluster.x-k8s.io/cluster-name': 'c1',
    'cloudstackfailuredomain.infrastructure.cluster.x-k8s.io/name': domain?.metadata.name ?? '',
  };
  await world.kube.create(CloudStackMachine, {
    apiVersion: CloudStackMachine.apiVersion,
    kind: 'CloudStackMachine',
    metadata: { name: 'm-0', namespace: 'default', labels },
    spec: { offering: { name: 'Medium Instance' }, template: { name: 'kube-v1.34.2' } },
  });
  await takeOut('fd-1');
  await pass(5000);
  expect(await said('fd-1')).toBe('machines without Machine must be deleted by hand: m-0');

  await world.delete(CloudStackMachine, 'm-0');
  await pass(5000);

  expect((await world.list(CloudStackFailureDomain)).map(({ spec }) => spec.name)).toEqual(['fd-2']);
});

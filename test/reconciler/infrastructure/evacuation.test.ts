import { CloudStackCluster, CloudStackFailureDomain, CloudStackMachine, Cluster, Machine } from '../../../api/kinds';
import { World } from './world';

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

test.each([
  ['control-plane machines', true, 'another control-plane machine'],
  ['workers', false, 'another worker'],
])(
  '%s leave a failure domain that is taken out, the next after the last was replaced',
  async (_, controlPlane, awaited) => {
    world = await World.start();
    await world.createCluster({ failureDomains: ['fd-1', 'fd-2'] });
    await world.untilReady(CloudStackCluster, 'c1');
    const create = async (name: string, failureDomainName: string) => {
      await world.createMachine(name, { controlPlane, spec: { failureDomainName } });
      await world.untilReady(CloudStackMachine, name);
    };
    await create('m-0', 'fd-1');
    await create('m-1', 'fd-1');
    await create('m-2', 'fd-2');
    await want(controlPlane ? 3 : 0, controlPlane ? 0 : 3);
    await pass(1000);

    await takeOut('fd-1');
    await pass(60_000);
    expect(world.instances()).toEqual(['m-1', 'm-2']);
    const leaving = (await world.list(CloudStackFailureDomain)).find(({ spec }) => spec.name === 'fd-1');
    expect((await world.ready(CloudStackFailureDomain, leaving?.metadata.name ?? ''))?.message).toContain(awaited);

    await create('m-3', 'fd-2');
    await pass(15_000);
    expect(world.instances()).toEqual(['m-2', 'm-3']);
    await create('m-4', 'fd-2');
    await pass(15_000);
    expect((await world.list(CloudStackFailureDomain)).map(({ spec }) => spec.name)).toEqual(['fd-2']);
  },
);

import {
  CloudStackAffinityGroup,
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
} from '../../../api/kinds';
import type { TypedResource } from '../../../api/ports';
import type { KubeObject } from '../../../machinery/kube-object';
import { World } from './world';

const LABEL = 'cluster.x-k8s.io/watch-filter';

async function label(world: World, resource: TypedResource, name: string) {
  const metadata = { labels: { [LABEL]: 'blue' } };
  await world.kube.patch(resource, { namespace: 'default', name }, { type: 'merge', patch: { metadata } });
}

test('with a filter only marked objects are looked after, and what is made for them bears the mark', async () => {
  const world = await World.start({}, { watchFilter: 'blue' });
  await world.createCluster();
  await world.clock.advance(60_000);
  expect((await world.get(CloudStackCluster, 'c1'))?.status).toBeUndefined();
  expect(await world.list(CloudStackFailureDomain)).toEqual([]);
  expect(world.calls).toEqual([]);

  await label(world, CloudStackCluster, 'c1');
  await world.untilReady(CloudStackCluster, 'c1');
  await world.createMachine('md-0', { spec: { affinity: 'anti' } });
  await label(world, CloudStackMachine, 'md-0');
  await world.untilReady(CloudStackMachine, 'md-0');

  for (const kind of [CloudStackFailureDomain, CloudStackIsolatedNetwork, CloudStackAffinityGroup]) {
    expect((await world.list<KubeObject>(kind)).map(({ metadata }) => metadata.labels?.[LABEL])).toEqual(['blue']);
  }
  await world.stop();
});

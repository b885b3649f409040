import { CloudStackFailureDomain, Namespace, Secret } from '../../api';
import { clusterObjects } from './definitions';
import { FaultyWorld } from './faulty-world';

const SPEC = { namespace: 'default', name: 'cloudstack-credentials' };

/** The cluster of a world, with namespace and credentials of its own, which are deleted with it. */
async function worldWithTeam(): Promise<FaultyWorld> {
  const world = await FaultyWorld.begin();
  const { data } = await world.api.get(Secret, SPEC);
  await world.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await world.api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...SPEC, namespace: 'team' },
    ...(data === undefined ? {} : { data }),
  });
  const text = JSON.stringify(clusterObjects('dev')).replaceAll('"namespace":"default"', '"namespace":"team"');
  await world.apply(JSON.parse(text));
  await world.untilReady();
  return world;
}

async function untilGone(world: FaultyWorld, limitMs: number): Promise<void> {
  const end = world.clock.now() + limitMs;
  const isThere = async () =>
    (await world.api.list(Namespace, {})).items.some(({ metadata }) => metadata.name === 'team');
  while (await isThere()) {
    if (world.clock.now() > end) {
      const views = await world.views();
      throw new Error(`the namespace is still there: ${views.flatMap((view) => view.reasons).join('\n')}`);
    }
    await world.clock.advance(500);
  }
}

test('a namespace that is deleted takes its cluster along, though the credentials go first', async () => {
  const world = await worldWithTeam();

  await world.api.delete(Namespace, { namespace: '', name: 'team' });
  await untilGone(world, 120_000);

  expect(world.left()).toEqual([]);
  await world.close();
}, 60_000);

test('a process that never read the credentials says the way out, and it works', async () => {
  const world = await worldWithTeam();
  await world.stopLoops();
  await world.api.delete(Namespace, { namespace: '', name: 'team' });
  await world.clock.advance(5000);
  await world.startLoops();

  const told = await world.told('CredentialsMissing');
  const [domain] = (await world.api.list(CloudStackFailureDomain, { namespace: 'team' })).items;
  const name = domain?.metadata.name ?? '';
  expect(told.message).toContain(`kubectl -n team patch cloudstackfailuredomain ${name} --type=merge -p '{"spec":`);
  const { namespace } = SPEC;
  const patch = JSON.parse(
    (/-p '(.*)'/.exec(told.message)?.[1] ?? '').replace('<namespace>', namespace).replace('<name>', SPEC.name),
  );
  await world.api.patch(CloudStackFailureDomain, { namespace: 'team', name }, { type: 'merge', patch });
  await untilGone(world, 120_000);

  expect(world.left()).toEqual([]);
  await world.close();
}, 60_000);

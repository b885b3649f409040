import { execFileSync } from 'node:child_process';
import { Fleet } from '../../../api';
import { conditionOf } from '../../../machinery/conditions';
import { cluster, type FleetWorld, inFreshWorld } from './fleet-world';

let world: FleetWorld;
inFreshWorld((made) => {
  world = made;
});

test('the end of the process in the middle of a look is no failure of the repository', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  let stopped: Promise<void> | undefined;
  world.duringLook = async () => {
    stopped ??= world.stop();
  };
  await world.clock.runUntil(() => stopped !== undefined);
  await stopped;

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
  expect(await world.warnings()).toEqual([]);
});

test('refuses a password in the URL, where everybody would see it', async () => {
  const fleet = (url: string) => ({
    apiVersion: 'capstan.dev/v1alpha1' as const,
    kind: 'Fleet' as const,
    metadata: { name: 'other', namespace: 'capstan-system' },
    spec: { source: { url } },
  });

  const refused = world.api.create(Fleet, fleet('https://bob:hunter2secret@git.example.org/fleet.git'));
  await expect(refused).rejects.toThrow('put it into the Secret of secretRef');
  await expect(refused).rejects.not.toThrow('hunter2secret');
  await world.api.create(Fleet, fleet('ssh://git@git.example.org:2222/fleet.git'));
});

test('a repository that does not answer is a condition, and work resumes when it does', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  const { repository } = world;
  execFileSync('mv', [repository, `${repository}.away`]);
  await world.sync();
  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'False', reason: 'FetchFailed' });

  execFileSync('mv', [`${repository}.away`, repository]);
  await world.clock.advance(3000);

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
});

test.each([
  ['that nobody serves', {}],
  ['whose Secret is missing', { secretRef: { name: 'none' } }],
])('a token in the URL of a repository %s is told nowhere', async (_, more) => {
  const url = 'http://robot@127.0.0.1:9/fleet.git?private_token=t0ken';
  await world.api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: 'capstan-system' },
    spec: { source: { url, ...more }, interval: '1s' },
  });
  const status = async () => JSON.stringify((await world.fleet()).status);
  while (!(await status())?.includes('127.0.0.1:9/fleet.git')) await world.clock.advance(100);

  expect(await status()).not.toMatch(/t0ken|robot/);
  expect((await world.warnings()).join()).toContain('127.0.0.1:9/fleet.git');
  expect((await world.warnings()).join()).not.toMatch(/t0ken|robot/);
});

test('a path that is corrected is read at once, though no commit came', async () => {
  await world.push({ 'clusters/cluster.yaml': cluster() });
  await world.sync();
  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ reason: 'RevisionRefused' });

  await world.lead({ path: 'clusters' });

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
  expect(await world.names()).toEqual(['Cluster dev']);
});

test('an interval of nothing does not ask the repository without pause', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: 'capstan-system' },
    spec: { source: { url: world.repository }, interval: '0s' },
  });
  const before = world.looks;

  await world.clock.advance(5000);

  expect(await world.names()).toEqual(['Cluster dev']);
  expect(world.looks - before).toBeLessThan(10);
}, 20_000);

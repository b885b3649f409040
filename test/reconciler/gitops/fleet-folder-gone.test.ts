import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../../../api';
import { conditionOf } from '../../../machinery/conditions';
import { CONFIRM_DELETE } from '../../../reconciler/gitops/prune/plan-prune';
import { cluster, type FleetWorld, gitIn, inFreshWorld, template } from './fleet-world';

let world: FleetWorld;
inFreshWorld((made) => {
  world = made;
});

const ready = async () => conditionOf(await world.fleet(), 'Ready');
const kept = ['CloudStackMachineTemplate one'];

test('a mistyped path takes nothing out of git, however often it is read, and says what to do', async () => {
  const good = await world.push({ 'manifests/one.yaml': template('one') });
  await world.sync();

  await world.lead({ path: 'manifets' });
  expect(await ready()).toMatchObject({ status: 'False', reason: 'RevisionRefused' });
  expect((await ready())?.message).toContain(`there is no folder manifets in it, nor in revision ${good.slice(0, 12)}`);
  await world.push({ 'manifests/one.yaml': template('one'), 'README.md': '' });
  await world.restartElsewhere();
  expect(await ready()).toMatchObject({ reason: 'RevisionRefused' });
  expect(await world.names()).toEqual(kept);

  await world.lead({ path: 'manifests' });
  expect(await ready()).toMatchObject({ status: 'True' });
  expect(await world.names()).toEqual(kept);
});

test('a repository without the folder and the history takes nothing out of git', async () => {
  await world.push({ 'manifests/one.yaml': template('one') });
  await world.sync();
  const other = join(world.folder, 'other');
  mkdirSync(other);
  gitIn(other, 'init', '--quiet', '--initial-branch=main');
  gitIn(other, 'commit', '--quiet', '--allow-empty', '-m', 'begin');

  await world.lead({ url: other });

  expect(await ready()).toMatchObject({ reason: 'RevisionRefused' });
  expect((await ready())?.message).toContain(
    'it is another repository, or its history was rewritten; correct spec.source.url',
  );
  expect(await world.names()).toEqual(kept);
});

test('a history whose last applied revision is gone takes nothing out of git, until the folder is there without objects', async () => {
  const good = await world.push({ 'manifests/one.yaml': template('one') });
  await world.sync();
  await world.stop();
  world.git('checkout', '--quiet', '--orphan', 'new');
  world.git('rm', '-r', '--quiet', '--force', '.');
  world.git('commit', '--quiet', '--allow-empty', '-m', 'begin again');
  world.git('branch', '--quiet', '--force', '--move', 'new', 'main');
  world.git('reflog', 'expire', '--expire=now', '--all');
  world.git('gc', '--quiet', '--prune=now');

  await world.restartElsewhere();
  expect(await ready()).toMatchObject({ reason: 'RevisionRefused' });
  expect((await ready())?.message).toContain(`the repository does not give revision ${good.slice(0, 12)}`);
  expect(await world.names()).toEqual(kept);

  await world.push({ 'manifests/.gitkeep': '' });
  expect(await ready()).toMatchObject({ status: 'True' });
  expect(await world.names()).toEqual([]);
});

test('a folder that was removed takes all objects out of git, wherever and however often that is read', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster(), 'manifests/one.yaml': template('one') });
  await world.sync();
  await world.stop();
  await world.push({});
  await world.restartElsewhere();
  expect((await world.fleet()).status).toMatchObject({ objects: 0, pendingDeletions: [{ name: 'dev' }] });

  await world.push({ 'README.md': '' });
  await world.restartElsewhere();
  expect(await ready()).toMatchObject({ status: 'True' });
  const uid = (await world.cluster())?.metadata.uid;
  const patch = { metadata: { annotations: { [CONFIRM_DELETE]: uid } } };
  await world.api.patch(Cluster, { namespace: 'default', name: 'dev' }, { type: 'merge', patch });
  await world.clock.advance(3000);

  expect(await world.names()).toEqual([]);
});

import { CloudStackCluster, CloudStackMachine, Cluster, Secret } from '../../../api/kinds';
import { valueAt } from '../../../machinery/json';
import { World } from './world';

let world: World;
afterEach(() => world.stop());

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The user has new keys made, which ends the old ones, and writes them into the Secret. */
async function rotateKeys(): Promise<void> {
  const transport = world.cloud.access.connect(world.cloud.credentials);
  const id = String(valueAt(await transport.call('listUsers', {}), 'user', 0, 'id'));
  const made = await transport.call('registerUserKeys', { id });
  const data = {
    'api-key': base64(String(valueAt(made, 'userkeys', 'apikey'))),
    'secret-key': base64(String(valueAt(made, 'userkeys', 'secretkey'))),
  };
  const key = { namespace: 'default', name: 'credentials' };
  await world.kube.patch(Secret, key, { type: 'merge', patch: { data } });
}

test('keys that are replaced while a network waits for a job do not stop it', async () => {
  world = await World.start();
  world.cloud.faults.delayJob({ command: 'associateIpAddress', ms: 20_000 });
  await world.createCluster();
  await world.until('the address is asked for', async () => world.count('associateIpAddress') > 0);
  await world.clock.advance(1000);

  await rotateKeys();

  await world.untilReady(CloudStackCluster, 'c1', 60_000);
  await world.clock.advance(60_000);
  world.calls.length = 0;
  await world.clock.advance(60_000);
  // Nobody asks with the keys from before.
  expect(world.calls).toEqual([]);
});

test('keys that are replaced while a network is being deleted do not stop it', async () => {
  world = await World.start();
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
  world.cloud.faults.delayJob({ command: 'deleteNetwork', ms: 20_000 });
  await world.delete(CloudStackCluster, 'c1');
  await world.delete(Cluster, 'c1').catch(() => undefined);
  await world.until('it is being deleted', async () => world.count('deleteNetwork') > 0);
  await world.clock.advance(1000);

  await rotateKeys();

  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0, 60_000);
  expect(world.leftovers()).toEqual([]);
});

test('keys that are replaced while an affinity group is being made do not stop it', async () => {
  world = await World.start();
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
  world.cloud.faults.delayJob({ command: 'createAffinityGroup', ms: 20_000 });
  await world.createMachine('md-0', { spec: { affinity: 'anti' } });
  await world.until('the group is asked for', async () => world.count('createAffinityGroup') > 0);
  await world.clock.advance(1000);

  await rotateKeys();

  await world.untilReady(CloudStackMachine, 'md-0', 60_000);
});

test('keys that are replaced while the record of a cluster is being deleted do not stop it', async () => {
  world = await World.start({}, { kubernetesSync: true });
  await world.createCluster({ sync: true });
  await world.until('a record is made', async () => world.cloud.inventory().KubernetesCluster.length === 1);
  await world.clock.advance(10_000);
  world.cloud.faults.delayJob({ command: 'deleteKubernetesCluster', ms: 20_000 });
  await world.delete(CloudStackCluster, 'c1');
  await world.until('it is being deleted', async () => world.count('deleteKubernetesCluster') > 0);
  await world.clock.advance(1000);

  await rotateKeys();

  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0, 60_000);
  expect(world.leftovers()).toEqual([]);
});

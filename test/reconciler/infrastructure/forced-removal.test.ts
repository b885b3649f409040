import { CloudStackCluster, CloudStackFailureDomain, CloudStackIsolatedNetwork } from '../../../api/kinds';
import type { TypedResource } from '../../../api/ports';
import { World } from './world';

let world: World;
afterEach(() => world.stop());

/** What impatient people do with an object that does not go. */
async function takeFinalizers(resource: TypedResource, name: string): Promise<void> {
  const patch = { metadata: { finalizers: [] } };
  await world.kube.patch(resource, { namespace: 'default', name }, { type: 'merge', patch });
  await world.clock.advance(1000);
}

test('failures of a network are forgotten with it, also when its finalizers are taken away', async () => {
  world = await World.start();
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
  world.cloud.faults.failCommand({ command: 'deleteNetwork', times: 1000, errorCode: 530, errorText: 'in use' });
  const [network] = await world.list(CloudStackIsolatedNetwork);
  const { name, uid } = network?.metadata ?? { name: '' };
  await world.delete(CloudStackIsolatedNetwork, name);
  await world.until('it fails', async () => world.setbacks.has(uid ?? ''));

  await takeFinalizers(CloudStackIsolatedNetwork, name);

  expect(world.setbacks.has(uid ?? '')).toBe(false);
});

test('failures to deploy in a failure domain are forgotten with it', async () => {
  world = await World.start();
  await world.createCluster();
  const refusal = { errorCode: 533, errorText: 'no capacity' };
  world.cloud.faults.failCommand({ command: 'deployVirtualMachine', times: 1000, ...refusal });
  await world.createMachine('m-0');
  await world.until('it fails', async () => world.count('deployVirtualMachine') > 0);
  const [domain] = await world.list(CloudStackFailureDomain);
  const { name, uid } = domain?.metadata ?? { name: '' };
  expect(world.setbacks.has(`deploy in ${uid}`)).toBe(true);
  await world.delete(CloudStackFailureDomain, name);

  await takeFinalizers(CloudStackFailureDomain, name);

  expect(world.setbacks.has(`deploy in ${uid}`)).toBe(false);
});

import { valueAt } from '../../../machinery/json';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { createCloudStackApi } from '../../../reconciler/cloudstack';
import { createCloudStack } from '../../../sandbox/cloudstack';
import { latencyProfiles } from '../../../sandbox/latency';

test('the keys of another account are replaced: what acts for the account goes on with those in force', async () => {
  const clock = new VirtualClock();
  const guests = {
    powerOn: () => undefined,
    powerOff: () => undefined,
    destroy: () => undefined,
    setRoutes: () => undefined,
    console: () => [],
  };
  const cloudStack = createCloudStack({
    clock,
    random: new SeededRandom(7),
    latency: latencyProfiles.lab,
    guests,
    publicRange: '10.99.0.0/24',
  });
  const api = createCloudStackApi({ access: cloudStack.access, clock });
  const identity = { credentials: cloudStack.adminCredentials, account: 'capstan', domain: 'ROOT' };
  const namesOfNetworks = async () => {
    const cloud = await api.open(identity);
    const { id } = await cloud.zone({ name: 'zone-1' });
    return (await cloud.networks.find(id, 'net-1')).map(({ name }) => name);
  };
  expect(await namesOfNetworks()).toEqual([]);

  const user = cloudStack.access.connect(cloudStack.credentials);
  const id = String(valueAt(await user.call('listUsers', {}), 'user', 0, 'id'));
  await user.call('registerUserKeys', { id });

  expect(await Promise.all([namesOfNetworks(), namesOfNetworks()])).toEqual([[], []]);
  api.stop();
});

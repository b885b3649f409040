import { SeededRandom } from '../../../machinery/random';
import { call, deployParameters, finish, list, MemoryJournal, makeLab, one, startWorld } from './world';

test('after a kill everything is there again: ids, keys, addresses, rules, machines that run', async () => {
  const journal = new MemoryJournal();
  const before = startWorld({ journal });
  const lab = await makeLab(before);
  const rule = await finish(before, 'createLoadBalancerRule', {
    publicipid: lab.addressId,
    name: 'api',
    algorithm: 'roundrobin',
    publicport: 6443,
    privateport: 6443,
  });
  const machine = await finish(before, 'deployVirtualMachine', deployParameters(lab, 'cp-0'));
  await finish(before, 'assignToLoadBalancerRule', { id: rule.id, virtualmachineids: machine.id });
  await finish(before, 'createTags', {
    resourceids: machine.id,
    resourcetype: 'UserVm',
    'tags[0].key': 'k',
    'tags[0].value': 'v',
  });
  const pending = await call(before.user, 'deployVirtualMachine', deployParameters(lab, 'cp-1'));

  const after = startWorld({ journal, clock: before.clock, random: new SeededRandom(2) });

  expect(after.cloud.credentials).toEqual(before.cloud.credentials);
  expect(after.cloud.examples).toEqual(before.cloud.examples);
  expect(after.guests.on.get(machine.id)).toMatchObject({ firstBoot: false, machine: { name: 'cp-0' } });
  expect(after.guests.routes).toEqual(before.guests.routes);
  expect(after.guests.routes).toHaveLength(1);
  expect(await one(after.user, 'listVirtualMachines', { id: machine.id })).toMatchObject({
    state: 'Running',
    tags: [{ key: 'k', value: 'v' }],
  });
  const lost = await call(after.user, 'queryAsyncJobResult', { jobid: String(pending['jobid']) });
  expect(lost).toMatchObject({ jobstatus: 2, jobresultcode: 530 });
  expect(lost).not.toHaveProperty('jobresult');
  expect(await one(after.user, 'listVirtualMachines', { id: String(pending['id']) })).toMatchObject({
    state: 'Stopped',
  });
  await finish(after, 'startVirtualMachine', { id: String(pending['id']) });
  expect(after.guests.on.get(String(pending['id']))?.firstBoot).toBe(true);
});

test('a restarted server loses its jobs and leaves nothing in between', async () => {
  const world = startWorld();
  const lab = await makeLab(world);
  const pending = await call(world.user, 'deployVirtualMachine', deployParameters(lab, 'cp-0'));

  world.cloud.incidents.restartServer();
  await world.clock.advance(60_000);

  expect(await call(world.user, 'queryAsyncJobResult', { jobid: String(pending['jobid']) })).not.toHaveProperty(
    'jobresult',
  );
  expect(await list(world.user, 'listVirtualMachines')).toMatchObject([{ state: 'Stopped' }]);
  expect(world.guests.on.size).toBe(0);
});

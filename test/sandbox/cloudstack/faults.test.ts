import { call, deployParameters, finish, list, makeLab, one, startWorld } from './world';

test('a lost answer leaves what the command made; a call lost on its way leaves nothing', async () => {
  const world = startWorld();
  const lab = await makeLab(world);
  world.cloud.faults.loseAnswer({ command: 'deployVirtualMachine', effect: true });
  world.cloud.faults.loseAnswer({ command: 'deployVirtualMachine', effect: false });

  await expect(call(world.user, 'deployVirtualMachine', deployParameters(lab, 'a'))).rejects.toMatchObject({
    code: 'CLOUDSTACK_UNREACHABLE',
  });
  await expect(call(world.user, 'deployVirtualMachine', deployParameters(lab, 'b'))).rejects.toMatchObject({
    code: 'CLOUDSTACK_UNREACHABLE',
  });

  expect((await list(world.user, 'listVirtualMachines')).map((row) => row['name'])).toEqual(['a']);
});

test('an arranged job failure leaves the machine as Error', async () => {
  const world = startWorld();
  const lab = await makeLab(world);
  world.cloud.faults.failJob({ command: 'deployVirtualMachine', errorCode: 530, errorText: 'image copy failed' });

  const job = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));

  expect(job).toMatchObject({ jobstatus: 2, jobresult: { errorcode: 530, errortext: 'image copy failed' } });
  expect(await one(world.user, 'listVirtualMachines')).toMatchObject({ state: 'Error' });
  expect(world.guests.on.size).toBe(0);
});

test('an outage ends by itself, jobs go on meanwhile', async () => {
  const world = startWorld();
  const lab = await makeLab(world);
  await call(world.user, 'deployVirtualMachine', deployParameters(lab, 'a'));
  world.cloud.faults.outage(60_000);

  await expect(call(world.user, 'listZones')).rejects.toMatchObject({ code: 'CLOUDSTACK_UNREACHABLE' });
  await world.clock.advance(60_000);

  expect(await one(world.user, 'listVirtualMachines')).toMatchObject({ state: 'Running' });
});

test('the rate limit counts by account and window and tells when to come back', async () => {
  const world = startWorld({ throttle: { max: 2, intervalMs: 1000 } });
  await call(world.user, 'listZones');
  await call(world.user, 'listZones');

  await expect(call(world.user, 'listZones')).rejects.toMatchObject({
    httpStatus: 429,
    errorText: 'The given user has reached his/her account api limit, please retry after [1000] ms.',
  });
  for (let round = 0; round < 5; round++) await call(world.admin, 'listZones');
  await world.clock.advance(1000);
  await call(world.user, 'listZones');
  expect(world.cloud.calls()).toEqual({ total: 9, calls: { listZones: 9 } });
});

test('machines of a dead host are found stopped, those of a maintained host move', async () => {
  const world = startWorld({ seed: { hosts: { count: 2, cpuNumber: 8, memoryMiB: 32_768 } } });
  const lab = await makeLab(world);
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));
  const hostOf = async () => (await one(world.admin, 'listVirtualMachines', { id: machine.id }))['hostname'];
  const first = String(await hostOf());
  world.cloud.incidents.maintainHost(first);
  const second = String(await hostOf());
  expect(second).not.toBe(first);

  world.cloud.incidents.killHost(second);

  expect(world.guests.on.size).toBe(0);
  expect(await one(world.user, 'listVirtualMachines')).toMatchObject({ state: 'Running' });
  await world.clock.advance(60_000);
  expect(await one(world.user, 'listVirtualMachines')).toMatchObject({ state: 'Stopped' });
});

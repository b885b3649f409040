import type { CloudStackRefused } from '../../../api/ports';
import {
  call,
  deployParameters,
  finish,
  idOf,
  list,
  makeLab,
  one,
  type Parameters,
  startWorld,
  type World,
} from './world';

async function refusal(world: World, command: string, parameters: Parameters): Promise<CloudStackRefused> {
  try {
    await call(world.user, command, parameters);
  } catch (error) {
    return error as CloudStackRefused;
  }
  throw new Error(`${command} was accepted`);
}

test('limits are enforced with the real code and text, and given back', async () => {
  const world = startWorld({ seed: { limits: { user_vm: 1 } } });
  const lab = await makeLab(world);
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));

  const error = await refusal(world, 'deployVirtualMachine', deployParameters(lab, 'b'));

  expect(error).toMatchObject({ httpStatus: 535, csErrorCode: 4370 });
  expect(error.errorText).toContain(
    "Maximum amount of resources of Type = 'user_vm' for Account Name = capstan in Domain Id = 1 is exceeded: Account Resource Limit = 1, Current Account Resource Amount = 1",
  );
  await finish(world, 'destroyVirtualMachine', { id: machine.id });
  expect(await finish(world, 'deployVirtualMachine', deployParameters(lab, 'b'))).toMatchObject({ jobstatus: 1 });
});

test('without room on any host the job fails and the machine stays as Error until it is destroyed', async () => {
  const world = startWorld({ seed: { hosts: { count: 1, cpuNumber: 1, memoryMiB: 2048 } } });
  const lab = await makeLab(world);

  const job = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));

  expect(job).toMatchObject({ jobstatus: 2, jobresultcode: 530, jobresult: { errorcode: 533 } });
  expect(await list(world.user, 'listVirtualMachines')).toMatchObject([{ id: job.id, state: 'Error' }]);
  expect(await one(world.user, 'listAccounts')).toMatchObject({ vmtotal: 0, volumetotal: 0 });
  await finish(world, 'destroyVirtualMachine', { id: job.id, expunge: true });
  expect(await list(world.user, 'listVirtualMachines')).toEqual([]);
});

test.each([
  ['more CPUs than any host has', 128, 2000],
  ['faster CPUs than any host has', 1, 3000],
])('a machine with %s is placed nowhere, however much CPU is overcommitted', async (_, cpuNumber, cpuSpeed) => {
  const world = startWorld();
  const lab = await makeLab(world);
  const serviceofferingid = await idOf(world.user, 'listServiceOfferings', { name: 'Custom Instance' });
  const deploy = (name: string, cpus: number, speed: number) =>
    finish(world, 'deployVirtualMachine', {
      ...deployParameters(lab, name),
      serviceofferingid,
      'details[0].cpuNumber': cpus,
      'details[0].cpuSpeed': speed,
      'details[0].memory': 2048,
    });

  const job = await deploy('a', cpuNumber, cpuSpeed);

  expect(job).toMatchObject({ jobstatus: 2, jobresultcode: 530, jobresult: { errorcode: 533 } });
  expect(await deploy('b', 64, 2600)).toMatchObject({ jobstatus: 1 });
});

test('strict anti-affinity is kept, and says so when it cannot be', async () => {
  const world = startWorld({ seed: { hosts: { count: 1, cpuNumber: 64, memoryMiB: 65_536 } } });
  const lab = await makeLab(world);
  const group = await finish(world, 'createAffinityGroup', { name: 'spread', type: 'host anti-affinity' });
  await finish(world, 'deployVirtualMachine', { ...deployParameters(lab, 'a'), affinitygroupids: group.id });

  const second = await finish(world, 'deployVirtualMachine', {
    ...deployParameters(lab, 'b'),
    affinitygroupids: group.id,
  });

  expect(JSON.stringify(second['jobresult'])).toContain('Please check the affinity groups provided');
});

test('an id that never was is refused, one that was is an empty list', async () => {
  const world = startWorld();
  const lab = await makeLab(world);
  const never = '11111111-2222-4333-8444-555555555555';
  await finish(world, 'deleteNetwork', { id: lab.networkId });

  const error = await refusal(world, 'listNetworks', { id: never });

  expect(error).toMatchObject({ httpStatus: 431, csErrorCode: 9999 });
  expect(error.errorText).toContain(
    `Invalid parameter id value=${never} due to incorrect long value format, or entity does not exist`,
  );
  expect(await call(world.user, 'listNetworks', { id: lab.networkId })).toEqual({});
  expect((await refusal(world, 'deployVirtualMachine', {})).errorText).toContain('missing parameter');
});

test('a name is taken until the machine is expunged', async () => {
  const world = startWorld({ seed: { mayExpunge: false } });
  const lab = await makeLab(world);
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));
  expect(await finish(world, 'destroyVirtualMachine', { id: machine.id, expunge: true })).toMatchObject({
    jobstatus: 2,
    jobresult: { errorcode: 530, errortext: expect.stringContaining('allow.user.expunge.recover.vm') },
  });
  await finish(world, 'destroyVirtualMachine', { id: machine.id });

  const error = await refusal(world, 'deployVirtualMachine', deployParameters(lab, 'a'));

  expect(error.errorText).toMatch(/^The vm with hostName a already exists in the network domain: /);
  expect(await list(world.user, 'listVirtualMachines')).toEqual([]);
  expect(await list(world.admin, 'listVirtualMachines', { listall: true })).toMatchObject([{ state: 'Destroyed' }]);
  await world.clock.advance(61_000);
  expect(await list(world.admin, 'listVirtualMachines', { listall: true })).toEqual([]);
  await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));
});

test('rules that overlap conflict, tags that exist fail the job', async () => {
  const world = startWorld();
  const lab = await makeLab(world);
  const rule = { publicipid: lab.addressId, name: 'api', algorithm: 'roundrobin', publicport: 6443, privateport: 6443 };
  await finish(world, 'createLoadBalancerRule', rule);
  await finish(world, 'createEgressFirewallRule', { networkid: lab.networkId, protocol: 'tcp' });

  expect(await refusal(world, 'createLoadBalancerRule', rule)).toMatchObject({
    httpStatus: 537,
    errorText: expect.stringMatching(/^The range specified, 6443-6443, conflicts with rule \d+ which has 6443-6443$/),
  });
  expect(
    (await refusal(world, 'createEgressFirewallRule', { networkid: lab.networkId, protocol: 'tcp' })).errorText,
  ).toMatch(/^New rule conflicts with existing rule/);
  const tag = { resourceids: lab.networkId, resourcetype: 'network', 'tags[0].key': 'k', 'tags[0].value': 'v' };
  await finish(world, 'createTags', tag);
  expect(await finish(world, 'createTags', tag)).toMatchObject({ jobstatus: 2, jobresult: { errorcode: 530 } });
  expect((await refusal(world, 'disassociateIpAddress', { id: lab.addressId })).errorText).toContain('source nat');
});

test('pages follow the rules of the server', async () => {
  const world = startWorld();

  expect((await list(world.user, 'listServiceOfferings', { page: 2, pagesize: 2 })).length).toBe(2);
  expect(await call(world.user, 'listServiceOfferings', { page: 9, pagesize: 2 })).toEqual({ count: 5 });
  expect((await refusal(world, 'listZones', { page: 1 })).errorText).toBe(
    '"pagesize" parameter is required when "page" is specified',
  );
  expect((await refusal(world, 'listZones', { page: 1, pagesize: 501 })).errorText).toContain(
    "can't exceed max allowed page size value: 500",
  );
});

test('users see their own objects only and are refused what their role does not have', async () => {
  const world = startWorld();
  const lab = await makeLab(world);

  expect(await refusal(world, 'listHosts', {})).toMatchObject({ httpStatus: 432 });
  expect(await list(world.admin, 'listNetworks')).toEqual([]);
  expect(await idOf(world.admin, 'listNetworks', { id: lab.networkId })).toBe(lab.networkId);
  const stranger = world.cloud.access.connect({ ...world.cloud.credentials, secretKey: 'wrong' });
  await expect(stranger.call('listZones', {})).rejects.toMatchObject({ httpStatus: 401, csErrorCode: undefined });
});

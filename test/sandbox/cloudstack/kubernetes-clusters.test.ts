import type { CloudStackRefused } from '../../../api/ports';
import { call, deployParameters, finish, type Lab, list, makeLab, one, startWorld, type World } from './world';

let world: World;
let lab: Lab;
beforeEach(async () => {
  world = startWorld();
  lab = await makeLab(world);
});

async function record(name = 'c'): Promise<string> {
  const parameters = { name, zoneid: lab.zoneId, networkid: lab.networkId, clustertype: 'ExternalManaged' };
  return (await finish(world, 'createKubernetesCluster', parameters)).id;
}

async function refusal(command: string, parameters: { [name: string]: string }): Promise<CloudStackRefused> {
  try {
    await call(world.user, command, parameters);
  } catch (error) {
    return error as CloudStackRefused;
  }
  throw new Error(`${command} was accepted`);
}

test('names of records are not unique: asking twice makes two', async () => {
  await record();
  await record();

  expect(await list(world.user, 'listKubernetesClusters', { name: 'c' })).toHaveLength(2);
});

test('types are case-sensitive, and the endpoint must be an address', async () => {
  const parameters = { name: 'c', zoneid: lab.zoneId };

  expect(await refusal('createKubernetesCluster', { ...parameters, clustertype: 'externalmanaged' })).toMatchObject({
    errorCode: 431,
    errorText: expect.stringContaining('Unable to resolve cluster type externalmanaged'),
  });
  const named = { ...parameters, clustertype: 'ExternalManaged', externalloadbalanceripaddress: 'api.example.com' };
  expect(await refusal('createKubernetesCluster', named)).toMatchObject({
    errorCode: 530,
    errorText: 'Invalid external load balancer IP address',
  });
});

test('members are added once, and told apart when removed', async () => {
  const id = await record();
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));
  const other = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'b'));
  const both = { id, virtualmachineids: `${machine.id},${other.id}` };

  for (let round = 0; round < 2; round++) {
    const added = { id, virtualmachineids: machine.id, iscontrolnode: true };
    expect(await call(world.user, 'addVirtualMachinesToKubernetesCluster', added)).toEqual({ success: true });
  }
  expect(await one(world.user, 'listKubernetesClusters', { id })).toMatchObject({ controlnodes: 1, size: 0 });

  expect(await list(world.user, 'removeVirtualMachinesFromKubernetesCluster', both)).toEqual([
    { id: machine.id, success: true },
    { id: other.id, success: false, displaytext: 'VM is not part of the cluster' },
  ]);
});

test('an expunged member is counted but not shown, and cannot be removed any more', async () => {
  const id = await record();
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));
  await call(world.user, 'addVirtualMachinesToKubernetesCluster', { id, virtualmachineids: machine.id });
  await finish(world, 'destroyVirtualMachine', { id: machine.id, expunge: true });

  expect(await one(world.user, 'listKubernetesClusters', { id })).toMatchObject({ size: 1, virtualmachines: [] });
  const member = { id, virtualmachineids: machine.id };
  expect(await refusal('removeVirtualMachinesFromKubernetesCluster', member)).toMatchObject({ errorCode: 530 });
  expect(await finish(world, 'deleteKubernetesCluster', { id })).toMatchObject({ jobstatus: 1 });
});

test('a record that is gone refuses with 530, its deletion in the job', async () => {
  const id = await record();
  await finish(world, 'deleteKubernetesCluster', { id });
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));

  const added = { id, virtualmachineids: machine.id };
  expect(await refusal('addVirtualMachinesToKubernetesCluster', added)).toMatchObject({
    errorCode: 530,
    errorText: 'Invalid Kubernetes cluster ID specified',
  });
  expect(await finish(world, 'deleteKubernetesCluster', { id })).toMatchObject({
    jobstatus: 2,
    jobresult: { errorcode: 530, errortext: 'Invalid cluster id specified' },
  });
});

test('the machines of a record stay when it is deleted', async () => {
  const id = await record();
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'a'));
  await call(world.user, 'addVirtualMachinesToKubernetesCluster', { id, virtualmachineids: machine.id });

  await finish(world, 'deleteKubernetesCluster', { id });

  expect(await list(world.user, 'listVirtualMachines')).toMatchObject([{ state: 'Running' }]);
});

test('a server with the service switched off does not have the commands', async () => {
  world = startWorld({ settings: { kubernetesService: false } });

  // Unknown commands look like wrong credentials (`cloudstack.md` 1.5).
  expect(await refusal('listKubernetesClusters', {})).toMatchObject({ errorCode: 401 });
});

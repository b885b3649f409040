import type { JsonObject } from '../../../machinery/json';
import { call, deployParameters, finish, list, makeLab, one, startWorld } from './world';

test('a cluster is built and torn down, and nothing is left', async () => {
  const world = startWorld();
  const lab = await makeLab(world);

  const rule = await finish(world, 'createLoadBalancerRule', {
    publicipid: lab.addressId,
    networkid: lab.networkId,
    name: 'Kubernetes_API_Server',
    algorithm: 'roundrobin',
    protocol: 'tcp',
    publicport: 6443,
    privateport: 6443,
  });
  const machine = await finish(world, 'deployVirtualMachine', deployParameters(lab, 'cp-0'));
  expect(machine).toMatchObject({ jobstatus: 1, jobresult: { virtualmachine: { state: 'Running', jobstatus: 0 } } });
  expect(world.guests.routes).toEqual([]);
  await finish(world, 'assignToLoadBalancerRule', { id: rule.id, virtualmachineids: machine.id });

  const address = String((await one(world.user, 'listPublicIpAddresses', { id: lab.addressId }))['ipaddress']);
  expect(world.guests.routes).toEqual([
    { publicIp: address, publicPort: 6443, targets: [{ machineId: machine.id, port: 6443 }] },
  ]);
  expect(world.guests.on.get(machine.id)).toMatchObject({
    firstBoot: true,
    machine: { name: 'cp-0', templateName: 'kube-v1.34.2', cpuNumber: 2, memoryMiB: 4096 },
  });

  await finish(world, 'stopVirtualMachine', { id: machine.id });
  expect(world.guests.routes).toEqual([]);
  expect(world.guests.on.size).toBe(0);
  await finish(world, 'startVirtualMachine', { id: machine.id });
  expect(world.guests.on.get(machine.id)?.firstBoot).toBe(false);
  expect(world.guests.routes).toHaveLength(1);

  expect(await finish(world, 'deleteNetwork', { id: lab.networkId })).toMatchObject({
    jobstatus: 2,
    jobresult: { errorcode: 530, errortext: 'Failed to delete network' },
  });
  await finish(world, 'destroyVirtualMachine', { id: machine.id, expunge: true });
  expect(await list(world.user, 'listVirtualMachines')).toEqual([]);
  await finish(world, 'deleteNetwork', { id: lab.networkId });

  expect(await call(world.user, 'listNetworks', { id: lab.networkId })).toEqual({});
  expect(await list(world.user, 'listPublicIpAddresses')).toEqual([]);
  expect(await list(world.user, 'listLoadBalancerRules')).toEqual([]);
  expect(world.guests.destroyed).toEqual([machine.id]);
  const account = (await one(world.user, 'listAccounts')) as JsonObject;
  expect(account).toMatchObject({ vmtotal: 0, iptotal: 0, networktotal: 0, volumetotal: 0, memorytotal: 0 });
});

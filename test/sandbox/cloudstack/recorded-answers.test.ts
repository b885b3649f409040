import { readFileSync } from 'node:fs';
import type { CloudStackCredentials } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';
import { latencyProfiles } from '../../../sandbox/latency';
import { differences, type Observed, recordedFacts, recordedRequests } from './conformance';
import { content, send, sendJob } from './http-world';
import { type Parameters, startWorld, type World } from './world';

const facts = recordedFacts();
const whenRecorded = facts === undefined ? describe.skip : describe;

/** Walks through every family of commands, keeping all answers. */
async function walk(world: World, credentials: CloudStackCredentials, asAdmin: boolean): Promise<Observed[]> {
  const observed: Observed[] = [];
  const ask = async (command: string, parameters: Parameters = {}): Promise<JsonObject> => {
    const answer = await send(credentials, command, parameters);
    if (answer.status !== 200) throw new Error(`${command}: ${JSON.stringify(answer.body)}`);
    observed.push({ command, body: answer.body, isJob: false, asAdmin });
    return content(answer);
  };
  const work = async (command: string, parameters: Parameters): Promise<string> => {
    const { accepted, job, id } = await sendJob(world, credentials, command, parameters);
    if (content(job)['jobstatus'] !== 1)
      throw new Error(`${command}: ${JSON.stringify(accepted.body)} ${JSON.stringify(job.body)}`);
    observed.push(
      { command, body: accepted.body, isJob: false, asAdmin },
      { command, body: job.body, isJob: true, asAdmin },
    );
    return id;
  };
  const idIn = async (command: string, item: string, parameters: Parameters = {}): Promise<string> => {
    const rows = (await ask(command, parameters))[item] as JsonObject[];
    return String(rows[0]?.['id']);
  };
  const created = (answer: JsonObject, item: string) => String((answer[item] as JsonObject)['id']);

  const zoneid = await idIn('listZones', 'zone');
  const small = await idIn('listServiceOfferings', 'serviceoffering', { name: 'Small Instance' });
  await ask('listServiceOfferings');
  const disk = await idIn('listDiskOfferings', 'diskoffering', { name: 'Small' });
  const templateid = await idIn('listTemplates', 'template', { templatefilter: 'executable' });
  const isolated = await idIn('listNetworkOfferings', 'networkoffering', {
    name: 'DefaultIsolatedNetworkOfferingWithSourceNatService',
  });
  const tierOffering = await idIn('listNetworkOfferings', 'networkoffering', {
    name: 'DefaultIsolatedNetworkOfferingForVpcNetworks',
  });
  const vpcOffering = await idIn('listVPCOfferings', 'vpcoffering');
  for (const command of [
    'listCapabilities',
    'listUsers',
    'listAccounts',
    'listProjects',
    'listSSHKeyPairs',
    'listResourceLimits',
    'listManagementServersMetrics',
    'listHypervisors',
    'listOsTypes',
    'listAffinityGroupTypes',
    'listKubernetesSupportedVersions',
    'listApis',
    'listEventTypes',
  ]) {
    await ask(command);
  }
  if (asAdmin)
    for (const command of ['listDomains', 'listHosts', 'listCapacity', 'listClusters', 'listPods']) await ask(command);
  await ask('getUserKeys', { id: await idIn('listUsers', 'user') });

  const net = created(await ask('createNetwork', { name: 'net', zoneid, networkofferingid: isolated }), 'network');
  const address = await work('associateIpAddress', { networkid: net });
  await ask('listPublicIpAddresses', { allocatedonly: false });
  const balancer = await work('createLoadBalancerRule', {
    publicipid: address,
    name: 'lb',
    algorithm: 'roundrobin',
    publicport: 6443,
    privateport: 6443,
  });
  await ask('listFirewallRules', { ipaddressid: address });
  const ingress = await work('createFirewallRule', {
    ipaddressid: address,
    protocol: 'tcp',
    startport: 22,
    endport: 22,
  });
  const egress = await work('createEgressFirewallRule', {
    networkid: net,
    protocol: 'icmp',
    icmptype: -1,
    icmpcode: -1,
  });
  await ask('listEgressFirewallRules', { networkid: net });
  const group = await work('createAffinityGroup', { name: 'group', type: 'host anti-affinity' });
  await ask('listAffinityGroups');
  await ask('registerSSHKeyPair', {
    name: 'key',
    publickey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5vdEFLZXlGb3JBbnlib2R5QXRBbGxFdmVyMDAw',
  });
  const vm = await work('deployVirtualMachine', {
    zoneid,
    serviceofferingid: small,
    templateid,
    networkids: net,
    name: 'vm-1',
    diskofferingid: disk,
    affinitygroupids: group,
    keypair: 'key',
    userdata: Buffer.from('#!').toString('base64'),
  });
  await work('createTags', { resourceids: vm, resourcetype: 'UserVm', 'tags[0].key': 'k', 'tags[0].value': 'v' });
  await ask('listTags', { resourceid: vm });
  await ask('listVirtualMachines');
  await ask('listVirtualMachinesMetrics');
  await ask('getVirtualMachineUserData', { virtualmachineid: vm });
  await ask('listNics', { virtualmachineid: vm });
  await work('assignToLoadBalancerRule', { id: balancer, virtualmachineids: vm });
  await ask('listLoadBalancerRules');
  await ask('listNetworks');
  const volume = await work('createVolume', { name: 'data', diskofferingid: disk, zoneid });
  await work('attachVolume', { id: volume, virtualmachineid: vm });
  await ask('listVolumes');
  await work('detachVolume', { id: volume });
  await ask('deleteVolume', { id: volume });
  const cluster = await work('createKubernetesCluster', {
    name: 'c',
    description: 'c',
    zoneid,
    clustertype: 'ExternalManaged',
    networkid: net,
    externalloadbalanceripaddress: '127.64.7.9',
  });
  await ask('addVirtualMachinesToKubernetesCluster', { id: cluster, virtualmachineids: vm, iscontrolnode: true });
  await ask('listKubernetesClusters');
  await ask('removeVirtualMachinesFromKubernetesCluster', { id: cluster, virtualmachineids: vm });
  await work('deleteKubernetesCluster', { id: cluster });
  await work('deleteTags', { resourceids: vm, resourcetype: 'UserVm' });
  await work('rebootVirtualMachine', { id: vm });
  await work('removeFromLoadBalancerRule', { id: balancer, virtualmachineids: vm });
  await work('stopVirtualMachine', { id: vm });
  await work('updateVMAffinityGroup', { id: vm, affinitygroupids: group });
  await ask('updateVirtualMachine', { id: vm, displayname: 'renamed' });
  await work('startVirtualMachine', { id: vm });
  await work('destroyVirtualMachine', { id: vm });
  await ask('recoverVirtualMachine', { id: vm });
  await work('destroyVirtualMachine', { id: vm });
  await work('expungeVirtualMachine', { id: vm });
  await work('updateLoadBalancerRule', { id: balancer, algorithm: 'source' });
  await work('deleteLoadBalancerRule', { id: balancer });
  await work('deleteEgressFirewallRule', { id: egress });
  await work('deleteFirewallRule', { id: ingress });
  await work('deleteAffinityGroup', { id: group });
  await ask('deleteSSHKeyPair', { name: 'key' });
  await work('updateNetwork', { id: net, displaytext: 'text' });
  await work('restartNetwork', { id: net });
  const second = await work('associateIpAddress', { networkid: net });
  await work('disassociateIpAddress', { id: second });
  await work('deleteNetwork', { id: net });

  const vpc = await work('createVPC', { name: 'vpc', zoneid, vpcofferingid: vpcOffering, cidr: '10.0.0.0/16' });
  const list = await work('createNetworkACLList', { name: 'acl', vpcid: vpc });
  const rule = await work('createNetworkACL', {
    aclid: list,
    protocol: 'tcp',
    startport: 6443,
    endport: 6443,
    number: 1,
  });
  await ask('listNetworkACLLists');
  await ask('listNetworkACLs', { aclid: list });
  const tier = created(
    await ask('createNetwork', {
      name: 'tier',
      zoneid,
      networkofferingid: tierOffering,
      vpcid: vpc,
      gateway: '10.0.1.1',
      netmask: '255.255.255.0',
      aclid: list,
    }),
    'network',
  );
  await ask('listVPCs');
  await work('replaceNetworkACLList', {
    aclid: await idIn('listNetworkACLLists', 'networkacllist', { name: 'default_allow' }),
    networkid: tier,
  });
  await work('restartVPC', { id: vpc });
  await work('deleteNetworkACL', { id: rule });
  await work('deleteNetworkACLList', { id: list });
  await work('deleteNetwork', { id: tier });
  await work('deleteVPC', { id: vpc });
  const data = await ask('registerUserData', { name: 'ud', userdata: Buffer.from('#!').toString('base64') });
  await ask('listUserData');
  await ask('deleteUserData', { id: created(data, 'userdata') });
  await ask('listEvents');
  await ask('listAsyncJobs');
  return observed;
}

whenRecorded('answers look like those of real servers', () => {
  test.each([true, false])('for every command of the walk (as administrator: %s)', async (asAdmin) => {
    const world = startWorld({ latency: latencyProfiles.instant });
    const listener = await world.cloud.listen({ port: 0 });
    try {
      const credentials = asAdmin ? world.cloud.adminCredentials : world.cloud.credentials;

      const observed = await walk(world, credentials, asAdmin);

      expect(observed.flatMap((answer) => differences(facts ?? {}, answer))).toEqual([]);
    } finally {
      await listener.close();
      await world.cloud.close();
    }
  });

  test('every parameter the Go provider sends is known to its command', async () => {
    const world = startWorld();
    const { api } = (await world.admin.call('listApis', {})) as { api: JsonObject[] };
    const known = new Map(
      (api as { name: string; params: { name: string }[] }[]).map((row) => [
        row.name,
        new Set(row.params.map((parameter) => parameter.name)),
      ]),
    );
    const unknown = new Set<string>();
    for (const { command, params } of recordedRequests() ?? []) {
      if (!known.has(command)) unknown.add(command);
      for (const name of Object.keys(params)) {
        const plain = (name.split('[')[0] ?? '').toLowerCase();
        if (known.get(command)?.has(plain) === false) unknown.add(`${command} ${plain}`);
      }
    }

    expect([...unknown]).toEqual([]);
  });

  test('parameters, required flags and modes agree with listApis of 4.20.1', async () => {
    const world = startWorld();
    const file = require.resolve('../../../../shared/conformance/cloudstack-responses/listapis/listApis.4.20.1.json');
    type Api = { name: string; isasync: boolean; params: { name: string; required: boolean; type: string }[] };
    const real = (JSON.parse(readFileSync(file, 'utf8')) as { listapisresponse: { api: Api[] } }).listapisresponse.api;
    const ours = new Map(
      ((await world.admin.call('listApis', {}))['api'] as unknown as Api[]).map((row) => [row.name, row]),
    );

    const wrong: string[] = [];
    for (const theirs of real) {
      const mine = ours.get(theirs.name);
      if (mine === undefined) continue;
      if (mine.isasync !== theirs.isasync) wrong.push(`${theirs.name} isasync`);
      for (const parameter of mine.params) {
        const there = theirs.params.find(({ name }) => name.toLowerCase() === parameter.name);
        if (there === undefined) wrong.push(`${theirs.name} ${parameter.name} is not there`);
        else if (there.required !== parameter.required) wrong.push(`${theirs.name} ${parameter.name} required`);
      }
      for (const { name, required } of theirs.params) {
        if (required && !mine.params.some((parameter) => parameter.name === name.toLowerCase()))
          wrong.push(`${theirs.name} lacks ${name}`);
      }
    }

    expect(wrong).toEqual([]);
  });
});

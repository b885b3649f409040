import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword } from '../protocol/answers';
import { type Command, listParameters, query } from '../protocol/command';
import { flag, idOf, text, whole, words } from '../protocol/parameters';
import type { HostRow, ZoneRow } from '../store/catalog-rows';
import { wireDate } from '../store/database';
import { MANAGEMENT_SERVER_ID } from './jobs';
import { GIB } from './templates';

/** What only operators see. */
export const infrastructureCommands: readonly Command[] = [
  query({
    name: 'listHosts',
    description: 'Lists hosts.',
    role: 'root',
    answers: 'host',
    parameters: {
      id: idOf('hosts'),
      name: text(),
      zoneid: idOf('zones'),
      type: text(),
      state: text(),
      resourcestate: text(),
      virtualmachineid: idOf('vms'),
      hypervisor: text(),
      podid: text(),
      clusterid: text(),
      details: words(),
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.hosts.filter(
        (host) =>
          is(args.id, host.id) &&
          is(args.name, host.name) &&
          is(args.zoneid, host.zoneId) &&
          is(args.type?.toLowerCase(), 'routing') &&
          is(args.state?.toLowerCase(), host.state.toLowerCase()) &&
          is(args.resourcestate?.toLowerCase(), host.resourceState.toLowerCase()) &&
          matchesKeyword(args.keyword, host.name),
      );
      return listAnswer(cloud, args, 'host', found, (host) => renderHost(cloud, host));
    },
  }),
  query({
    name: 'listClusters',
    description: 'Lists clusters.',
    role: 'root',
    answers: 'cluster',
    parameters: { id: text(), name: text(), zoneid: idOf('zones'), podid: text(), ...listParameters },
    handle: ({ cloud, args }) => {
      const found = cloud.db.zones.filter((zone) => is(args.zoneid, zone.id) && is(args.id, zone.clusterId));
      return listAnswer(cloud, args, 'cluster', found, (zone) => ({
        id: zone.clusterId,
        name: `${zone.name}-cluster-1`,
        podid: zone.podId,
        podname: `${zone.name}-pod-1`,
        zoneid: zone.id,
        zonename: zone.name,
        hypervisortype: 'KVM',
        clustertype: 'CloudManaged',
        allocationstate: 'Enabled',
        managedstate: 'Managed',
        cpuovercommitratio: cloud.settings.cpuOvercommit.toFixed(1),
        memoryovercommitratio: '1.0',
      }));
    },
  }),
  query({
    name: 'listPods',
    description: 'Lists all Pods.',
    role: 'root',
    answers: 'pod',
    parameters: { id: text(), name: text(), zoneid: idOf('zones'), ...listParameters },
    handle: ({ cloud, args }) => {
      const found = cloud.db.zones.filter((zone) => is(args.zoneid, zone.id) && is(args.id, zone.podId));
      return listAnswer(cloud, args, 'pod', found, (zone) => ({
        id: zone.podId,
        name: `${zone.name}-pod-1`,
        zoneid: zone.id,
        zonename: zone.name,
        gateway: '172.16.15.1',
        netmask: '255.255.255.0',
        startip: ['172.16.15.2'],
        endip: ['172.16.15.200'],
        allocationstate: 'Enabled',
      }));
    },
  }),
  query({
    name: 'listCapacity',
    description: 'Lists all the system wide capacities.',
    role: 'root',
    answers: 'capacity',
    parameters: {
      zoneid: idOf('zones'),
      podid: text(),
      clusterid: text(),
      type: whole(),
      fetchlatest: flag(),
      sortby: text(),
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.zones
        .filter((zone) => is(args.zoneid, zone.id))
        .flatMap((zone) => capacitiesOf(cloud, zone))
        .filter((capacity) => is(args.type, capacity.type));
      return listAnswer(cloud, args, 'capacity', found, ({ zone, type, name, used, total }) => ({
        type,
        name,
        zoneid: zone.id,
        zonename: zone.name,
        capacityused: used,
        capacityallocated: used,
        capacitytotal: total,
        percentused: (total === 0 ? 0 : (100 * used) / total).toFixed(2),
      }));
    },
  }),
  query({
    name: 'listManagementServersMetrics',
    description: 'Lists Management Server metrics',
    answers: 'managementserver',
    parameters: { id: text(), name: text(), ...listParameters },
    handle: ({ cloud, args }) =>
      listAnswer(cloud, args, 'managementserver', [MANAGEMENT_SERVER_ID], (id) => ({
        id,
        name: 'sandbox',
        state: 'Up',
        version: cloud.settings.release,
        javadistribution: 'none',
        javaversion: '0',
        osdistribution: 'sandbox',
        availableprocessors: 1,
        agentcount: cloud.db.hosts.size,
        pendingjobscount: cloud.db.jobs.filter((row) => row.status === 0).length,
        sessions: 0,
      })),
  }),
  query({
    name: 'listHypervisors',
    description: 'List hypervisors',
    answers: 'hypervisor',
    parameters: { zoneid: idOf('zones') },
    handle: ({ cloud }) => listAnswer(cloud, {}, 'hypervisor', ['KVM'], (name) => ({ name })),
  }),
  query({
    name: 'listOsTypes',
    description: 'Lists all supported OS types for this cloud.',
    answers: 'ostype',
    parameters: { id: text(), oscategoryid: text(), description: text(), ...listParameters },
    handle: ({ cloud, args }) => {
      const types = new Map([...cloud.db.templates.values()].map((row) => [row.osTypeId, row.osTypeName]));
      const found = [...types].filter(([id, name]) => is(args.id, id) && is(args.description, name));
      return listAnswer(cloud, args, 'ostype', found, ([id, name]) => ({
        id,
        name,
        description: name,
        oscategoryname: 'Ubuntu',
        isuserdefined: false,
        fordisplay: true,
      }));
    },
  }),
];

function renderHost(cloud: Installation, host: HostRow): JsonObject {
  const zone = cloud.db.zones.need(host.zoneId);
  const cpus = cloud.hostLoad.cpu(host.id);
  const memory = cloud.hostLoad.memoryMiB(host.id);
  const percent = (used: number, total: number) => `${((100 * used) / total).toFixed(2)}%`;
  return fields({
    id: host.id,
    name: host.name,
    state: host.state,
    type: 'Routing',
    ipaddress: host.address,
    zoneid: zone.id,
    zonename: zone.name,
    podid: zone.podId,
    podname: `${zone.name}-pod-1`,
    clusterid: zone.clusterId,
    clustername: `${zone.name}-cluster-1`,
    clustertype: 'CloudManaged',
    version: cloud.settings.release,
    hypervisor: 'KVM',
    cpusockets: 2,
    cpunumber: host.cpuNumber,
    cpuspeed: host.cpuSpeedMhz,
    cpuallocated: percent(cpus, cloud.hostLoad.cpuCapacity(host)),
    cpuwithoverprovisioning: `${cloud.hostLoad.cpuCapacity(host) * host.cpuSpeedMhz}`,
    memorytotal: host.memoryMiB * 1024 * 1024,
    memoryallocated: memory * 1024 * 1024,
    memoryallocatedbytes: memory * 1024 * 1024,
    memoryallocatedpercentage: percent(memory, host.memoryMiB),
    hosttags: host.tags.length === 0 ? undefined : host.tags.join(','),
    hasenoughcapacity: true,
    resourcestate: host.resourceState,
    islocalstorageactive: false,
    hahost: false,
    capabilities: 'hvm,snapshot',
    created: wireDate(host.created),
    events: 'Ping; StartAgentRebalance; AgentConnected; HostDown; ManagementServerDown',
    managementserverid: MANAGEMENT_SERVER_ID,
    arch: 'x86_64',
    details: {},
    hasannotations: false,
  });
}

interface Capacity {
  readonly zone: ZoneRow;
  readonly type: number;
  readonly name: string;
  readonly used: number;
  readonly total: number;
}

/** Numbers of capacity types: `cloudstack.md` 4.1. */
function capacitiesOf(cloud: Installation, zone: ZoneRow): readonly Capacity[] {
  const { db, hostLoad } = cloud;
  const hosts = db.hosts.filter((host) => host.zoneId === zone.id);
  const sum = (of: (host: HostRow) => number) => hosts.reduce((total, host) => total + of(host), 0);
  const addresses = db.addresses.filter((address) => address.zoneId === zone.id);
  let storedGiB = 0;
  for (const volume of db.volumes.values()) if (volume.zoneId === zone.id) storedGiB += volume.sizeGiB;
  const mhz = (host: HostRow) => host.cpuSpeedMhz;
  return [
    {
      zone,
      type: 0,
      name: 'MEMORY',
      used: sum((host) => hostLoad.memoryMiB(host.id)) * 1024 * 1024,
      total: sum((host) => host.memoryMiB) * 1024 * 1024,
    },
    {
      zone,
      type: 1,
      name: 'CPU',
      used: sum((host) => hostLoad.cpu(host.id) * mhz(host)),
      total: sum((host) => hostLoad.cpuCapacity(host) * mhz(host)),
    },
    { zone, type: 3, name: 'STORAGE_ALLOCATED', used: storedGiB * GIB, total: 100_000 * GIB },
    {
      zone,
      type: 4,
      name: 'VIRTUAL_NETWORK_PUBLIC_IP',
      used: addresses.filter((address) => address.state !== 'Free').length,
      total: addresses.length,
    },
    {
      zone,
      type: 90,
      name: 'CPU_CORE',
      used: sum((host) => hostLoad.cpu(host.id)),
      total: sum((host) => hostLoad.cpuCapacity(host)),
    },
  ];
}

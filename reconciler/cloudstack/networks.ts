import type { Network, Networks, Vpc, Vpcs } from '../../api/ports';
import { type Connection, unexpected } from './connection';
import { flag, object, present, type Row, tags, text } from './wire';

export function readNetwork(row: Row): Network | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return {
    id,
    name: text(row, 'name') ?? '',
    type: text(row, 'type') ?? '',
    state: text(row, 'state') ?? '',
    zoneId: text(row, 'zoneid') ?? '',
    vpcId: text(row, 'vpcid'),
    gateway: text(row, 'gateway'),
    netmask: text(row, 'netmask'),
    cidr: text(row, 'cidr'),
    egressDefaultAllow: flag(row, 'egressdefaultpolicy'),
    routingMode: text(row, 'ip4routing'),
    tags: tags(row),
  };
}

export function readVpc(row: Row): Vpc | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return {
    id,
    name: text(row, 'name') ?? '',
    zoneId: text(row, 'zoneid') ?? '',
    state: text(row, 'state') ?? '',
    cidr: text(row, 'cidr'),
    tags: tags(row),
  };
}

export function networksOf(connection: Connection): Networks {
  return {
    async get(id) {
      const row = await connection.byId('listNetworks', 'network', id);
      return row === undefined ? undefined : readNetwork(row);
    },
    async find(zoneId, name) {
      // `name` is unknown before 4.22, `keyword` matches parts: the exact comparison is ours (`cloudstack.md` 2.2).
      const found = await connection.list('listNetworks', 'network', { keyword: name, zoneid: zoneId });
      return present(found.map(readNetwork)).filter((network) => network.name === name && network.zoneId === zoneId);
    },
    async create(network) {
      const answer = await connection.call('createNetwork', {
        name: network.name,
        displaytext: network.name,
        networkofferingid: network.offeringId,
        zoneid: network.zoneId,
        gateway: network.gateway,
        netmask: network.netmask,
        vpcid: network.vpcId,
      });
      const created = readNetwork(object(answer, 'network') ?? {});
      if (created === undefined) throw unexpected('createNetwork', connection.description, 'no network in the answer');
      return created;
    },
    delete: (id) => connection.start('deleteNetwork', { id }),
  };
}

export function vpcsOf(connection: Connection): Vpcs {
  return {
    async get(id) {
      const row = await connection.byId('listVPCs', 'vpc', id);
      return row === undefined ? undefined : readVpc(row);
    },
    async find(zoneId, name) {
      const found = await connection.list('listVPCs', 'vpc', { name, zoneid: zoneId });
      return present(found.map(readVpc)).filter((vpc) => vpc.name === name && vpc.zoneId === zoneId);
    },
    create: (vpc) =>
      connection.create('createVPC', {
        name: vpc.name,
        displaytext: vpc.name,
        vpcofferingid: vpc.offeringId,
        zoneid: vpc.zoneId,
        cidr: vpc.cidr,
        start: true,
      }),
    delete: (id) => connection.start('deleteVPC', { id }),
  };
}

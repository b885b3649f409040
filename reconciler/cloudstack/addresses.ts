import type { Addresses, AddressTarget, PublicAddress } from '../../api/ports';
import type { CommandParameters, Connection } from './connection';
import { flag, present, type Row, tags, text, time } from './wire';

export function readAddress(row: Row): PublicAddress | undefined {
  const id = text(row, 'id');
  const address = text(row, 'ipaddress');
  if (id === undefined || address === undefined) return undefined;
  return {
    id,
    address,
    state: text(row, 'state') ?? '',
    zoneId: text(row, 'zoneid') ?? '',
    networkId: text(row, 'associatednetworkid'),
    vpcId: text(row, 'vpcid'),
    allocatedAt: time(row, 'allocated'),
    sourceNat: flag(row, 'issourcenat'),
    staticNat: flag(row, 'isstaticnat'),
    tags: tags(row),
  };
}

const COMMAND = 'listPublicIpAddresses';
const ITEM = 'publicipaddress';

function targetParameters(target: AddressTarget, name: 'networkid' | 'associatednetworkid'): CommandParameters {
  return 'vpcId' in target ? { vpcid: target.vpcId } : { [name]: target.networkId };
}

export function addressesOf(connection: Connection): Addresses {
  return {
    async get(id) {
      const row = await connection.byId(COMMAND, ITEM, id);
      return row === undefined ? undefined : readAddress(row);
    },
    async find(zoneId, address) {
      const parameters = { allocatedonly: false, zoneid: zoneId, ipaddress: address };
      const found = present((await connection.list(COMMAND, ITEM, parameters)).map(readAddress));
      return found.find((candidate) => candidate.address === address);
    },
    async of(target) {
      const found = await connection.list(COMMAND, ITEM, targetParameters(target, 'associatednetworkid'));
      return present(found.map(readAddress));
    },
    associate: (target, address) =>
      connection.create('associateIpAddress', { ...targetParameters(target, 'networkid'), ipaddress: address }),
    disassociate: (id) => connection.start('disassociateIpAddress', { id }),
  };
}

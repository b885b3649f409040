import type { Deployment, Machines, Nic, VirtualMachine, Volume } from '../../api/ports';
import type { CommandParameters, Connection } from './connection';
import { flag, present, type Row, rows, tags, text, time } from './wire';

function readNic(row: Row): Nic | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return {
    id,
    networkId: text(row, 'networkid') ?? '',
    networkName: text(row, 'networkname'),
    address: text(row, 'ipaddress'),
    isDefault: flag(row, 'isdefault'),
  };
}

export function readMachine(row: Row): VirtualMachine | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  const nics = present(rows(row, 'nic').map(readNic));
  return {
    id,
    name: text(row, 'name') ?? '',
    displayName: text(row, 'displayname') ?? '',
    state: text(row, 'state') ?? '',
    zoneId: text(row, 'zoneid') ?? '',
    templateId: text(row, 'templateid'),
    serviceOfferingId: text(row, 'serviceofferingid'),
    createdAt: time(row, 'created'),
    highlyAvailable: flag(row, 'haenable'),
    nics: [...nics.filter((nic) => nic.isDefault), ...nics.filter((nic) => !nic.isDefault)],
    tags: tags(row),
  };
}

export function readVolume(row: Row): Volume | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return {
    id,
    name: text(row, 'name') ?? '',
    type: text(row, 'type') ?? '',
    diskOfferingId: text(row, 'diskofferingid'),
    diskOfferingName: text(row, 'diskofferingname'),
    createdAt: time(row, 'created'),
  };
}

/** Leaves out statistics, offerings and templates: 10 times cheaper for the server (`cloudstack.md` 9.1). */
const DETAILS = 'min,nics,affgrp';

/** All machines of a zone, for the shared snapshot. */
export async function listMachines(connection: Connection, zoneId: string): Promise<readonly VirtualMachine[]> {
  const listed = await connection.list('listVirtualMachines', 'virtualmachine', { zoneid: zoneId, details: DETAILS });
  return present(listed.map(readMachine));
}

/** @param owner the connection of the credentials themselves: destroying needs their rights, not the account's */
export function machinesOf(connection: Connection, owner: Connection): Machines {
  return {
    async get(id) {
      const row = await connection.byId('listVirtualMachines', 'virtualmachine', id, { details: DETAILS });
      return row === undefined ? undefined : readMachine(row);
    },
    async find(zoneId, name) {
      // The server matches parts of names (`cloudstack.md` 2.2).
      const parameters = { name, zoneid: zoneId, details: DETAILS };
      const listed = await connection.list('listVirtualMachines', 'virtualmachine', parameters);
      return present(listed.map(readMachine)).filter((machine) => machine.name === name);
    },
    deploy: (deployment) => connection.create('deployVirtualMachine', deployParameters(deployment)),
    start: (id) => connection.start('startVirtualMachine', { id }),
    destroy: (id, options) =>
      owner.start('destroyVirtualMachine', {
        id,
        expunge: options.expunge ? true : undefined,
        volumeids: options.volumeIds.join(','),
      }),
    async dataDisks(id) {
      const listed = await connection.list('listVolumes', 'volume', { virtualmachineid: id, type: 'DATADISK' });
      return present(listed.map(readVolume));
    },
  };
}

/** Fixed addresses need the map form of networks; without them the plain list is enough (`capc.md` 4.3). */
export function deployParameters(deployment: Deployment): CommandParameters {
  const parameters: { [name: string]: string | number | undefined } = {
    name: deployment.name,
    displayname: deployment.displayName,
    zoneid: deployment.zoneId,
    serviceofferingid: deployment.serviceOfferingId,
    templateid: deployment.templateId,
    diskofferingid: deployment.diskOfferingId,
    size: deployment.diskSizeGiB,
    keypair: deployment.keyPair,
    affinitygroupids: deployment.affinityGroupIds.join(','),
    userdata: deployment.userData,
  };
  if (deployment.networks.some((network) => network.address !== undefined)) {
    deployment.networks.forEach((network, index) => {
      parameters[`iptonetworklist[${index}].networkid`] = network.networkId;
      parameters[`iptonetworklist[${index}].ip`] = network.address;
    });
  } else {
    parameters.networkids = deployment.networks.map((network) => network.networkId).join(',');
  }
  Object.keys(deployment.details)
    .sort()
    .forEach((key, index) => {
      parameters[`details[${index}].${key}`] = deployment.details[key];
    });
  return parameters;
}

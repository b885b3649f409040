import type { KubernetesRecord, KubernetesRecords } from '../../api/ports';
import type { Connection } from './connection';
import { Remembered } from './remembered';
import { present, type Row, rows, text } from './wire';

/** Members change through us; others' changes are noticed after this time. */
const KEEP_MEMBERS_MS = 15 * 60_000;

const LIST = 'listKubernetesClusters';
const ITEM = 'kubernetescluster';

/** Records of clusters that CloudStack runs itself are none of our business. */
const EXTERNAL = { clustertype: 'ExternalManaged' };

/** A list parameter holds at most 4096 characters, an id takes 37. */
const BATCH = 100;

export function readKubernetesRecord(row: Row): KubernetesRecord | undefined {
  const id = text(row, 'id');
  return id === undefined ? undefined : { id, name: text(row, 'name') ?? '' };
}

export function readRecordMembers(row: Row): Set<string> {
  return new Set(present(rows(row, 'virtualmachines').map((machine) => text(machine, 'id'))));
}

export function kubernetesRecordsOf(connection: Connection): KubernetesRecords {
  const memberships = new Remembered<Set<string> | undefined>(connection.clock, KEEP_MEMBERS_MS);

  const change = async (id: string, machineIds: readonly string[], send: (batch: string) => Promise<unknown>) => {
    for (let start = 0; start < machineIds.length; start += BATCH) {
      await send(machineIds.slice(start, start + BATCH).join(','));
    }
    return memberships.peek(id);
  };

  return {
    async find(name) {
      const listed = await connection.list(LIST, ITEM, { ...EXTERNAL, name });
      return present(listed.map(readKubernetesRecord)).filter((record) => record.name === name);
    },
    async create({ name, description, zoneId, networkId, endpoint }) {
      const started = await connection.create('createKubernetesCluster', {
        ...EXTERNAL,
        name,
        description,
        zoneid: zoneId,
        networkid: networkId,
        externalloadbalanceripaddress: endpoint,
        size: 0,
      });
      memberships.set(started.id, Promise.resolve(new Set()));
      return started;
    },
    delete(id) {
      memberships.forget(id);
      return connection.start('deleteKubernetesCluster', { id });
    },
    async members(id) {
      const found = await memberships.get(id, async () => {
        const row = await connection.byId(LIST, ITEM, id, EXTERNAL);
        return row === undefined ? undefined : readRecordMembers(row);
      });
      if (found === undefined) memberships.forget(id);
      return found;
    },
    forgetMembers: (id) => memberships.forget(id),
    async add(id, machineIds, role) {
      const iscontrolnode = role === 'control-plane';
      const known = await change(id, machineIds, (virtualmachineids) =>
        connection.succeed('addVirtualMachinesToKubernetesCluster', { id, virtualmachineids, iscontrolnode }),
      );
      for (const machineId of machineIds) known?.add(machineId);
    },
    async remove(id, machineIds) {
      // The answer tells of each machine that it is out now, or was not in; both are what was wanted.
      const known = await change(id, machineIds, (virtualmachineids) =>
        connection.call('removeVirtualMachinesFromKubernetesCluster', { id, virtualmachineids }),
      );
      for (const machineId of machineIds) known?.delete(machineId);
    },
  };
}

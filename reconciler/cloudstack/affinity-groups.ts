import type { AffinityGroup, AffinityGroups } from '../../api/ports';
import type { Connection } from './connection';
import { present, type Row, text } from './wire';

export function readAffinityGroup(row: Row): AffinityGroup | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return { id, name: text(row, 'name') ?? '', type: text(row, 'type') ?? '' };
}

export function affinityGroupsOf(connection: Connection): AffinityGroups {
  return {
    async get(id) {
      const row = await connection.byId('listAffinityGroups', 'affinitygroup', id);
      return row === undefined ? undefined : readAffinityGroup(row);
    },
    async find(name) {
      const listed = await connection.list('listAffinityGroups', 'affinitygroup', { name });
      return present(listed.map(readAffinityGroup)).find((group) => group.name === name);
    },
    create: (name, type) => connection.create('createAffinityGroup', { name, type }),
    delete: (id) => connection.start('deleteAffinityGroup', { id }),
  };
}

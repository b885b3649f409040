import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { idOf, required, text } from '../protocol/parameters';
import type { AffinityGroupRow } from '../store/compute-rows';
import { checkMayUse } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields } from '../tenancy/tags';

const TYPES = [
  'host anti-affinity',
  'host affinity',
  'non-strict host anti-affinity',
  'non-strict host affinity',
  'ExplicitDedication',
];

export const affinityGroupCommands: readonly Command[] = [
  query({
    name: 'listAffinityGroups',
    description: 'Lists affinity groups',
    answers: 'affinitygroup',
    parameters: {
      id: idOf('affinityGroups'),
      name: text(),
      type: text(),
      virtualmachineid: idOf('vms'),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const found = cloud.db.affinityGroups.filter(
        (group) =>
          mine(group.accountId) &&
          is(args.id, group.id) &&
          is(args.name, group.name) &&
          is(args.type, group.type) &&
          (args.virtualmachineid === undefined ||
            cloud.db.vmsByAffinityGroup.get(group.id).has(args.virtualmachineid)) &&
          matchesKeyword(args.keyword, group.name),
      );
      return listAnswer(cloud, args, 'affinitygroup', found, (group) => renderGroup(cloud, group));
    },
  }),
  query({
    name: 'listAffinityGroupTypes',
    description: 'Lists affinity group types available',
    answers: 'affinityGroupType',
    parameters: listParameters,
    handle: ({ cloud, args }) => listAnswer(cloud, args, 'affinityGroupType', TYPES, (type) => ({ type })),
  }),
  job({
    name: 'createAffinityGroup',
    description: 'Creates an affinity/anti-affinity group',
    answers: 'affinitygroup',
    creates: true,
    event: 'AFFINITY.GROUP.CREATE',
    parameters: { name: required(text()), type: required(text()), description: text(), ...ownerParameters },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const owner = ownerFor(cloud, caller, args);
      const type = TYPES.find((known) => known.toLowerCase() === args.type.toLowerCase());
      if (type === undefined)
        throw invalidValue(`Unable to create affinity group, invalid affinity group type ${args.type}`);
      if (db.affinityGroups.find((group) => group.accountId === owner.id && group.name === args.name) !== undefined) {
        throw invalidValue(`Unable to create affinity group, a group with name ${args.name} already exists.`);
      }
      const group = db.affinityGroups.put({
        id: db.newId(),
        name: args.name,
        type,
        description: args.description ?? '',
        accountId: owner.id,
      });
      return {
        entity: { type: 'AffinityGroup', id: group.id },
        finish: () => ({ affinitygroup: renderGroup(cloud, db.affinityGroups.get(group.id) ?? group) }),
        failed: () => db.affinityGroups.remove(group.id),
      };
    },
  }),
  job({
    name: 'deleteAffinityGroup',
    description: 'Deletes affinity group',
    event: 'AFFINITY.GROUP.DELETE',
    parameters: { id: idOf('affinityGroups'), name: text(), ...ownerParameters },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const owner = ownerFor(cloud, caller, args);
      const group =
        args.id === undefined
          ? db.affinityGroups.find((candidate) => candidate.name === args.name && candidate.accountId === owner.id)
          : db.affinityGroups.get(args.id);
      if (group === undefined) throw invalidValue(`Unable to find affinity group ${args.id ?? args.name ?? ''}`);
      checkMayUse(db, caller, group.accountId);
      return {
        entity: { type: 'AffinityGroup', id: group.id },
        finish: () => {
          for (const vmId of [...db.vmsByAffinityGroup.get(group.id)]) {
            const vm = db.vms.need(vmId);
            db.vms.patch(vmId, { affinityGroupIds: vm.affinityGroupIds.filter((id) => id !== group.id) });
          }
          db.affinityGroups.remove(group.id);
          return success;
        },
      };
    },
  }),
];

function renderGroup(cloud: Installation, group: AffinityGroupRow): JsonObject {
  return fields({
    id: group.id,
    name: group.name,
    type: group.type,
    description: group.description,
    ...ownerFields(cloud.db, group.accountId),
    virtualmachineIds: [...cloud.db.vmsByAffinityGroup.get(group.id)],
    ...jobFields(cloud, group.id),
  });
}

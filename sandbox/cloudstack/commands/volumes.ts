import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { removeTagged } from '../network/public-addresses';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, idsOf, required, since, text, whole } from '../protocol/parameters';
import type { VolumeRow } from '../store/compute-rows';
import { rowsOf, wireDate } from '../store/database';
import { type Caller, checkMayUse, isRoot } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { diskSize } from './deploy';
import { GIB } from './templates';
import { needVm } from './virtual-machines';

export const volumeCommands: readonly Command[] = [
  query({
    name: 'listVolumes',
    description: 'Lists all volumes.',
    answers: 'volume',
    parameters: {
      id: idOf('volumes'),
      ids: idsOf('volumes'),
      virtualmachineid: idOf('vms'),
      type: text(),
      name: text(),
      zoneid: idOf('zones'),
      state: text(),
      diskofferingid: idOf('diskOfferings'),
      serviceofferingid: idOf('serviceOfferings'),
      hostid: idOf('hosts'),
      podid: text(),
      clusterid: text(),
      storageid: text(),
      displayvolume: flag(),
      listsystemvms: flag(),
      isencrypted: flag(),
      retrieveonlyresourcecount: since('4.19', flag()),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const rows =
        args.virtualmachineid === undefined
          ? [...db.volumes.values()]
          : rowsOf(db.volumesByVm.get(args.virtualmachineid), (id) => db.volumes.get(id));
      const found = rows.filter(
        (volume) =>
          mine(volume.accountId) &&
          is(args.id, volume.id) &&
          (args.ids === undefined || args.ids.includes(volume.id)) &&
          is(args.type?.toUpperCase(), volume.type) &&
          is(args.name, volume.name) &&
          is(args.zoneid, volume.zoneId) &&
          is(args.state?.toLowerCase(), volume.state.toLowerCase()) &&
          is(args.diskofferingid, volume.diskOfferingId) &&
          matchesTags(cloud, volume.id, args.tags) &&
          matchesKeyword(args.keyword, volume.name),
      );
      return listAnswer(cloud, args, 'volume', found, (volume) => renderVolume(cloud, volume, caller));
    },
  }),
  job({
    name: 'createVolume',
    description:
      'Creates a disk volume from a disk offering. This disk volume must still be attached to a virtual machine to make use of it.',
    answers: 'volume',
    creates: true,
    event: 'VOLUME.CREATE',
    parameters: {
      name: text(),
      diskofferingid: idOf('diskOfferings'),
      zoneid: idOf('zones'),
      size: whole(),
      virtualmachineid: idOf('vms'),
      displayvolume: flag(),
      ...ownerParameters,
    },
    submit: ({ cloud, caller, args }) => {
      const { db, clock } = cloud;
      const owner = ownerFor(cloud, caller, args);
      const offering = db.diskOfferings.get(args.diskofferingid);
      const zone = db.zones.get(args.zoneid);
      if (offering === undefined)
        throw invalidValue('Either disk Offering Id or snapshot Id must be passed whilst creating volume');
      if (zone === undefined) throw invalidValue('Please specify a zone to create the volume in');
      const sizeGiB = diskSize(offering, args.size);
      cloud.quotas.check(owner, { volume: 1, primary_storage: sizeGiB });
      const id = db.newId();
      const volume = db.volumes.put({
        id,
        number: db.nextNumber(),
        name: args.name ?? `VOL-${id}`,
        type: 'DATADISK',
        accountId: owner.id,
        zoneId: zone.id,
        sizeGiB,
        state: 'Allocated',
        diskOfferingId: offering.id,
        created: clock.now(),
      });
      return {
        entity: { type: 'Volume', id: volume.id },
        finish: () => ({ volume: renderVolume(cloud, db.volumes.get(id) ?? volume, caller) }),
        failed: () => db.volumes.remove(id),
      };
    },
  }),
  job({
    name: 'attachVolume',
    description: 'Attaches a disk volume to a virtual machine.',
    answers: 'volume',
    event: 'VOLUME.ATTACH',
    parameters: { id: required(idOf('volumes')), virtualmachineid: required(idOf('vms')), deviceid: whole() },
    submit: ({ cloud, caller, args }) => {
      const { db, clock } = cloud;
      const volume = needVolume(cloud, caller, args.id);
      const vm = needVm(cloud, caller, args.virtualmachineid);
      if (volume.vmId !== undefined) throw invalidValue('Please specify a volume that is not attached to any VM.');
      if (vm.state !== 'Running' && vm.state !== 'Stopped') {
        throw invalidValue('Please specify a VM that is either running or stopped.');
      }
      return {
        entity: { type: 'Volume', id: volume.id },
        queue: `vm ${vm.id}`,
        finish: () => {
          const used = new Set(
            rowsOf(db.volumesByVm.get(vm.id), (id) => db.volumes.get(id)).map((row) => row.deviceId),
          );
          let deviceId = args.deviceid ?? 1;
          while (used.has(deviceId)) deviceId++;
          const change = { vmId: vm.id, deviceId, attached: clock.now(), state: 'Ready' as const };
          return { volume: renderVolume(cloud, db.volumes.patch(volume.id, change), caller) };
        },
      };
    },
  }),
  job({
    name: 'detachVolume',
    description: 'Detaches a disk volume from a virtual machine.',
    answers: 'volume',
    event: 'VOLUME.DETACH',
    parameters: { id: idOf('volumes'), virtualmachineid: idOf('vms'), deviceid: whole() },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const byDevice = rowsOf(db.volumesByVm.get(args.virtualmachineid ?? ''), (id) => db.volumes.get(id)).find(
        (row) => row.deviceId === args.deviceid,
      );
      const id = args.id ?? byDevice?.id;
      if (id === undefined)
        throw invalidValue('Please provide either a volume id, or a tuple(device id, instance id).');
      const volume = needVolume(cloud, caller, id);
      if (volume.vmId === undefined) throw invalidValue('The specified volume is not attached to a virtual machine.');
      if (volume.type === 'ROOT') throw invalidValue('Please specify a data volume.');
      return {
        entity: { type: 'Volume', id },
        queue: `vm ${volume.vmId}`,
        finish: () => {
          const change = { vmId: undefined, deviceId: undefined, attached: undefined };
          return { volume: renderVolume(cloud, db.volumes.patch(id, change), caller) };
        },
      };
    },
  }),
  job({
    name: 'resizeVolume',
    description: 'Resizes a volume',
    answers: 'volume',
    event: 'VOLUME.RESIZE',
    parameters: {
      id: required(idOf('volumes')),
      size: whole(),
      diskofferingid: idOf('diskOfferings'),
      shrinkok: flag(),
    },
    submit: ({ cloud, caller, args }) => {
      const volume = needVolume(cloud, caller, args.id);
      const offering = cloud.db.diskOfferings.get(args.diskofferingid);
      const sizeGiB = args.size ?? offering?.sizeGiB;
      if (sizeGiB === undefined) throw invalidValue('Please specify a size or a disk offering');
      if (sizeGiB < volume.sizeGiB && args.shrinkok !== true) {
        throw invalidValue('Going from existing size to a smaller size would shrink the volume: set shrinkok');
      }
      if (sizeGiB > volume.sizeGiB) {
        cloud.quotas.check(cloud.db.accounts.need(volume.accountId), { primary_storage: sizeGiB - volume.sizeGiB });
      }
      return {
        entity: { type: 'Volume', id: volume.id },
        finish: () => {
          const change = { sizeGiB, diskOfferingId: offering?.id ?? volume.diskOfferingId };
          return { volume: renderVolume(cloud, cloud.db.volumes.patch(volume.id, change), caller) };
        },
      };
    },
  }),
  query({
    name: 'deleteVolume',
    description: 'Deletes a detached disk volume.',
    parameters: { id: required(idOf('volumes')) },
    handle: ({ cloud, caller, args }) => {
      removeVolume(cloud, needVolume(cloud, caller, args.id));
      return success;
    },
  }),
  job({
    name: 'destroyVolume',
    description: 'Destroys a Volume.',
    answers: 'volume',
    event: 'VOLUME.DESTROY',
    parameters: { id: required(idOf('volumes')), expunge: flag() },
    submit: ({ cloud, caller, args }) => {
      const volume = needVolume(cloud, caller, args.id);
      return {
        entity: { type: 'Volume', id: volume.id },
        finish: () => {
          const result = { volume: renderVolume(cloud, { ...volume, state: 'Expunging' }, caller) };
          removeVolume(cloud, cloud.db.volumes.need(volume.id));
          return result;
        },
      };
    },
  }),
];

function removeVolume(cloud: Installation, volume: VolumeRow): void {
  if (volume.vmId !== undefined) throw invalidValue('Please specify a volume that is not attached to any VM.');
  removeTagged(cloud, () => cloud.db.volumes.remove(volume.id), volume.id);
}

/** @throws ApiError 431, 531 */
function needVolume(cloud: Installation, caller: Caller, id: string): VolumeRow {
  const volume = cloud.db.volumes.get(id);
  if (volume === undefined) throw invalidValue(`Unable to find volume with ID: ${id}`);
  checkMayUse(cloud.db, caller, volume.accountId);
  return volume;
}

function renderVolume(cloud: Installation, volume: VolumeRow, caller: Caller): JsonObject {
  const { db } = cloud;
  const zone = db.zones.need(volume.zoneId);
  const offering = db.diskOfferings.get(volume.diskOfferingId);
  const vm = db.vms.get(volume.vmId);
  const isReady = volume.state === 'Ready';
  return fields({
    id: volume.id,
    name: volume.name,
    zoneid: zone.id,
    zonename: zone.name,
    type: volume.type,
    deviceid: volume.deviceId,
    virtualmachineid: vm?.id,
    vmname: vm?.name,
    vmdisplayname: vm?.displayName,
    vmstate: vm?.state,
    provisioningtype: 'thin',
    size: volume.sizeGiB * GIB,
    created: wireDate(volume.created),
    attached: volume.attached === undefined ? undefined : wireDate(volume.attached),
    state: volume.state,
    ...ownerFields(db, volume.accountId),
    storagetype: 'shared',
    hypervisor: 'KVM',
    diskofferingid: offering?.id,
    diskofferingname: offering?.name,
    diskofferingdisplaytext: offering?.displayText,
    storage: isReady && isRoot(caller) ? 'primary-1' : undefined,
    storageid: isReady && isRoot(caller) ? zone.storageId : undefined,
    path: isReady && isRoot(caller) ? volume.id : undefined,
    destroyed: volume.state === 'Destroy',
    isextractable: true,
    quiescevm: false,
    displayvolume: true,
    deleteprotection: false,
    hasannotations: false,
    tags: tagsOf(cloud, volume.id),
    ...jobFields(cloud, volume.id),
  });
}

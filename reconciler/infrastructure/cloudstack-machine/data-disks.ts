import type { Volume } from '../../../api/ports';

/** CloudStack names the disk that deployVirtualMachine makes `DATA-<number of the machine>`. */
const MADE_BY_DEPLOYMENT = /^DATA-\d+$/;

/**
 * The attached disks that go with the machine: only the one that was deployed with it. Volumes attached later, such as
 * persistent volumes of a workload, are never deleted: CloudStack detaches and keeps them.
 */
export function disksToDelete(
  attached: readonly Volume[],
  diskOffering: { readonly id?: string | undefined; readonly name?: string | undefined } | undefined,
): readonly Volume[] {
  if (diskOffering === undefined || (!diskOffering.id && !diskOffering.name)) return [];
  return attached.filter((volume) => {
    if (volume.type !== 'DATADISK' || !MADE_BY_DEPLOYMENT.test(volume.name)) return false;
    if (diskOffering.id) return volume.diskOfferingId === diskOffering.id;
    return volume.diskOfferingName === diskOffering.name;
  });
}

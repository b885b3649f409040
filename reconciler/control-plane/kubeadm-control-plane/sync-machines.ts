import { KubeadmConfig, Machine } from '../../../api/kinds';
import { KUBEADM_CONTROL_PLANE_FIELD_MANAGER, KUBEADM_CONTROL_PLANE_METADATA_FIELD_MANAGER } from '../../../api/labels';
import { equalJson } from '../../../machinery/json';
import { isBeingDeleted, type KubeObject } from '../../../machinery/kube-object';
import { machineSyncIntent, metadataIntent } from './desired-machine';
import { type Scope, updateMachine } from './scope';

/** Brings what may change without a new machine to the machines that exist (`capi.md` 6.1, item 7). */
export async function syncMachines(scope: Scope): Promise<void> {
  const { objects } = scope.deps;
  const { name: clusterName } = scope.clusterKey;
  for (const { machine, config, infra } of scope.members) {
    if (isBeingDeleted(machine)) {
      await syncDeletion(scope, machine);
      continue;
    }
    const intent = machineSyncIntent(scope.controlPlane, clusterName, scope.managedEtcd, machine);
    updateMachine(scope, await objects.apply(Machine, intent, KUBEADM_CONTROL_PLANE_FIELD_MANAGER));
    if (infra !== undefined && isDue(scope, machine, infra)) {
      const { resource } = await objects.resolveContract(
        machine.spec.infrastructureRef.apiGroup,
        machine.spec.infrastructureRef.kind,
      );
      const metadata = metadataIntent(scope.controlPlane, clusterName, infra);
      await objects.apply(resource, metadata, KUBEADM_CONTROL_PLANE_METADATA_FIELD_MANAGER);
    }
    if (config !== undefined && isDue(scope, machine, config)) {
      const metadata = metadataIntent(scope.controlPlane, clusterName, config);
      await objects.apply(KubeadmConfig, metadata, KUBEADM_CONTROL_PLANE_METADATA_FIELD_MANAGER);
    }
  }
}

/**
 * Objects are made with the metadata they should have, so that the manager for metadata takes it over when the machine
 * is up and nobody else is busy with them, or when the template's metadata have changed.
 */
function isDue(scope: Scope, machine: Machine, object: KubeObject): boolean {
  if (isBeingDeleted(object)) return false;
  if (machine.status?.nodeRef !== undefined) return true;
  const { labels = {}, annotations = {} } = metadataIntent(scope.controlPlane, scope.clusterKey.name, object).metadata;
  const has = (actual: { [key: string]: string } | undefined, wanted: { [key: string]: string }) =>
    Object.entries(wanted).every(([key, value]) => actual?.[key] === value);
  return !has(object.metadata.labels, labels) || !has(object.metadata.annotations, annotations);
}

/** A machine that is going follows the timeouts alone, so that a user can still shorten the wait. */
async function syncDeletion(scope: Scope, machine: Machine): Promise<void> {
  const deletion = scope.controlPlane.spec.machineTemplate.spec.deletion;
  if (deletion === undefined) return;
  const wanted = { ...machine.spec.deletion, ...deletion };
  if (equalJson(wanted, machine.spec.deletion)) return;
  const after: Machine = { ...machine, spec: { ...machine.spec, deletion: wanted } };
  updateMachine(scope, await scope.deps.objects.patch(Machine, machine, after));
}

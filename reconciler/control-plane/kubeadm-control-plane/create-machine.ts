import { KubeadmConfig, Machine } from '../../../api/kinds';
import { KUBEADM_CONTROL_PLANE_FIELD_MANAGER } from '../../../api/labels';
import { isReason } from '../../../api/ports';
import { messageOf } from '../../../machinery/errors';
import {
  isBeingDeleted,
  isOwnedBy,
  type KubeObject,
  parseApiVersion,
  type Resource,
} from '../../../machinery/kube-object';
import { renderName } from '../../../machinery/names';
import { ownerReference } from '../../../machinery/owner-references';
import { CLONED_FROM_NAME, cloneTemplate } from '../../../machinery/template-clone';
import { type ConfigForm, desiredConfigSpec } from './desired-config';
import { machineLabels, newMachineIntent } from './desired-machine';
import { EventReason } from './reasons';
import { type RemediationData, remediationText } from './remediation-data';
import { candidatesOf, infraKind, type Scope } from './scope';
import { selectFailureDomain } from './selection';

const DEFAULT_NAME_TEMPLATE = '{{ .kubeadmControlPlane.name }}-{{ .random }}';

/**
 * Creates one machine: its infrastructure, its configuration, then the Machine, all of the same name. A run that was
 * interrupted between them is continued, so that nothing is left without a Machine.
 * @param replaced - the unhealthy machine whose place it takes
 */
export async function createMachine(
  scope: Scope,
  template: KubeObject,
  form: ConfigForm,
  replaced: RemediationData | undefined,
): Promise<void> {
  const { objects, random } = scope.deps;
  const { namespace, name: clusterName } = scope.clusterKey;
  const controlPlane = scope.controlPlane;
  const reference = controlPlane.spec.machineTemplate.spec.infrastructureRef;
  const { resource } = await objects.resolveContract(reference.apiGroup, infraKind(scope));
  await objects.ensureWatched('kubeadmcontrolplane', resource, () => undefined);
  const name =
    leftOver(scope, resource, template) ??
    renderName(
      controlPlane.spec.machineNaming?.template ?? DEFAULT_NAME_TEMPLATE,
      { 'cluster.name': clusterName, 'kubeadmControlPlane.name': controlPlane.metadata.name },
      random,
    );
  const labels = machineLabels(controlPlane, clusterName);
  const owner = ownerReference(scope.draft.stored);
  const annotations = controlPlane.spec.machineTemplate.metadata?.annotations;
  const infra = cloneTemplate(template, { name, namespace, clusterName, labels, annotations, owner });
  const config: KubeObject = {
    apiVersion: KubeadmConfig.apiVersion,
    kind: KubeadmConfig.kind,
    metadata: {
      name,
      namespace,
      labels,
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ownerReferences: [owner],
    },
    spec: desiredConfigSpec(controlPlane, form),
  };
  const machine = newMachineIntent(controlPlane, clusterName, scope.managedEtcd, {
    name,
    infrastructureRef: {
      apiGroup: parseApiVersion(infra.apiVersion).group,
      kind: infra.kind,
      name,
    },
    failureDomain: selectFailureDomain(candidatesOf(scope), scope.cluster.status?.failureDomains ?? [], random),
    remediationFor: replaced === undefined ? undefined : remediationText(replaced),
  });
  try {
    await objects.apply(resource, infra, KUBEADM_CONTROL_PLANE_FIELD_MANAGER);
    await objects.apply(KubeadmConfig, config, KUBEADM_CONTROL_PLANE_FIELD_MANAGER);
    await objects.apply(Machine, machine, KUBEADM_CONTROL_PLANE_FIELD_MANAGER);
  } catch (error) {
    const reason = form === 'init' ? EventReason.failedInitialization : EventReason.failedScaleUp;
    scope.deps.events.event(
      scope.draft.stored,
      'Warning',
      reason,
      `Failed to create Machine ${name}: ${messageOf(error)}`,
    );
    if (isReason(error, 'Invalid', 'Forbidden', 'BadRequest')) await removeUnfinished(scope, resource, name);
    throw error;
  }
}

/** The name of a machine whose creation was interrupted before its Machine existed, made from the same template. */
function leftOver(scope: Scope, resource: Resource, template: KubeObject): string | undefined {
  const { objects } = scope.deps;
  const { namespace } = scope.clusterKey;
  return objects
    .list(resource, { namespace })
    .filter((object) => isOwnedBy(object, scope.draft.stored) && object.metadata.deletionTimestamp === undefined)
    .filter((object) => object.metadata.annotations?.[CLONED_FROM_NAME] === template.metadata.name)
    .find((object) => objects.get(Machine, { namespace, name: object.metadata.name }) === undefined)?.metadata.name;
}

/**
 * Deletes what a creation that was interrupted left behind, once no machine is missing: nobody would continue it. A
 * Machine takes over what is its own, so what the control plane still owns has none.
 */
export async function removeLeftOvers(scope: Scope): Promise<void> {
  const { objects } = scope.deps;
  const { namespace } = scope.clusterKey;
  const { apiGroup } = scope.controlPlane.spec.machineTemplate.spec.infrastructureRef;
  const { resource } = await objects.resolveContract(apiGroup, infraKind(scope));
  await objects.ensureWatched('kubeadmcontrolplane', resource, () => undefined);
  for (const kind of [KubeadmConfig, resource]) {
    for (const part of objects.list(kind, { namespace, ownerUid: scope.draft.stored.metadata.uid })) {
      const key = { namespace, name: part.metadata.name };
      if (isBeingDeleted(part) || objects.get(Machine, key) !== undefined) continue;
      // Caches of two kinds may be a moment apart; only the server can say that there is no Machine.
      if ((await objects.read(Machine, key)) === undefined) await objects.delete(kind, part);
    }
  }
}

/** What the server refused will be refused again; its parts must not stay behind. */
async function removeUnfinished(scope: Scope, resource: Resource, name: string): Promise<void> {
  const { objects } = scope.deps;
  const key = { namespace: scope.clusterKey.namespace, name };
  if (objects.get(Machine, key) !== undefined) return;
  for (const kind of [KubeadmConfig, resource]) {
    const object = objects.get(kind, key);
    if (object !== undefined) await objects.delete(kind, object);
  }
}

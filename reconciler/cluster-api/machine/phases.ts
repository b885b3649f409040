import { Node } from '../../../api/kinds';
import { MachineDeployment } from '../../../api/kinds/cluster-api/machine-deployment';
import { MachineSet } from '../../../api/kinds/cluster-api/machine-set';
import {
  CLUSTER_NAME_LABEL,
  CONTROL_PLANE_NAME_LABEL,
  POOL_NAME_LABEL,
  REVISION_ANNOTATION,
  SET_NAME_LABEL,
} from '../../../api/labels';
import { requeueAfter } from '../../../api/ports';
import {
  type ContractReference,
  textAt,
  viewBootstrap,
  viewControlPlane,
  viewInfraMachine,
} from '../../../machinery/contract';
import { cloneJson, equalJson } from '../../../machinery/json';
import { controllerOf, isBeingDeleted, type KubeObject } from '../../../machinery/kube-object';
import { controllerReference, ownerReference, withOwner, withoutOwnersOf } from '../../../machinery/owner-references';
import type { External } from '../references/external-objects';
import { nodeAsIntended } from './node-metadata';
import { type MachineScope, machineOf, statusOf } from './scope';

/** An object that may appear later without an event we can map to this Machine is looked for again after this. */
const MISSING_RETRY_MS = 30_000;

/** A Machine that nobody controls belongs to its Cluster; every Machine carries the cluster's label. */
export function claim(scope: MachineScope): void {
  const { metadata } = machineOf(scope);
  metadata.labels = { ...metadata.labels, [CLUSTER_NAME_LABEL]: machineOf(scope).spec.clusterName };
  const standalone =
    controllerOf(machineOf(scope)) === undefined &&
    [SET_NAME_LABEL, CONTROL_PLANE_NAME_LABEL, POOL_NAME_LABEL].every((key) => metadata.labels?.[key] === undefined);
  if (standalone) metadata.ownerReferences = withOwner(metadata.ownerReferences, ownerReference(scope.cluster));
}

/** Reads the control plane, for the guard of the last control-plane machine. */
export async function findControlPlane(scope: MachineScope): Promise<void> {
  const reference = scope.cluster.spec.controlPlaneRef;
  if (reference === undefined) return;
  const found = await scope.external.find(reference, scope.clusterKey.namespace);
  if (found.object === undefined) return;
  scope.controlPlane = viewControlPlane(found.object, found.contract);
  scope.controlPlaneDeleting = isBeingDeleted(found.object);
}

/** Takes the BootstrapConfig over, and its data when they are ready. */
export async function reconcileBootstrap(scope: MachineScope): Promise<void> {
  const machine = machineOf(scope);
  const reference = machine.spec.bootstrap.configRef;
  if (reference === undefined) {
    if (machine.spec.bootstrap.dataSecretName !== undefined) markBootstrapped(scope);
    return;
  }
  const found = await findAndAdopt(scope, reference);
  scope.bootstrap = found;
  if (found.object === undefined) {
    if (!isBeingDeleted(machine)) scope.outcomes.push(requeueAfter(MISSING_RETRY_MS));
    return;
  }
  if (machine.spec.bootstrap.dataSecretName !== undefined) {
    markBootstrapped(scope);
    return;
  }
  const view = viewBootstrap(found.object, found.contract);
  if (!view.dataSecretCreated || view.dataSecretName === undefined) return;
  machine.spec.bootstrap = { ...machine.spec.bootstrap, dataSecretName: view.dataSecretName };
  markBootstrapped(scope);
}

function markBootstrapped(scope: MachineScope): void {
  const status = statusOf(scope);
  status.initialization = { ...status.initialization, bootstrapDataSecretCreated: true };
}

/** Takes the InfraMachine over, and what it says about the machine. */
export async function reconcileInfrastructure(scope: MachineScope): Promise<void> {
  const machine = machineOf(scope);
  const found = await findAndAdopt(scope, machine.spec.infrastructureRef);
  scope.infrastructure = found;
  if (found.object === undefined) {
    if (!isBeingDeleted(machine)) scope.outcomes.push(requeueAfter(MISSING_RETRY_MS));
    return;
  }
  const view = viewInfraMachine(found.object, found.contract);
  if (!view.provisioned || view.providerId === undefined) return;
  const status = statusOf(scope);
  const addresses = view.addresses.filter(isMachineAddress);
  if (addresses.length > 0) status.addresses = addresses;
  if (view.failureDomain !== undefined) {
    status.failureDomain = view.failureDomain;
    machine.spec.failureDomain ??= view.failureDomain;
  }
  machine.spec.providerID = view.providerId;
  status.initialization = { ...status.initialization, infrastructureProvisioned: true };
}

type MachineAddress = NonNullable<ReturnType<typeof statusOf>['addresses']>[number];
const ADDRESS_TYPES: readonly string[] = ['Hostname', 'ExternalIP', 'InternalIP', 'ExternalDNS', 'InternalDNS'];

function isMachineAddress(address: { type: string; address: string }): address is MachineAddress {
  return ADDRESS_TYPES.includes(address.type);
}

/** Reads a referenced object and makes the Machine its controller: providers wait for that. */
async function findAndAdopt(scope: MachineScope, reference: ContractReference): Promise<External> {
  const machine = machineOf(scope);
  const found = await scope.external.find(reference, scope.clusterKey.namespace);
  if (found.object === undefined || isBeingDeleted(machine)) return found;
  const adopted = adoptedBy(machine, found.object);
  if (equalJson(adopted.metadata, found.object.metadata)) return found;
  return { ...found, object: await scope.deps.objects.patch(found.resource, found.object, adopted) };
}

function adoptedBy(machine: KubeObject & { spec: { clusterName: string } }, object: KubeObject): KubeObject {
  const copy = cloneJson(object);
  const rest = withoutOwnersOf(
    withoutOwnersOf(copy.metadata.ownerReferences, 'cluster.x-k8s.io', 'MachineSet'),
    'controlplane.cluster.x-k8s.io',
    ...creators(object),
  );
  copy.metadata.ownerReferences = withOwner(rest, controllerReference(machine));
  copy.metadata.labels = { ...copy.metadata.labels, [CLUSTER_NAME_LABEL]: machine.spec.clusterName };
  return copy;
}

/** Control planes of any provider own what they create only until the Machine does. */
function creators(object: KubeObject): string[] {
  return (object.metadata.ownerReferences ?? [])
    .filter((owner) => owner.controller !== true)
    .map((owner) => owner.kind);
}

/** Finds the Node by provider id and keeps its labels, annotations and taints in step. */
export async function reconcileNode(scope: MachineScope): Promise<void> {
  const machine = machineOf(scope);
  const { connection } = scope;
  const providerId = machine.spec.providerID;
  if (providerId === undefined || connection === undefined) return;
  const node = connection.list(Node).find((candidate) => candidate.spec?.providerID === providerId);
  scope.node = node;
  if (node === undefined) return;
  const status = statusOf(scope);
  if (status.nodeRef?.name !== node.metadata.name) {
    status.nodeRef = { name: node.metadata.name };
    scope.deps.events.event(scope.draft.stored, 'Normal', 'SuccessfulSetNodeRef', node.metadata.name);
  }
  status.nodeInfo = nodeInfoOf(node);
  if (isBeingDeleted(machine)) return;
  const intended = nodeAsIntended(node, {
    machine,
    outdated: isOutdated(scope),
    interruptible: infrastructureIsInterruptible(scope),
  });
  if (equalJson(node, intended)) return;
  const { metadata, spec } = intended;
  const patch = {
    metadata: {
      resourceVersion: node.metadata.resourceVersion,
      labels: textChanges(node.metadata.labels, metadata.labels),
      annotations: textChanges(node.metadata.annotations, metadata.annotations),
    },
    // A merge patch replaces the list; the resource version above protects what others put into it.
    ...(equalJson(node.spec?.taints ?? [], spec?.taints ?? []) ? {} : { spec: { taints: spec?.taints ?? null } }),
  };
  const key = { namespace: '', name: node.metadata.name };
  scope.node = await connection.api.patch(Node, key, { type: 'merge', patch }, { fieldManager: 'manager' });
}

type Texts = { [key: string]: string };

function textChanges(before: Texts | undefined, after: Texts | undefined): { [key: string]: string | null } {
  const changes: { [key: string]: string | null } = {};
  for (const [key, value] of Object.entries(after ?? {})) if (before?.[key] !== value) changes[key] = value;
  for (const key of Object.keys(before ?? {})) if (after?.[key] === undefined) changes[key] = null;
  return changes;
}

type NodeInfo = NonNullable<ReturnType<typeof statusOf>['nodeInfo']>;

function nodeInfoOf(node: Node): NodeInfo {
  const text = (field: string): string => textAt(node, 'status', 'nodeInfo', field) ?? '';
  return {
    architecture: text('architecture'),
    bootID: text('bootID'),
    containerRuntimeVersion: text('containerRuntimeVersion'),
    kernelVersion: text('kernelVersion'),
    kubeProxyVersion: text('kubeProxyVersion'),
    kubeletVersion: text('kubeletVersion'),
    machineID: text('machineID'),
    operatingSystem: text('operatingSystem'),
    osImage: text('osImage'),
    systemUUID: text('systemUUID'),
  };
}

function infrastructureIsInterruptible(scope: MachineScope): boolean {
  const found = scope.infrastructure;
  return found?.object !== undefined && viewInfraMachine(found.object, found.contract).interruptible;
}

/** The MachineSet and MachineDeployment above a Machine, as far as they exist. */
export function ownersOf(scope: MachineScope): {
  set?: MachineSet | undefined;
  deployment?: MachineDeployment | undefined;
} {
  const { namespace } = scope.clusterKey;
  const owner = controllerOf(machineOf(scope));
  if (owner?.kind !== 'MachineSet') return {};
  const set = scope.deps.objects.get(MachineSet, { namespace, name: owner.name });
  const above = set === undefined ? undefined : controllerOf(set);
  if (above?.kind !== 'MachineDeployment') return { set };
  return { set, deployment: scope.deps.objects.get(MachineDeployment, { namespace, name: above.name }) };
}

/** Whether newer machines of the same MachineDeployment should get pods first; undefined: not of a deployment. */
function isOutdated(scope: MachineScope): boolean | undefined {
  const { set, deployment } = ownersOf(scope);
  if (set === undefined || deployment === undefined) return undefined;
  const own = Number(set.metadata.annotations?.[REVISION_ANNOTATION] ?? 0);
  const newest = Number(deployment.metadata.annotations?.[REVISION_ANNOTATION] ?? 0);
  return own < newest;
}

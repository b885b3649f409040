import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from '../../../api/labels';
import { requeueAfter } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import {
  type ContractReference,
  type Endpoint,
  endpointOf,
  viewControlPlane,
  viewInfraCluster,
} from '../../../machinery/contract';
import { cloneJson, equalJson } from '../../../machinery/json';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { ownerReference, withOwner } from '../../../machinery/owner-references';
import { Type } from '../conditions/reasons';
import type { External } from '../references/external-objects';
import { type ClusterScope, statusOf } from './scope';

/** An object that is created without an event we can map to this Cluster is looked for again after this. */
const MISSING_RETRY_MS = 30_000;

/** Takes over what the InfraCluster says: endpoint, failure domains, that the infrastructure stands. */
export async function reconcileInfrastructure(scope: ClusterScope): Promise<void> {
  const cluster = scope.draft.object;
  const reference = cluster.spec.infrastructureRef;
  const status = statusOf(scope);
  if (reference === undefined) {
    // With a topology the reference is still to come; without, the machines bring all there is.
    if (cluster.spec.topology === undefined) {
      status.initialization = { ...status.initialization, infrastructureProvisioned: true };
    }
    return;
  }
  const found = await findAndClaim(scope, reference);
  scope.infrastructure = found;
  if (found.object === undefined) return;
  const view = viewInfraCluster(found.object, found.contract);
  if (!view.provisioned) return;
  takeEndpoint(scope, view.endpoint);
  if (view.failureDomains.length > 0) status.failureDomains = view.failureDomains;
  else delete status.failureDomains;
  if (status.initialization?.infrastructureProvisioned !== true) {
    const name = cluster.metadata.name;
    const message = `Cluster ${name} InfrastructureProvisioned is now True`;
    scope.deps.events.event(scope.draft.stored, 'Normal', 'InfrastructureReady', message);
  }
  status.initialization = { ...status.initialization, infrastructureProvisioned: true };
}

/** Takes over what the control plane says: endpoint, that it is initialized. */
export async function reconcileControlPlane(scope: ClusterScope): Promise<void> {
  const cluster = scope.draft.object;
  const reference = cluster.spec.controlPlaneRef;
  const status = statusOf(scope);
  let initialized = isTrue(cluster, Type.controlPlaneInitialized);
  if (reference === undefined) {
    initialized ||= scope.descendants.controlPlaneMachines.some(
      (machine) =>
        machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined && machine.status?.nodeRef !== undefined,
    );
  } else {
    const found = await findAndClaim(scope, reference);
    scope.controlPlane = found;
    if (found.object !== undefined) {
      const view = viewControlPlane(found.object, found.contract);
      scope.controlPlaneView = view;
      if (view.initialized) takeEndpoint(scope, view.endpoint);
      initialized ||= view.initialized;
    }
  }
  if (!initialized) return;
  if (status.initialization?.controlPlaneInitialized !== true) {
    const message = `Cluster ${cluster.metadata.name} ControlPlaneInitialized is now True`;
    scope.deps.events.event(scope.draft.stored, 'Normal', 'ControlPlaneInitialized', message);
  }
  status.initialization = { ...status.initialization, controlPlaneInitialized: true };
}

function takeEndpoint(scope: ClusterScope, endpoint: Endpoint | undefined): void {
  const cluster = scope.draft.object;
  if (endpoint === undefined || endpointOf(cluster) !== undefined || isBeingDeleted(cluster)) return;
  cluster.spec.controlPlaneEndpoint = { host: endpoint.host, port: endpoint.port };
}

/** Reads a referenced object and makes the Cluster its owner: providers wait for that. */
async function findAndClaim(scope: ClusterScope, reference: ContractReference): Promise<External> {
  const cluster = scope.draft.object;
  const found = await scope.external.find(reference, cluster.metadata.namespace ?? '');
  if (isBeingDeleted(cluster)) return found;
  if (found.object === undefined) {
    scope.outcomes.push(requeueAfter(MISSING_RETRY_MS));
    return found;
  }
  const claimed = cloneJson(found.object);
  claimed.metadata.labels = { ...claimed.metadata.labels, [CLUSTER_NAME_LABEL]: cluster.metadata.name };
  const controller = claimed.metadata.ownerReferences?.find((owner) => owner.uid === cluster.metadata.uid)?.controller;
  // Releases before v1.13 made the Cluster its controller; what is there stays.
  if (controller !== true) {
    claimed.metadata.ownerReferences = withOwner(claimed.metadata.ownerReferences, ownerReference(cluster));
  }
  if (equalJson(claimed.metadata, found.object.metadata)) return found;
  return { ...found, object: await scope.deps.objects.patch(found.resource, found.object, claimed) };
}

import type { Cluster } from '../../../api/kinds/cluster-api/cluster';
import type { Machine } from '../../../api/kinds/cluster-api/machine';
import type { MachineDeployment } from '../../../api/kinds/cluster-api/machine-deployment';
import type { MachineSet } from '../../../api/kinds/cluster-api/machine-set';
import type { Outcome } from '../../../api/ports';
import type { ConditionReport } from '../../../machinery/conditions';
import type { ControlPlaneView } from '../../../machinery/contract';
import type { Draft } from '../../runtime/draft';
import type { Pacer } from '../../runtime/pacing';
import type { ClusterApiDeps } from '../dependencies';
import type { External, ExternalObjects } from '../references/external-objects';

/** Everything that belongs to a Cluster. */
export interface Descendants {
  readonly deployments: readonly MachineDeployment[];
  readonly sets: readonly MachineSet[];
  readonly controlPlaneMachines: readonly Machine[];
  readonly workerMachines: readonly Machine[];
}

/** One reconcile of one Cluster: what was read, and what the phases found out for the status. */
export interface ClusterScope {
  readonly deps: ClusterApiDeps;
  readonly external: ExternalObjects;
  readonly draft: Draft<Cluster>;
  readonly pacer: Pacer;
  readonly descendants: Descendants;
  infrastructure?: External | undefined;
  infrastructureError?: unknown;
  controlPlane?: External | undefined;
  controlPlaneView?: ControlPlaneView | undefined;
  controlPlaneError?: unknown;
  deleting?: Omit<ConditionReport, 'type' | 'status'> | undefined;
  readonly outcomes: Outcome[];
}

export function statusOf(scope: ClusterScope): NonNullable<Cluster['status']> {
  const cluster = scope.draft.object;
  cluster.status ??= {};
  return cluster.status;
}

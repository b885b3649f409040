import type { Node } from '../../../api/kinds';
import type { Cluster } from '../../../api/kinds/cluster-api/cluster';
import type { Machine } from '../../../api/kinds/cluster-api/machine';
import type { Outcome, WorkloadConnection } from '../../../api/ports';
import type { ConditionReport } from '../../../machinery/conditions';
import type { ControlPlaneView } from '../../../machinery/contract';
import type { ObjectKey } from '../../../machinery/kube-object';
import type { Draft } from '../../runtime/draft';
import type { Pacer } from '../../runtime/pacing';
import type { ClusterApiDeps } from '../dependencies';
import type { External, ExternalObjects } from '../references/external-objects';

/** One reconcile of one Machine: what was read, and what the phases found out for the status. */
export interface MachineScope {
  readonly deps: ClusterApiDeps;
  readonly external: ExternalObjects;
  readonly draft: Draft<Machine>;
  readonly pacer: Pacer;
  readonly cluster: Cluster;
  readonly clusterKey: ObjectKey;
  readonly connection: WorkloadConnection | undefined;
  /** The control plane of the cluster, when it has one that could be read. */
  controlPlane?: ControlPlaneView | undefined;
  controlPlaneDeleting?: boolean | undefined;
  bootstrap?: External | undefined;
  infrastructure?: External | undefined;
  /** A failure while looking: the object may or may not exist. */
  bootstrapError?: unknown;
  infrastructureError?: unknown;
  node?: Node | undefined;
  /** What the deletion branch waits for. */
  deleting?: Omit<ConditionReport, 'type' | 'status'> | undefined;
  readonly outcomes: Outcome[];
}

/** The Machine as this reconcile has it so far. */
export function machineOf(scope: MachineScope): Machine {
  return scope.draft.object;
}

/** The status to write into. */
export function statusOf(scope: MachineScope): NonNullable<Machine['status']> {
  const machine = scope.draft.object;
  machine.status ??= {};
  return machine.status;
}

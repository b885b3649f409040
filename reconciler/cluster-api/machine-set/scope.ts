import type { Cluster, Machine, MachineSet } from '../../../api/kinds';
import type { ClusterApiDeps } from '../common/dependencies';
import type { Draft } from '../common/draft';
import type { ExternalObjects } from '../common/external-objects';
import type { Pacer } from '../common/pacing';

/** One reconcile of one MachineSet. */
export interface MachineSetScope {
  readonly deps: ClusterApiDeps;
  readonly external: ExternalObjects;
  readonly draft: Draft<MachineSet>;
  readonly pacer: Pacer;
  /** The MachineSet with defaults, as it was stored: what is acted upon. */
  readonly wanted: MachineSet;
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Its machines, those in deletion included. */
  machines: readonly Machine[];
  /** Why machines are not created now. */
  blocked: readonly string[];
}

import type { Cluster, Machine, MachineSet } from '../../../api/kinds';
import type { Draft } from '../../runtime/draft';
import type { Pacer } from '../../runtime/pacing';
import type { ClusterApiDeps } from '../dependencies';
import type { ExternalObjects } from '../references/external-objects';

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

import type { Cluster, Machine, MachineDeployment, MachineSet } from '../../../api/kinds';
import type { ClusterApiDeps } from '../common/dependencies';
import type { Draft } from '../common/draft';
import type { ExternalObjects } from '../common/external-objects';
import type { Pacer } from '../common/pacing';

/** One reconcile of one MachineDeployment. */
export interface DeploymentScope {
  readonly deps: ClusterApiDeps;
  readonly external: ExternalObjects;
  readonly draft: Draft<MachineDeployment>;
  readonly pacer: Pacer;
  /** The MachineDeployment with defaults, as it was stored: what is acted upon. */
  readonly wanted: MachineDeployment;
  readonly cluster: Cluster;
  readonly namespace: string;
  /** All its MachineSets. */
  sets: readonly MachineSet[];
  /** The one of today's template. */
  current?: MachineSet | undefined;
  /** Its machines, of all sets. */
  machines: readonly Machine[];
}

import type { Cluster, Machine, MachineDeployment, MachineSet } from '../../../api/kinds';
import type { Outcome } from '../../../api/ports';
import type { Draft } from '../../runtime/draft';
import type { Pacer } from '../../runtime/pacing';
import type { ClusterApiDeps } from '../dependencies';
import type { ExternalObjects } from '../references/external-objects';

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
  /** Why no MachineSet is created now. */
  blocked: readonly string[];
  readonly outcomes: Outcome[];
}

import type { Controller } from '../../api/ports';
import { clusterController } from './cluster/controller';
import type { ClusterApiDeps } from './common/dependencies';
import { machineController } from './machine/controller';
import { machineDeploymentController } from './machine-deployment/controller';
import { machineSetController } from './machine-set/controller';

export type { ClusterApiDeps } from './common/dependencies';

/** The Cluster API core controllers: Cluster, MachineDeployment, MachineSet and Machine. */
export function clusterApiControllers(deps: ClusterApiDeps): Controller[] {
  return [
    clusterController(deps),
    machineDeploymentController(deps),
    machineSetController(deps),
    machineController(deps),
  ];
}

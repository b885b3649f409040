import type { Controller, EventRecorder } from '../../api/ports';
import { clusterController } from './cluster/controller';
import type { ClusterApiDeps } from './dependencies';
import { machineController } from './machine/controller';
import { machineDeploymentController } from './machine-deployment/controller';
import { machineSetController } from './machine-set/controller';

/** What the loop `cluster-api` needs; every controller records events under upstream's name for it. */
export interface ClusterApiLoopDeps extends Omit<ClusterApiDeps, 'events'> {
  recorder(component: string): EventRecorder;
}

/** The Cluster API core controllers: Cluster, MachineDeployment, MachineSet and Machine. */
export function clusterApiControllers(deps: ClusterApiLoopDeps): Controller[] {
  const { objects, workloads, clock, random } = deps;
  const as = (component: string): ClusterApiDeps => {
    return { objects, workloads, clock, random, events: deps.recorder(component) };
  };
  return [
    clusterController(as('cluster-controller')),
    machineDeploymentController(as('machinedeployment-controller')),
    machineSetController(as('machineset-controller')),
    machineController(as('machine-controller')),
  ];
}

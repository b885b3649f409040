import { Machine } from '../../../api/kinds/cluster-api/machine';
import { MachineDeployment } from '../../../api/kinds/cluster-api/machine-deployment';
import { MachineSet } from '../../../api/kinds/cluster-api/machine-set';
import { CONTROL_PLANE_LABEL } from '../../../api/labels';
import type { Objects } from '../../../api/ports';
import { controllerOf, type ObjectKey } from '../../../machinery/kube-object';
import type { Descendants } from './scope';

/** Finds what belongs to a cluster: by `spec.clusterName`, because the label comes later, to what is paused not at all. */
export function descendantsOf(objects: Objects, { namespace, name }: ObjectKey): Descendants {
  const mine = (object: { spec: { clusterName: string } }) => object.spec.clusterName === name;
  const machines = objects.list(Machine, { namespace }).filter(mine);
  return {
    deployments: objects.list(MachineDeployment, { namespace }).filter(mine),
    sets: objects.list(MachineSet, { namespace }).filter(mine),
    controlPlaneMachines: machines.filter((machine) => machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined),
    workerMachines: machines.filter((machine) => machine.metadata.labels?.[CONTROL_PLANE_LABEL] === undefined),
  };
}

/** MachineSets that no MachineDeployment made. */
export function standaloneSets(descendants: Descendants): MachineSet[] {
  return descendants.sets.filter((set) => controllerOf(set)?.kind !== 'MachineDeployment');
}

/** Workers that no MachineSet made. */
export function standaloneWorkers(descendants: Descendants): Machine[] {
  return descendants.workerMachines.filter((machine) => controllerOf(machine) === undefined);
}

/** What is left below a Cluster in deletion, one line for each kind; empty: nothing. */
export function remainingWorkers(descendants: Descendants): string[] {
  const lines: string[] = [];
  const add = (title: string, objects: readonly { metadata: { name: string } }[]) => {
    if (objects.length > 0) lines.push(`* ${title}: ${listNames(objects)}`);
  };
  add('MachineDeployments', descendants.deployments);
  add('MachineSets', descendants.sets);
  add('Worker Machines', descendants.workerMachines);
  return lines;
}

const NAMES_SHOWN = 5;

/** Names of objects for a message, sorted; at most five. */
export function listNames(objects: readonly { metadata: { name: string } }[]): string {
  const names = objects.map((object) => object.metadata.name).sort();
  const more = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? `, ... (${more} more)` : '');
}

import type { Machine } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import { MachineType } from './reasons';

/** What stands in the way of adding or removing a machine (`capi.md` 6.3). */
export interface PreflightVerdict {
  /** Empty: nothing. For events; name the machine and the condition. */
  readonly messages: readonly string[];
  readonly hasDeletingMachine: boolean;
  readonly componentsNotHealthy: boolean;
  readonly etcdNotHealthy: boolean;
}

/** The conditions a machine must have before anything else is touched. */
export function machineHealthTypes(managedEtcd: boolean): string[] {
  const always = [
    MachineType.apiServerPod,
    MachineType.controllerManagerPod,
    MachineType.schedulerPod,
    MachineType.nodeLabelsAndTaints,
  ];
  return managedEtcd ? [...always, MachineType.etcdPod, MachineType.etcdMember] : always;
}

export function isMachineHealthy(machine: Machine, managedEtcd: boolean): boolean {
  return machineHealthTypes(managedEtcd).every((type) => conditionOf(machine, type)?.status === 'True');
}

/**
 * Checks all machines but those that are about to go. One operation at a time: a machine being deleted stops
 * everything.
 */
export function preflight(
  machines: readonly Machine[],
  excluded: readonly Machine[],
  managedEtcd: boolean,
): PreflightVerdict {
  const deleting = machines.filter((machine) => machine.metadata.deletionTimestamp !== undefined);
  if (deleting.length > 0) {
    const messages = deleting.map((machine) => `Machine ${machine.metadata.name} is being deleted`);
    return { messages, hasDeletingMachine: true, componentsNotHealthy: false, etcdNotHealthy: false };
  }
  const gone = new Set(excluded.map((machine) => machine.metadata.name));
  const messages: string[] = [];
  let componentsNotHealthy = false;
  let etcdNotHealthy = false;
  for (const machine of machines) {
    const { name } = machine.metadata;
    if (gone.has(name)) continue;
    if (machine.status?.nodeRef === undefined) {
      messages.push(`Machine ${name} does not have a corresponding Node yet (Machine.status.nodeRef not set)`);
      componentsNotHealthy = true;
      etcdNotHealthy = managedEtcd;
      continue;
    }
    for (const type of machineHealthTypes(managedEtcd)) {
      const message = healthMessage(machine, type);
      if (message === undefined) continue;
      messages.push(message);
      if (type === MachineType.etcdMember) etcdNotHealthy = true;
      else componentsNotHealthy = true;
    }
  }
  return { messages, hasDeletingMachine: false, componentsNotHealthy, etcdNotHealthy };
}

function healthMessage(machine: Machine, type: string): string | undefined {
  const condition = conditionOf(machine, type);
  const { name } = machine.metadata;
  if (condition === undefined) return `Machine ${name} does not have ${type} condition`;
  if (condition.status === 'True') return undefined;
  return `Machine ${name} reports ${type} condition is ${condition.status.toLowerCase()} (${condition.message})`;
}

/** Several messages as Go prints a list of errors. */
export function joinMessages(messages: readonly string[]): string {
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
}

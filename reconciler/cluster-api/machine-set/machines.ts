import { Machine, type MachineSet } from '../../../api/kinds';
import {
  DELETE_MACHINE_ANNOTATION,
  MACHINE_SET_FIELD_MANAGER,
  MACHINE_SET_METADATA_FIELD_MANAGER,
} from '../../../api/labels';
import { isFalse, isTrue } from '../../../machinery/conditions';
import type { ContractReference } from '../../../machinery/contract';
import { CapstanError, messageOf } from '../../../machinery/errors';
import {
  controllerOf,
  isBeingDeleted,
  isOwnedBy,
  type KubeObject,
  keyOf,
  keyText,
  type ObjectKey,
} from '../../../machinery/kube-object';
import { renderName } from '../../../machinery/names';
import { controllerReference, withOwner } from '../../../machinery/owner-references';
import { matchesSelector } from '../../../machinery/selectors';
import { kindOfTemplate } from '../../../machinery/template-clone';
import { Type } from '../conditions/reasons';
import { templateReferences } from '../references/templates';
import { selectorOf } from '../selector';
import { type DeleteCandidate, inDeleteOrder } from './delete-order';
import { newMachine, partFromTemplate, partMetadata, syncedMachine } from './intents';
import type { MachineSetScope } from './scope';

const DEFAULT_NAME_TEMPLATE = '{{ .machineSet.name }}-{{ .random }}';

/** A template a machine should be made from does not exist. */
export class TemplateMissing extends CapstanError {
  constructor(reference: ContractReference, namespace: string) {
    super({
      name: 'TemplateMissing',
      code: 'TEMPLATE_MISSING',
      object: `${reference.kind} ${namespace}/${reference.name}`,
      message: `${reference.kind} ${namespace}/${reference.name} does not exist; create it, work resumes by itself`,
    });
  }
}

/** Nobody can say whether a Machine came to be: its parts stay until that is known. */
class MachineUncertain extends CapstanError {
  constructor(key: ObjectKey, cause: unknown) {
    super({
      name: 'MachineUncertain',
      code: 'MACHINE_UNCERTAIN',
      object: `Machine ${keyText(key)}`,
      message: `Machine ${keyText(key)} may have been created (${messageOf(cause)}); work resumes by itself when the API server answers`,
      cause,
    });
  }
}

/** The machines of a set: those it controls, and those that match and that nobody controls. */
export async function collectMachines(scope: MachineSetScope): Promise<void> {
  const { deps, wanted, namespace } = scope;
  const machines = deps.objects.list(Machine, { namespace, selector: selectorOf(wanted.spec.selector) });
  const mine: Machine[] = [];
  for (const machine of machines) {
    if (isOwnedBy(machine, wanted) && controllerOf(machine)?.uid === wanted.metadata.uid) mine.push(machine);
    else if (isOrphanFor(wanted, machine)) {
      const adopted = {
        ...machine,
        metadata: {
          ...machine.metadata,
          ownerReferences: withOwner(machine.metadata.ownerReferences, controllerReference(wanted)),
        },
      };
      mine.push(await deps.objects.patch(Machine, machine, adopted));
    }
  }
  scope.machines = mine;
}

/** A selector of a user's own may well fit machines of another cluster in the namespace. */
function isOrphanFor(set: MachineSet, machine: Machine): boolean {
  if (controllerOf(machine) !== undefined || machine.spec.clusterName !== set.spec.clusterName) return false;
  return !isBeingDeleted(machine) && !isBeingDeleted(set);
}

/** Applies what may change in place to every machine and its parts. */
export async function syncMachines(scope: MachineSetScope): Promise<void> {
  const { deps, wanted } = scope;
  for (const machine of scope.machines) {
    if (isBeingDeleted(machine)) continue;
    await deps.objects.apply(Machine, syncedMachine(wanted, machine), MACHINE_SET_FIELD_MANAGER);
    const { bootstrap, infrastructureRef } = machine.spec;
    for (const reference of [infrastructureRef, bootstrap.configRef]) {
      if (reference === undefined) continue;
      const { object, resource } = await scope.external.find(reference, scope.namespace);
      if (object === undefined || isBeingDeleted(object)) continue;
      const part = {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        uid: object.metadata.uid,
      };
      await deps.objects.apply(resource, partMetadata(wanted, part), MACHINE_SET_METADATA_FIELD_MANAGER);
    }
  }
}

/** Creates machines, all at once; reports the first failure when all attempts are over. */
export async function createMachines(scope: MachineSetScope, count: number): Promise<void> {
  const { deps, wanted } = scope;
  const variables = { 'machineSet.name': wanted.metadata.name, 'cluster.name': wanted.spec.clusterName };
  const template = wanted.spec.machineNaming?.template ?? DEFAULT_NAME_TEMPLATE;
  const names = Array.from({ length: count }, () => renderName(template, variables, deps.random));
  const results = await Promise.allSettled(names.map((name) => createMachine(scope, name)));
  const created = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  scope.machines = [...scope.machines, ...created];
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function createMachine(scope: MachineSetScope, name: string): Promise<Machine> {
  const { deps, wanted } = scope;
  const { bootstrap, infrastructureRef } = wanted.spec.template.spec;
  const parts: { made: KubeObject; remove: () => Promise<void> }[] = [];
  try {
    let machineBootstrap = bootstrap;
    if (bootstrap.configRef?.kind.endsWith('Template') === true) {
      parts.push(await createPart(scope, bootstrap.configRef, name));
      machineBootstrap = {
        configRef: { ...bootstrap.configRef, kind: kindOfTemplate(bootstrap.configRef.kind), name },
      };
    }
    parts.push(await createPart(scope, infrastructureRef, name));
    const intent = newMachine(wanted, {
      name,
      bootstrap: machineBootstrap,
      infrastructureRef: { ...infrastructureRef, kind: kindOfTemplate(infrastructureRef.kind), name },
    });
    const machine = await applyMachine(scope, intent);
    deps.events.event(scope.draft.stored, 'Normal', 'SuccessfulCreate', `Created Machine "${name}"`);
    return machine;
  } catch (error) {
    deps.events.event(scope.draft.stored, 'Warning', 'FailedCreate', `Failed to create Machine: ${messageOf(error)}`);
    if (error instanceof MachineUncertain) throw error;
    // A Machine that never came to be leaves nothing behind. What cannot be removed now goes with the next attempt.
    await Promise.allSettled(parts.map((part) => part.remove()));
    throw error;
  }
}

/** An answer that is lost does not mean that there is no Machine: without its parts one that is there were lost. */
async function applyMachine({ deps }: MachineSetScope, intent: KubeObject): Promise<Machine> {
  try {
    return await deps.objects.apply(Machine, intent, MACHINE_SET_FIELD_MANAGER);
  } catch (error) {
    const key = keyOf(intent);
    const machine = await deps.objects.read(Machine, key).catch((cause: unknown) => {
      throw new MachineUncertain(key, cause);
    });
    if (machine === undefined) throw error;
    return machine;
  }
}

async function createPart(scope: MachineSetScope, reference: ContractReference, name: string) {
  const { deps, wanted, namespace } = scope;
  const template = await scope.external.find(reference, namespace);
  if (template.object === undefined) throw new TemplateMissing(reference, namespace);
  const kind = kindOfTemplate(reference.kind);
  const { resource } = await scope.external.find({ ...reference, kind, name }, namespace);
  const intent = partFromTemplate(wanted, template.object, name);
  const made = await deps.objects.apply(resource, intent, MACHINE_SET_FIELD_MANAGER);
  const metadata = partMetadata(wanted, { apiVersion: intent.apiVersion, kind, name });
  await deps.objects.apply(resource, metadata, MACHINE_SET_METADATA_FIELD_MANAGER);
  return { made, remove: () => deps.objects.delete(resource, made) };
}

/**
 * Deletes what an attempt left behind that was killed before its Machine came to be; a request that was on its way then
 * may arrive when no machine is missing any more. Such a part is still owned by the set: a Machine takes over what is
 * its own.
 */
export async function removeAbandonedParts(scope: MachineSetScope): Promise<void> {
  const { deps, wanted, namespace } = scope;
  for (const reference of templateReferences(wanted.spec.template.spec)) {
    const { resource } = await scope.external.find({ ...reference, kind: kindOfTemplate(reference.kind) }, namespace);
    for (const part of deps.objects.list(resource, { namespace, ownerUid: wanted.metadata.uid })) {
      const key = { namespace, name: part.metadata.name };
      if (isBeingDeleted(part) || deps.objects.get(Machine, key) !== undefined) continue;
      // Caches of two kinds may be a moment apart; only the server can say that there is no Machine.
      if ((await deps.objects.read(Machine, key)) === undefined) await deps.objects.delete(resource, part);
    }
  }
}

/** Deletes machines in the order of the set's policy; those in deletion already count. */
export async function deleteMachines(scope: MachineSetScope, count: number): Promise<void> {
  const { deps, wanted } = scope;
  const order = wanted.spec.deletion?.order ?? 'Random';
  const candidates = scope.machines.map(candidateOf);
  for (const { machine, deleting } of inDeleteOrder(candidates, order, deps.clock.now()).slice(0, count)) {
    if (deleting) continue;
    await deleteMachine(scope, machine);
  }
}

export async function deleteMachine(scope: MachineSetScope, machine: Machine): Promise<void> {
  const { deps, draft } = scope;
  await deps.objects.delete(Machine, machine);
  deps.events.event(draft.stored, 'Normal', 'SuccessfulDelete', `Deleted Machine "${machine.metadata.name}"`);
}

function candidateOf(machine: Machine): DeleteCandidate & { machine: Machine } {
  return {
    machine,
    name: machine.metadata.name,
    createdAt: Date.parse(machine.metadata.creationTimestamp ?? ''),
    deleting: isBeingDeleted(machine),
    marked: machine.metadata.annotations?.[DELETE_MACHINE_ANNOTATION] !== undefined,
    healthy:
      machine.status?.nodeRef !== undefined &&
      isTrue(machine, Type.nodeHealthy) &&
      !isFalse(machine, Type.healthCheckSucceeded),
    available: isTrue(machine, Type.available),
  };
}

/** The machines as they are after this reconcile's own writes. */
export function refreshMachines(scope: MachineSetScope): void {
  const { deps, wanted, namespace } = scope;
  scope.machines = deps.objects
    .list(Machine, { namespace, ownerUid: wanted.metadata.uid })
    .filter((machine) => matchesSelector(selectorOf(wanted.spec.selector), machine.metadata.labels));
}

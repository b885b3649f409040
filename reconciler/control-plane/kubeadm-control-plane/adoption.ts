import { KubeadmConfig, Machine, Secret } from '../../../api/kinds';
import { cloneJson } from '../../../machinery/json';
import { controllerOf } from '../../../machinery/kube-object';
import { clusterSecretName, controlPlanePurposes } from '../../../machinery/kubeadm';
import { controllerReference, withOwner } from '../../../machinery/owner-references';
import { parseVersion } from '../../../machinery/versions';
import { controlPlaneMachines, type Scope } from './scope';

/** Why the control plane's machines cannot be worked with; undefined: they all belong to it now. */
export type Refusal = string | undefined;

/**
 * Takes over control-plane machines that belong to nobody (`capi.md` 0.2, 6.1). Machines of somebody else among them are
 * a mistake, on which nothing may be built.
 */
export async function adoptMachines(scope: Scope): Promise<Refusal> {
  const ours = scope.draft.stored.metadata.uid;
  const machines = controlPlaneMachines(scope.deps, scope.clusterKey);
  const foreign = machines.filter((machine) => (controllerOf(machine)?.uid ?? ours) !== ours);
  if (foreign.length > 0)
    return `Machines ${namesOf(foreign)} of the control plane belong to another owner; delete them, or give them back`;
  const orphans = machines.filter((machine) => controllerOf(machine) === undefined);
  for (const machine of orphans) {
    const refusal = refusalOf(scope, machine);
    if (refusal !== undefined) return refusal;
  }
  if (orphans.length > 0) await adoptSecrets(scope);
  for (const machine of orphans) {
    const after = cloneJson(machine);
    after.metadata.ownerReferences = withOwner(after.metadata.ownerReferences, controllerReference(scope.draft.stored));
    await scope.deps.objects.patch(Machine, machine, after);
  }
  return undefined;
}

function refusalOf(scope: Scope, machine: Machine): Refusal {
  const { name, deletionTimestamp } = machine.metadata;
  if (deletionTimestamp !== undefined) return `Machine ${name} has no owner and is being deleted`;
  const kind = machine.spec.bootstrap.configRef?.kind;
  if (kind !== KubeadmConfig.kind) return `Machine ${name} has no owner and no KubeadmConfig`;
  const wanted = parseVersion(scope.controlPlane.spec.version);
  const found = parseVersion(machine.spec.version ?? '');
  const isClose =
    wanted !== undefined &&
    found !== undefined &&
    wanted.major === found.major &&
    Math.abs(wanted.minor - found.minor) <= 1;
  if (isClose) return undefined;
  return `Machine ${name} has no owner, and its version ${machine.spec.version ?? 'unknown'} is too far from ${scope.controlPlane.spec.version}`;
}

/** Key pairs that the first machine's KubeadmConfig made must outlive that machine. */
async function adoptSecrets(scope: Scope): Promise<void> {
  const { objects } = scope.deps;
  const { name, namespace } = scope.clusterKey;
  for (const purpose of controlPlanePurposes(scope.controlPlane.spec.kubeadmConfigSpec?.clusterConfiguration)) {
    const secret = objects.get(Secret, { namespace, name: clusterSecretName(name, purpose) });
    if (secret === undefined || controllerOf(secret)?.kind !== KubeadmConfig.kind) continue;
    const others = (secret.metadata.ownerReferences ?? []).filter((owner) => owner.kind !== KubeadmConfig.kind);
    const ownerReferences = withOwner(others, controllerReference(scope.draft.stored));
    await objects.patch(Secret, secret, { ...secret, metadata: { ...secret.metadata, ownerReferences } });
  }
}

function namesOf(machines: readonly Machine[]): string {
  return machines.map((machine) => machine.metadata.name).join(', ');
}

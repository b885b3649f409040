import type { Machine, MachineSet } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, DEPLOYMENT_NAME_LABEL, MACHINE_FINALIZER, SET_NAME_LABEL } from '../../../api/labels';
import type { ContractReference } from '../../../machinery/contract';
import { controllerOf, type KubeObject } from '../../../machinery/kube-object';
import { labelValueOf } from '../../../machinery/label-values';
import { controllerReference, ownerReference } from '../../../machinery/owner-references';
import { cloneTemplate } from '../../../machinery/template-clone';

/** What a MachineSet applies (`capi.md` 4.4): Machines and the objects they are made of. Pure. */

type Texts = { [key: string]: string };

/** Labels of the machines of a set. */
export function machineLabels(set: MachineSet): Texts {
  const labels: Texts = {
    ...set.spec.template.metadata?.labels,
    [CLUSTER_NAME_LABEL]: set.spec.clusterName,
    [SET_NAME_LABEL]: labelValueOf(set.metadata.name),
  };
  const deployment = controllerOf(set);
  if (deployment?.kind === 'MachineDeployment') labels[DEPLOYMENT_NAME_LABEL] = labelValueOf(deployment.name);
  return labels;
}

export function machineAnnotations(set: MachineSet): Texts {
  return { ...set.spec.template.metadata?.annotations };
}

/** What the Machine to be made refers to. */
export interface MachineParts {
  readonly name: string;
  readonly bootstrap: Machine['spec']['bootstrap'];
  readonly infrastructureRef: ContractReference;
}

/** A Machine to be created. */
export function newMachine(set: MachineSet, parts: MachineParts): KubeObject {
  const { template } = set.spec;
  return machineIntent(set, parts, [MACHINE_FINALIZER], {
    version: template.spec.version,
    failureDomain: template.spec.failureDomain,
  });
}

/**
 * A Machine that exists, with what may change in place. What would need another machine is kept as it is: a Machine
 * that differs from its set's template is never changed under its node.
 */
export function syncedMachine(set: MachineSet, machine: Machine): KubeObject {
  const { configRef, dataSecretName } = machine.spec.bootstrap;
  const templated = set.spec.template.spec;
  const parts: MachineParts = {
    name: machine.metadata.name,
    bootstrap: configRef === undefined ? { dataSecretName } : { configRef },
    infrastructureRef: machine.spec.infrastructureRef,
  };
  // Applied without the finalizer it would be given up, in the middle of a deletion at that.
  const finalizers = machine.metadata.finalizers?.includes(MACHINE_FINALIZER) ? [MACHINE_FINALIZER] : [];
  const intent = machineIntent(set, parts, finalizers, {
    version: machine.spec.version,
    failureDomain: templated.failureDomain === undefined ? undefined : machine.spec.failureDomain,
  });
  // A Machine that is gone by now must not come back by being applied.
  intent.metadata.uid = machine.metadata.uid;
  return intent;
}

function machineIntent(
  set: MachineSet,
  parts: MachineParts,
  finalizers: readonly string[],
  fixed: { version: string | undefined; failureDomain: string | undefined },
): KubeObject {
  const { minReadySeconds, readinessGates, deletion, taints } = set.spec.template.spec;
  const annotations = machineAnnotations(set);
  return {
    apiVersion: set.apiVersion,
    kind: 'Machine',
    metadata: {
      name: parts.name,
      namespace: set.metadata.namespace,
      labels: machineLabels(set),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(set)],
      ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}),
    },
    spec: withoutUndefined({
      clusterName: set.spec.clusterName,
      bootstrap: withoutUndefined({ ...parts.bootstrap }),
      infrastructureRef: parts.infrastructureRef,
      ...fixed,
      minReadySeconds,
      readinessGates,
      deletion,
      taints,
    }),
  };
}

function withoutUndefined(object: { [field: string]: unknown }): { [field: string]: unknown } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/**
 * An InfraMachine or BootstrapConfig made from a template: everything but the machine's labels and annotations, which
 * a field manager of their own holds, so that removing one from the template removes it from the object.
 */
export function partFromTemplate(set: MachineSet, template: KubeObject, name: string): KubeObject {
  const object = cloneTemplate(template, {
    name,
    namespace: set.metadata.namespace ?? '',
    clusterName: set.spec.clusterName,
    owner: ownerReference(set),
  });
  delete object.metadata.labels?.[CLUSTER_NAME_LABEL];
  if (Object.keys(object.metadata.labels ?? {}).length === 0) delete object.metadata.labels;
  return object;
}

/** The machine's labels and annotations for an InfraMachine or BootstrapConfig. */
export function partMetadata(
  set: MachineSet,
  part: { apiVersion: string; kind: string; name: string; uid?: string | undefined },
): KubeObject {
  const { apiVersion, kind, name, uid } = part;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: set.metadata.namespace,
      ...(uid === undefined ? {} : { uid }),
      labels: machineLabels(set),
      annotations: machineAnnotations(set),
    },
  };
}

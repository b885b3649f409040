import { KubeadmConfig, type KubeadmControlPlane, Machine } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL, CONTROL_PLANE_NAME_LABEL } from '../../../api/labels';
import { cloneJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { labelValueOf } from '../../../machinery/label-values';
import { controllerReference } from '../../../machinery/owner-references';
import { machineHealthTypes } from './preflight';
import { CLEANUP_HOOK, MachineType, REMEDIATION_FOR } from './reasons';

/** Labels of a control plane's machines and of what belongs to them. */
export function machineLabels(controlPlane: KubeadmControlPlane, clusterName: string): { [key: string]: string } {
  return {
    ...controlPlane.spec.machineTemplate.metadata?.labels,
    [CLUSTER_NAME_LABEL]: clusterName,
    [CONTROL_PLANE_LABEL]: '',
    [CONTROL_PLANE_NAME_LABEL]: labelValueOf(controlPlane.metadata.name),
  };
}

export interface NewMachine {
  readonly name: string;
  readonly infrastructureRef: Machine['spec']['infrastructureRef'];
  readonly failureDomain: string | undefined;
  /** Value of the annotation `remediation-for`, when the machine replaces one that was unhealthy. */
  readonly remediationFor?: string | undefined;
}

/** What this control plane applies to create a Machine. */
export function newMachineIntent(
  controlPlane: KubeadmControlPlane,
  clusterName: string,
  managedEtcd: boolean,
  wanted: NewMachine,
): KubeObject {
  const { name, failureDomain } = wanted;
  return machineIntent(controlPlane, clusterName, managedEtcd, {
    name,
    annotations: {
      [CLEANUP_HOOK]: '',
      ...(wanted.remediationFor === undefined ? {} : { [REMEDIATION_FOR]: wanted.remediationFor }),
    },
    spec: {
      version: controlPlane.spec.version,
      bootstrap: { configRef: { apiGroup: KubeadmConfig.group, kind: KubeadmConfig.kind, name } },
      infrastructureRef: wanted.infrastructureRef,
      ...(failureDomain === undefined ? {} : { failureDomain }),
    },
  });
}

/**
 * What this control plane applies to a Machine that exists: metadata, readiness gates, taints and timeouts follow the
 * template, the rest stays as it was made. An annotation that was taken away is not brought back.
 */
export function machineSyncIntent(
  controlPlane: KubeadmControlPlane,
  clusterName: string,
  managedEtcd: boolean,
  machine: Machine,
): KubeObject {
  const { version, bootstrap, infrastructureRef, failureDomain } = machine.spec;
  const kept = [CLEANUP_HOOK, REMEDIATION_FOR].flatMap((key) => {
    const value = machine.metadata.annotations?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return machineIntent(controlPlane, clusterName, managedEtcd, {
    name: machine.metadata.name,
    uid: machine.metadata.uid,
    annotations: Object.fromEntries(kept),
    spec: {
      ...(version === undefined ? {} : { version }),
      bootstrap: bootstrap.configRef === undefined ? {} : { configRef: bootstrap.configRef },
      infrastructureRef,
      ...(failureDomain === undefined ? {} : { failureDomain }),
    },
  });
}

function machineIntent(
  controlPlane: KubeadmControlPlane,
  clusterName: string,
  managedEtcd: boolean,
  machine: {
    readonly name: string;
    /** Makes sure that a Machine which is gone is not made again. */
    readonly uid?: string | undefined;
    readonly annotations: { readonly [key: string]: string };
    readonly spec: object;
  },
): KubeObject {
  const template = controlPlane.spec.machineTemplate;
  return cloneJson({
    apiVersion: Machine.apiVersion,
    kind: Machine.kind,
    metadata: {
      name: machine.name,
      namespace: controlPlane.metadata.namespace,
      uid: machine.uid,
      labels: machineLabels(controlPlane, clusterName),
      annotations: { ...template.metadata?.annotations, ...machine.annotations },
      ownerReferences: [controllerReference(controlPlane)],
    },
    spec: {
      clusterName,
      ...machine.spec,
      readinessGates: readinessGates(controlPlane, managedEtcd),
      deletion: template.spec.deletion,
      taints: template.spec.taints,
    },
  });
}

type Gates = NonNullable<Machine['spec']['readinessGates']>;

/** Ours first, in upstream's order, then the user's. */
function readinessGates(controlPlane: KubeadmControlPlane, managedEtcd: boolean): Gates {
  const types = [
    MachineType.nodeLabelsAndTaints,
    ...machineHealthTypes(managedEtcd).filter((type) => type !== MachineType.nodeLabelsAndTaints),
  ];
  const own: Gates = types.map((conditionType) => ({ conditionType }));
  const more = controlPlane.spec.machineTemplate.spec.readinessGates ?? [];
  return [...own, ...more.filter((gate) => !types.includes(gate.conditionType))];
}

/** What the field manager for metadata applies to the objects that belong to a machine. */
export function metadataIntent(controlPlane: KubeadmControlPlane, clusterName: string, object: KubeObject): KubeObject {
  return cloneJson({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      uid: object.metadata.uid,
      labels: machineLabels(controlPlane, clusterName),
      annotations: { ...controlPlane.spec.machineTemplate.metadata?.annotations },
    },
  });
}

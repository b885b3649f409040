import type { MachineDeployment, MachineSet, MachineSpec } from '../../../api/kinds';
import {
  CLUSTER_NAME_LABEL,
  CONVERSION_DATA_ANNOTATION,
  DEPLOYMENT_NAME_LABEL,
  DESIRED_REPLICAS_ANNOTATION,
  DISABLE_MACHINE_CREATE_ANNOTATION,
  MACHINE_TEMPLATE_HASH_LABEL,
  MAX_REPLICAS_ANNOTATION,
  REVISION_ANNOTATION,
} from '../../../api/labels';
import { fnv1a32 } from '../../../machinery/fnv';
import { canonicalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { labelValueOf } from '../../../machinery/label-values';
import { controllerReference } from '../../../machinery/owner-references';
import { isRolloutAfterExpired, rolloutReasons } from '../template-equality';

/** Which MachineSet is today's, and what a MachineDeployment applies to its sets (`capi.md` 4.5). Pure. */

type Texts = { [key: string]: string };

/**
 * The set made from today's template: of several the one with most replicas, then the oldest. One that is being deleted
 * counts until it is gone; a new one beside it would have its machines twice.
 */
export function currentSet(
  deployment: MachineDeployment,
  sets: readonly MachineSet[],
  now: number,
): MachineSet | undefined {
  const after = deployment.spec.rollout?.after;
  const candidates = sets.filter(
    (set) =>
      rolloutReasons(set.spec.template.spec, deployment.spec.template.spec).length === 0 &&
      !isRolloutAfterExpired(after, set.metadata.creationTimestamp ?? '', now),
  );
  return [...candidates].sort((a, b) => {
    const bySize = (b.spec.replicas ?? 0) - (a.spec.replicas ?? 0);
    return bySize !== 0 ? bySize : (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;
  })[0];
}

/** The revision of today's set: above all others, and never lower than before. */
export function currentRevision(current: MachineSet | undefined, sets: readonly MachineSet[]): number {
  const others = sets.filter((set) => set.metadata.uid !== current?.metadata.uid).map(revisionOf);
  const next = Math.max(0, ...others) + 1;
  return current === undefined ? next : Math.max(next, revisionOf(current));
}

function revisionOf(set: MachineSet): number {
  const revision = Number(set.metadata.annotations?.[REVISION_ANNOTATION] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** Value of the label that tells the sets of one deployment apart; the random end makes it unique for ever. */
export function templateHash(spec: MachineSpec, random: string): string {
  const { version, bootstrap, infrastructureRef, failureDomain } = spec;
  return `${fnv1a32(canonicalJson({ version, bootstrap, infrastructureRef, failureDomain }))}-${random}`;
}

export interface SetPlan {
  readonly name: string;
  readonly hash: string;
  readonly replicas: number;
  readonly maxReplicas: number;
  readonly revision: number;
  /** OnDelete: old sets must not replace what users delete. */
  readonly disableCreate: boolean;
}

/** A MachineSet to be created for today's template. */
export function newSet(deployment: MachineDeployment, plan: SetPlan): KubeObject {
  const { selector, template } = deployment.spec;
  // Not by the labels of the template: those may change in place, and a selector that lost its machines makes new ones.
  const matchLabels = hashed({ ...selector.matchLabels }, plan.hash);
  return setIntent(deployment, plan, template.spec, { ...selector, matchLabels });
}

/** An existing MachineSet with what may change in place; its template keeps what would need other machines. */
export function syncedSet(deployment: MachineDeployment, set: MachineSet, plan: SetPlan): KubeObject {
  const intent = setIntent(deployment, plan, set.spec.template.spec, set.spec.selector);
  // A set that is gone by now must not come back by being applied.
  intent.metadata.uid = set.metadata.uid;
  return intent;
}

function setIntent(deployment: MachineDeployment, plan: SetPlan, fixed: MachineSpec, selector: object): KubeObject {
  const { spec, metadata } = deployment;
  const labels = hashed(templateLabels(deployment), plan.hash);
  const templateAnnotations = spec.template.metadata?.annotations ?? {};
  const { minReadySeconds, readinessGates, deletion, taints } = spec.template.spec;
  return {
    apiVersion: deployment.apiVersion,
    kind: 'MachineSet',
    metadata: {
      name: plan.name,
      namespace: metadata.namespace,
      labels,
      annotations: setAnnotations(deployment, plan),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: withoutUndefined({
      clusterName: spec.clusterName,
      replicas: plan.replicas,
      selector,
      template: {
        metadata: {
          labels,
          ...(Object.keys(templateAnnotations).length > 0 ? { annotations: templateAnnotations } : {}),
        },
        spec: withoutUndefined({
          clusterName: spec.clusterName,
          version: fixed.version,
          failureDomain: fixed.failureDomain,
          bootstrap: fixed.bootstrap,
          infrastructureRef: fixed.infrastructureRef,
          minReadySeconds,
          readinessGates,
          deletion,
          taints,
        }),
      },
      machineNaming: spec.machineNaming,
      deletion: spec.deletion,
    }),
  };
}

function templateLabels(deployment: MachineDeployment): Texts {
  return {
    ...deployment.spec.template.metadata?.labels,
    [CLUSTER_NAME_LABEL]: deployment.spec.clusterName,
    [DEPLOYMENT_NAME_LABEL]: labelValueOf(deployment.metadata.name),
  };
}

function hashed(labels: Texts, hash: string): Texts {
  return { ...labels, [MACHINE_TEMPLATE_HASH_LABEL]: hash };
}

/** Annotations of a deployment that are its own affair. */
const NOT_COPIED: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'machinedeployment.clusters.x-k8s.io/revision-history',
  REVISION_ANNOTATION,
  DESIRED_REPLICAS_ANNOTATION,
  MAX_REPLICAS_ANNOTATION,
  CONVERSION_DATA_ANNOTATION,
];

function setAnnotations(deployment: MachineDeployment, plan: SetPlan): Texts {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.includes(key));
  return {
    ...Object.fromEntries(own),
    [REVISION_ANNOTATION]: String(plan.revision),
    [DESIRED_REPLICAS_ANNOTATION]: String(deployment.spec.replicas ?? 1),
    [MAX_REPLICAS_ANNOTATION]: String(plan.maxReplicas),
    [DISABLE_MACHINE_CREATE_ANNOTATION]: String(plan.disableCreate),
  };
}

/** The hash of an existing set, from its label. */
export function hashOf(set: MachineSet): string {
  return set.metadata.labels?.[MACHINE_TEMPLATE_HASH_LABEL] ?? '';
}

/** The revision an existing set keeps. */
export { revisionOf };

function withoutUndefined(object: { [field: string]: unknown }): { [field: string]: unknown } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

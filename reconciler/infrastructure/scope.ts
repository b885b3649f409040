import type { Cluster } from '../../api/kinds';
import type { Outcome, TypedResource } from '../../api/ports';
import { kubeTime } from '../../machinery/clock';
import { type Condition, conditionOf, removeCondition, setCondition } from '../../machinery/conditions';
import { cloneJson } from '../../machinery/json';
import type { KubeObject, ObjectMeta } from '../../machinery/kube-object';
import type { InfrastructureDeps } from './deps';
import { Annotation, CLUSTER_API_GROUP, Label, SYNCED_CONDITION } from './names';
import { isFaultReason, Reason } from './reasons';

/** What all kinds of the provider have in common. */
export type ProviderObject = KubeObject & {
  metadata: ObjectMeta;
  status?: { ready?: boolean | undefined; conditions?: Condition[] | undefined } | undefined;
};

/** One object in one reconcile: what is stored, what it shall become, and the words to report with. */
export class Scope<T extends ProviderObject> {
  /** As it was when the pass began. */
  readonly original: T;
  /** As stored. */
  stored: T;
  /** As it shall become; phases write here, `persist` sends the difference. */
  object: T;
  /** Set by a fault, so that the report becomes a Warning. */
  isFault = false;
  /** Reason of the event about a change of `Ready`, where it is another word than the condition's. */
  eventReason: string | undefined;

  constructor(
    readonly deps: InfrastructureDeps,
    readonly resource: TypedResource<T>,
    stored: T,
    readonly cluster: Cluster | undefined,
  ) {
    this.original = stored;
    this.stored = stored;
    this.object = cloneJson(stored);
  }

  get namespace(): string {
    return this.object.metadata.namespace ?? '';
  }

  get name(): string {
    return this.object.metadata.name;
  }

  get uid(): string {
    return this.object.metadata.uid ?? '';
  }

  /** Name of the Cluster this belongs to; stands in a label on every child, so it outlives the Cluster. */
  get clusterName(): string {
    return clusterNameOf(this.object) ?? '';
  }

  /** Sends what has changed so far, status included. */
  async persist(): Promise<void> {
    const answered = await this.deps.objects.patch(this.resource, this.stored, this.object, {
      ownedConditions: ['Ready', 'Paused', SYNCED_CONDITION],
    });
    this.stored = answered;
    this.object = cloneJson(answered);
  }

  /** Sends metadata and spec as they are so far: from here on an intent, a finalizer, an id survives a crash. */
  async persistMain(): Promise<void> {
    const { status, ...main } = this.object;
    const { status: storedStatus } = this.stored;
    const wanted = storedStatus === undefined ? main : { ...main, status: storedStatus };
    this.stored = await this.deps.objects.patch(this.resource, this.stored, wanted as T);
    this.object = cloneJson(this.stored);
    if (status === undefined) delete this.object.status;
    else this.object.status = status;
  }

  /** Reports what is waited for, or that all is well. */
  report(status: 'True' | 'False' | 'Unknown', reason: Reason, message: string): void {
    this.#set({ type: 'Ready', status, reason, message });
  }

  /** Reports whether CloudStack shows the cluster; undefined: nobody wants it to. */
  reportSynced(report: { status: 'True' | 'False'; reason: Reason; message: string } | undefined): void {
    if (report !== undefined) this.#set({ type: SYNCED_CONDITION, ...report });
    else if (conditionOf(this.object, SYNCED_CONDITION) !== undefined) {
      const conditions = removeCondition(this.object.status?.conditions, SYNCED_CONDITION);
      this.object.status = { ...this.object.status, conditions };
    }
  }

  reportPaused(message: string | undefined): void {
    this.#set(
      message === undefined
        ? { type: 'Paused', status: 'False', reason: Reason.NotPaused }
        : { type: 'Paused', status: 'True', reason: Reason.Paused, message },
    );
  }

  /** Reports a wait and ends the pass with an outcome. */
  wait(outcome: Outcome, reason: Reason, message: string): Outcome {
    this.report('False', reason, message);
    return outcome;
  }

  addFinalizer(finalizer: string): boolean {
    const finalizers = this.object.metadata.finalizers ?? [];
    if (finalizers.includes(finalizer)) return false;
    this.object.metadata.finalizers = [...finalizers, finalizer];
    return true;
  }

  removeFinalizer(finalizer: string): void {
    this.object.metadata.finalizers = (this.object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.deps.events.event(this.stored, type, reason, message);
  }

  #set(report: { type: string; status: 'True' | 'False' | 'Unknown'; reason: string; message?: string }): void {
    const now = kubeTime(this.deps.clock);
    // Without observedGeneration: the provider itself writes specs, and each such write would cost another for the number.
    const conditions = setCondition(this.object.status?.conditions, report, now);
    this.object.status = { ...this.object.status, conditions };
  }
}

/** Name of the Cluster an object belongs to: by label, or for the CloudStackCluster by its owner. */
export function clusterNameOf(object: KubeObject): string | undefined {
  const owner = (object.metadata.ownerReferences ?? []).find(
    (reference) => reference.kind === 'Cluster' && reference.apiVersion.startsWith(`${CLUSTER_API_GROUP}/`),
  );
  return owner?.name ?? object.metadata.labels?.[Label.clusterName];
}

/** Why an object is paused, or undefined. */
export function pausedBy(object: KubeObject, cluster: Cluster | undefined): string | undefined {
  if (cluster?.spec.paused === true) return 'Cluster spec.paused is set to true';
  const isAnnotated = object.metadata.annotations?.[Annotation.paused] !== undefined;
  return isAnnotated ? `${object.kind} has the ${Annotation.paused} annotation` : undefined;
}

/**
 * What stands in the way of a child, for its parent's message. Progress is not repeated: each step would cost a write at
 * every level.
 */
export function readyText(object: ProviderObject): string {
  const ready = conditionOf(object, 'Ready');
  if (ready === undefined || !isFaultReason(ready.reason)) return 'in progress';
  return ready.message === '' ? ready.reason : `${ready.reason}: ${ready.message}`;
}

/** The first fault among children: a parent takes its reason over, so that it shows at the top. */
export function faultAmong(...children: readonly ProviderObject[]): Reason | undefined {
  for (const child of children) {
    const reason = conditionOf(child, 'Ready')?.reason;
    if (reason !== undefined && isFaultReason(reason)) return reason;
  }
  return undefined;
}

import type { CloudStackCluster, CloudStackFailureDomain, CloudStackMachine, Machine } from '../../../api/kinds';
import type { Cloud, Job, JobOutcome, Outcome } from '../../../api/ports';
import type { Doubts } from '../doubts';
import { JobFailure } from '../faults';
import type { JobBook } from '../job-book';
import { Label } from '../names';
import { Reason } from '../reasons';
import type { Scope } from '../scope';
import type { Setbacks } from '../setbacks';

/** What the passes over machines share. */
export interface MachineTools {
  readonly jobs: JobBook;
  readonly setbacks: Setbacks;
  /** When instances were tagged (milliseconds since the epoch), and whether that is not for us, by UID of their machine. */
  readonly marked: Map<string, { readonly instanceId: string; readonly atMs: number; readonly isDenied: boolean }>;
  readonly doubts: Doubts;
}

/** One pass over a machine whose failure domain is known. */
export interface MachineWork {
  readonly scope: Scope<CloudStackMachine>;
  /** The owner; absent only while the machine is being deleted. */
  readonly machine: Machine | undefined;
  readonly cloudStackCluster: CloudStackCluster | undefined;
  readonly failureDomain: CloudStackFailureDomain;
  readonly zoneId: string;
  readonly cloud: Cloud;
  readonly identity: string;
  /** Key of the machine in the inventory. */
  readonly watchKey: string;
  readonly wake: () => void;
  readonly tools: MachineTools;
}

export type Step = (work: MachineWork) => Promise<Outcome>;

export function follow(work: MachineWork, step: string, job: Job): void {
  work.tools.jobs.note(work.cloud, work.scope.uid, step, job, work.wake);
}

export function jobOf(
  work: MachineWork,
  step: string,
): { readonly job: Job; readonly outcome: JobOutcome } | undefined {
  return work.tools.jobs.outcome(work.cloud, work.scope.uid, step);
}

/** @throws JobFailure when a job failed, so that it is said and the next attempt waits. */
export function tellFailure(
  ended: { readonly job: Job; readonly outcome: JobOutcome } | undefined,
  what: string,
): void {
  if (ended?.outcome.state !== 'failed') return;
  throw new JobFailure(Reason.JobFailed, what, ended.job.id, ended.outcome.errorCode, ended.outcome.errorText);
}

export function isControlPlane(machine: CloudStackMachine, owner?: Machine): boolean {
  const label = owner?.metadata.labels?.[Label.controlPlane] ?? machine.metadata.labels?.[Label.controlPlane];
  return label !== undefined;
}

/** Between looks at an instance that CloudStack expunges when it likes, which may take a day. */
const SLOWEST_LOOK_MS = 30_000;

function expunging({ scope }: MachineWork): string {
  return `expunging ${scope.uid}`;
}

/** Milliseconds to the next look at an instance that is being expunged without a job of ours. */
export function untilExpungedMs(work: MachineWork): number {
  return work.tools.setbacks.failed(expunging(work), SLOWEST_LOOK_MS);
}

/** The instance is gone; the next one is looked at as soon as the first was. */
export function expunged(work: MachineWork): void {
  work.tools.setbacks.succeeded(expunging(work));
}

/** Wakes the machine whenever its instance changes. */
export function watchInstance(work: MachineWork): void {
  const id = work.scope.object.spec.instanceID ?? '';
  if (id !== '') work.cloud.inventory.watch(work.watchKey, { id, zoneId: work.zoneId }, work.wake);
}

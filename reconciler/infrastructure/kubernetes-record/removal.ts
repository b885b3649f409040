import { done, isGone, requeueAfter } from '../../../api/ports';
import { inFlightMs, intentOf, withdraw } from '../intent';
import { Annotation, Finalizer } from '../names';
import { Reason } from '../reasons';
import { whyUnsupported } from './decision';
import { type ClusterScope, recordIdOf } from './home';
import { noteId, recordNameOf } from './keep';
import { jobOf, type RecordWork, type Wait } from './work';

/** Takes the record away, and any other of the same name: an answer may have been lost. undefined: nothing is left. */
export async function removeRecord(work: RecordWork): Promise<Wait | undefined> {
  const { scope, home } = work;
  const unsupported = whyUnsupported(await home.cloud.capabilities());
  if (unsupported !== undefined) {
    if (recordIdOf(scope.object) !== '') {
      scope.event(
        'Warning',
        Reason.SyncUnsupported,
        `record ${recordIdOf(scope.object)} is left behind: ${unsupported}`,
      );
    }
    return undefined;
  }
  const ids = await recordIds(work);
  if (ids.length === 0) {
    const intended = intentOf(scope.object.metadata, 'kubernetes-record');
    const waitMs = intended === undefined ? 0 : inFlightMs(intended, scope.deps.clock);
    if (waitMs === 0) return undefined;
    const message = 'createKubernetesCluster was sent and not answered; looking whether it took effect';
    return { reason: Reason.WaitingForAnswer, message, outcome: requeueAfter(waitMs) };
  }
  let wait: Wait | undefined;
  for (const id of ids) wait = (await remove(work, id)) ?? wait;
  return wait;
}

async function recordIds({ scope, home }: RecordWork): Promise<readonly string[]> {
  const { kubernetesRecords } = home.cloud;
  const ids = new Set((await kubernetesRecords.find(recordNameOf(scope))).map(({ id }) => id));
  const noted = recordIdOf(scope.object);
  if (noted !== '' && (await kubernetesRecords.members(noted)) !== undefined) ids.add(noted);
  return [...ids];
}

async function remove(work: RecordWork, id: string): Promise<Wait | undefined> {
  const { scope, home, jobs, wake } = work;
  const what = `deleting the record ${id} of the Kubernetes cluster`;
  const running = jobOf(work, `delete record ${id}`, what);
  if (running?.state === 'succeeded') return undefined;
  const wait = (jobId: string): Wait => ({
    reason: Reason.DeletingKubernetesRecord,
    message: `${what} (CloudStack job ${jobId})`,
    outcome: done(),
  });
  if (running !== undefined) return wait(running.id);
  try {
    const job = await home.cloud.kubernetesRecords.delete(id);
    jobs.note(home.cloud, scope.uid, `delete record ${id}`, job, wake);
    return wait(job.id);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Forgets a record that is gone. */
export function letGo(scope: ClusterScope): void {
  const { metadata } = scope.object;
  scope.removeFinalizer(Finalizer.kubernetesRecord);
  noteId(scope, undefined);
  withdraw(metadata, 'kubernetes-record');
  if (metadata.annotations !== undefined) delete metadata.annotations[Annotation.recordHome];
}

import { done, type Outcome, requeueAfter } from '../../../api/ports';
import { isIpAddress } from '../../../machinery/cidr';
import { identityOf } from '../family';
import { isSureRefusal, JobFailure } from '../faults';
import { announce, inFlightMs, intentOf, withdraw } from '../intent';
import { Annotation, Finalizer, kubernetesRecordName, nonEmpty } from '../names';
import { Reason } from '../reasons';
import { whyUnsupported } from './decision';
import { type ClusterScope, recordIdOf } from './home';
import { syncMembers } from './members';
import { jobOf, type RecordWork, type Wait } from './work';

/** What others may have changed in the record is looked at again after this time. */
const VERIFY_MS = 20 * 60_000;

/** Makes the record if there is none and brings its members up to date. */
export async function keepRecord(work: RecordWork): Promise<Outcome> {
  const { scope, home } = work;
  const verify = requeueAfter(VERIFY_MS * (0.9 + 0.2 * scope.deps.random.fraction()));
  const unsupported = whyUnsupported(await home.cloud.capabilities());
  if (unsupported !== undefined) {
    const message = `spec.syncWithACS has no effect: ${unsupported}`;
    scope.reportSynced({ status: 'False', reason: Reason.SyncUnsupported, message });
    return verify;
  }
  const record = await ensureRecord(work);
  if (typeof record === 'object') {
    const { reason, message, outcome } = record;
    scope.reportSynced({ status: 'False', reason, message });
    return outcome;
  }
  const elsewhere = await syncMembers(work, record);
  const message =
    elsewhere.length === 0
      ? ''
      : `machines in ${elsewhere.join(', ')} are not shown: they belong to another CloudStack or tenant than the record`;
  scope.reportSynced({ status: 'True', reason: Reason.Synced, message });
  return verify;
}

export function recordNameOf(scope: ClusterScope): string {
  return kubernetesRecordName(scope.clusterName, scope.name, identityOf(scope.object, scope.object));
}

/** The id of the record. Exactly one is made: the intent is stored before the call, and looked up by exact name after. */
async function ensureRecord(work: RecordWork): Promise<string | Wait> {
  const { scope, home } = work;
  const { kubernetesRecords } = home.cloud;
  const creating = creation(work);
  if (creating !== undefined) return creating;

  const id = recordIdOf(scope.object);
  if (id !== '' && (await kubernetesRecords.members(id)) !== undefined) return claimed(work, id);
  const [known] = await kubernetesRecords.find(recordNameOf(scope));
  if (known !== undefined) return claimed(work, known.id);

  const intended = intentOf(scope.object.metadata, 'kubernetes-record');
  const waitMs = intended === undefined ? 0 : inFlightMs(intended, scope.deps.clock);
  if (waitMs > 0) {
    const message = 'createKubernetesCluster was sent and not answered; looking whether it took effect';
    return { reason: Reason.WaitingForAnswer, message, outcome: requeueAfter(waitMs) };
  }
  return create(work);
}

/** The creation that is under way. */
function creation(work: RecordWork): Wait | undefined {
  const { scope } = work;
  const what = 'recording the Kubernetes cluster';
  try {
    const job = jobOf(work, 'create record', what);
    if (job?.state !== 'pending') return undefined;
    return { reason: Reason.CreatingKubernetesRecord, message: `${what} (CloudStack job ${job.id})`, outcome: done() };
  } catch (error) {
    if (error instanceof JobFailure) noteId(scope, undefined);
    throw error;
  }
}

/** From here on the record is held by the finalizer, also one that was found. */
async function claimed({ scope, home }: RecordWork, id: string): Promise<string> {
  noteHome(scope, home.name);
  noteId(scope, id);
  if (scope.addFinalizer(Finalizer.kubernetesRecord)) await scope.persistMain();
  return id;
}

async function create(work: RecordWork): Promise<Wait> {
  const { scope, home, jobs, wake } = work;
  const { zone } = home.spec;
  const zoneId = nonEmpty(zone.id);
  const networkId = nonEmpty(zone.network.id);
  if (zoneId === undefined || networkId === undefined) {
    const message = `failure domain ${home.name} has no zone or network yet`;
    return { reason: Reason.WaitingForFailureDomain, message, outcome: done() };
  }
  scope.addFinalizer(Finalizer.kubernetesRecord);
  noteHome(scope, home.name);
  noteId(scope, undefined);
  announce(scope.object.metadata, 'kubernetes-record', scope.deps.clock);
  await scope.persistMain();
  const name = recordNameOf(scope);
  const host = scope.object.spec.controlPlaneEndpoint?.host ?? '';
  try {
    const started = await home.cloud.kubernetesRecords.create({
      name,
      description: `${name} managed by CAPC`,
      zoneId,
      networkId,
      endpoint: isIpAddress(host) ? host : undefined,
    });
    noteId(scope, started.id);
    jobs.note(home.cloud, scope.uid, 'create record', started.job, wake);
    const message = `recording the Kubernetes cluster (CloudStack job ${started.job.id})`;
    return { reason: Reason.CreatingKubernetesRecord, message, outcome: done() };
  } catch (error) {
    if (isSureRefusal(error)) withdraw(scope.object.metadata, 'kubernetes-record');
    throw error;
  }
}

export function noteId(scope: ClusterScope, id: string | undefined): void {
  const { cloudStackClusterId: _, ...status } = scope.object.status ?? {};
  scope.object.status = id === undefined ? status : { ...status, cloudStackClusterId: id };
}

function noteHome({ object: { metadata } }: ClusterScope, name: string): void {
  metadata.annotations = { ...metadata.annotations, [Annotation.recordHome]: name };
}

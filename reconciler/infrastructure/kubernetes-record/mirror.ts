/** Shows a cluster among CloudStack's own Kubernetes clusters, as `spec.syncWithACS` asks (`capc.md` 3.9, 4.9). */
import { done, KubeError, KubeUnreachable, type Outcome, requeueAfter } from '../../../api/ports';
import { keyOf, type ObjectKey } from '../../../machinery/kube-object';
import { faultOf } from '../faults';
import { JobBook } from '../job-book';
import { Reason } from '../reasons';
import type { Setbacks } from '../setbacks';
import { whatToDoWithRecord } from './decision';
import { type ClusterScope, hasLostHome, homeOf, mayHaveRecord, recordIdOf } from './home';
import { keepRecord } from './keep';
import { letGo, removeRecord } from './removal';
import type { RecordWork, Wait } from './work';

/** A record is for the eye: what fails is tried again patiently. */
const SLOWEST_RETRY_MS = 5 * 60_000;

const DISABLED =
  'spec.syncWithACS is set, but this process keeps no records in CloudStack: start it with --enable-cloudstack-cks-sync';

/** The records of the clusters that one controller looks after. */
export class RecordMirror {
  readonly #jobs = new JobBook();
  readonly #setbacks: Setbacks;
  readonly #enqueue: (key: ObjectKey) => void;

  constructor(setbacks: Setbacks, enqueue: (key: ObjectKey) => void) {
    this.#setbacks = setbacks;
    this.#enqueue = enqueue;
  }

  /** Brings the record up to date. What goes wrong is said in a condition of its own; the cluster goes on without. */
  async sync(scope: ClusterScope): Promise<Outcome> {
    const subject = subjectOf(scope);
    const waitMs = this.#setbacks.waitMs(subject);
    if (waitMs > 0) return requeueAfter(waitMs);
    try {
      const outcome = await this.#advance(scope);
      this.#setbacks.succeeded(subject);
      return outcome;
    } catch (error) {
      if (error instanceof KubeError || error instanceof KubeUnreachable) throw error;
      const { reason, message, metricCode } = faultOf(error);
      scope.reportSynced({ status: 'False', reason, message });
      scope.deps.onError?.(metricCode);
      const fields = { namespace: scope.namespace, name: scope.name, reason, error: message };
      scope.deps.log.warn(fields, 'the record of the Kubernetes cluster is not up to date');
      return requeueAfter(this.#setbacks.failed(subject, SLOWEST_RETRY_MS));
    }
  }

  /** Takes the record of a cluster away that goes. undefined: there is none any more, and nothing holds the object. */
  async remove(scope: ClusterScope): Promise<Wait | undefined> {
    const wait = await this.#remove(scope);
    if (wait !== undefined) return wait;
    this.#setbacks.succeeded(subjectOf(scope));
    return undefined;
  }

  async #advance(scope: ClusterScope): Promise<Outcome> {
    const { object, deps } = scope;
    const action = whatToDoWithRecord({
      isWanted: object.spec.syncWithACS === true,
      isEnabled: deps.kubernetesSync === true,
      mayHaveRecord: mayHaveRecord(scope),
      hasLostHome: hasLostHome(scope),
      isProvisioned: object.status?.ready === true,
    });
    switch (action) {
      case 'nothing':
        scope.reportSynced(undefined);
        return done();
      case 'say-disabled':
        scope.reportSynced({ status: 'False', reason: Reason.SyncDisabled, message: DISABLED });
        return done();
      case 'wait':
        return done();
      case 'remove': {
        const wait = await this.#remove(scope);
        if (wait === undefined) {
          scope.reportSynced(undefined);
          // The next pass makes another one if it is wanted, and lets the old failure domain go.
          return requeueAfter(0);
        }
        scope.reportSynced({ status: 'False', reason: wait.reason, message: wait.message });
        return wait.outcome;
      }
      case 'keep': {
        const work = await this.#open(scope);
        return work === undefined ? done() : keepRecord(work);
      }
    }
  }

  async #remove(scope: ClusterScope): Promise<Wait | undefined> {
    if (!mayHaveRecord(scope)) return undefined;
    const work = await this.#open(scope);
    if (work === undefined && recordIdOf(scope.object) !== '') {
      const message = `record ${recordIdOf(scope.object)} is left behind: no failure domain names its credentials any more`;
      scope.event('Warning', Reason.DeletingKubernetesRecord, message);
    }
    const wait = work === undefined ? undefined : await removeRecord(work);
    if (wait !== undefined) return wait;
    this.#jobs.forget(scope.uid);
    letGo(scope);
    return undefined;
  }

  /** A cluster is gone for good. */
  gone(uid: string): void {
    this.#jobs.forget(uid);
  }

  async #open(scope: ClusterScope): Promise<RecordWork | undefined> {
    const home = await homeOf(scope);
    const key = keyOf(scope.object);
    return home === undefined ? undefined : { scope, home, jobs: this.#jobs, wake: () => this.#enqueue(key) };
  }
}

/** Under which name setbacks of a record are counted. */
function subjectOf(scope: ClusterScope): string {
  return `record of ${scope.uid}`;
}

import type { Condition } from '../../machinery/conditions';
import { isBeingDeleted, type KubeObject } from '../../machinery/kube-object';
import { adviceOnFinalizers, foreignFinalizers } from './foreign-finalizers';
import { type Asking, Subject } from './subject';

type Wording = string | ((subject: Subject) => string);

interface Advice {
  readonly reason: RegExp;
  /** Where one reason has several causes: what the message says of this one. */
  readonly message?: RegExp;
  /** What the object is like. @default - it does not matter */
  readonly fits?: (subject: Subject) => boolean;
  readonly advice: Wording;
  /** What to do when waiting did not help. @default - as advised at first */
  readonly lasting?: Wording;
}

const WORK = 'nothing: this is work in progress, wait for it';

/** Longer than any single step of a machine takes that is still going well. */
export const PATIENCE_MS = 5 * 60_000;

const READ_CONSOLE = (subject: Subject) =>
  `read the console of the VM in CloudStack: kubeadm writes there why it failed; then its events: ${subject.describe()}`;

const LEAD_TO_CONTROL_PLANE = (subject: Subject) =>
  subject.isEtcdGone()
    ? "delete the cluster and make it anew: the last control plane machine is gone, and etcd's data with it, so a new one finds nothing to join"
    : `check that a control plane machine runs and that the load balancer leads to it: ${subject.workload('get --raw /readyz')}`;

/** A VM that is restored keeps its id, by which it is found again. */
const RESTORE =
  'restore the VM in CloudStack if that is possible (recover it while it is not expunged, or restore its backup); else delete the cluster and make it anew';

/** A VM that is gone for good, with what was on it. */
const replaceLost = (found: string) => (subject: Subject) =>
  subject.quorum() === 'lost'
    ? `${subject.lossOfEtcd()}: ${RESTORE}; deleting the Machine does not bring it back`
    : `${found}; ${subject.deleteMachine('to have it replaced')}`;

/** A machine that is being deleted and still a member of etcd. */
const LEAVING_ETCD = (subject: Subject) => {
  const lead = 'its control plane lets it go when it has taken it out of etcd';
  if (subject.quorum() === 'lost') return `${lead}, but ${subject.lossOfEtcd()}: ${RESTORE}`;
  return subject.quorum() === 'kept' && subject.ageMs() < PATIENCE_MS
    ? `wait: ${lead}`
    : `${lead}, for which the others must be healthy: see how they do (${subject.status()})`;
};

/** Zone and network of a failure domain never change, and where they are not found nothing was made yet. */
const addAgain = (subject: Subject) =>
  `or, as the name in the definition cannot be changed, take the cluster out: remove its file, publish, run the command that \`${subject.status()}\` prints to confirm the deletion; then add it again with the right name (nothing was made yet)`;

/** What a human can do about a condition, by its reason; the first that matches counts. */
const ADVICE: readonly Advice[] = [
  // The account and its rights.
  {
    reason: /^CredentialsMissing$/,
    advice: (subject) => {
      const creation = `create ${subject.credentials()} with api-url, api-key, secret-key and verify-ssl`;
      // Objects that go with their namespace are cleaned up by the credentials of another one.
      return isBeingDeleted(subject.object)
        ? `${creation}; if its namespace is being deleted, too, where nothing can be created: create it in another namespace, and ${subject.moveCredentials()}`
        : `${creation}; work resumes by itself`;
    },
  },
  {
    reason: /^Credentials(Invalid|Refused)$/,
    advice: (subject) =>
      `correct api-url, api-key and secret-key in ${subject.credentials()}; work resumes when it changes`,
  },
  {
    reason: /^PermissionDenied$/,
    advice: 'let an administrator allow this API command to the role of the account, or use another account',
  },
  // What the definition asks for.
  {
    reason: /^NotFoundInCloudStack$/,
    message: /no Zone /,
    advice: (subject) =>
      `have a zone of that name made, or made visible to the account: work resumes by itself; ${addAgain(subject)}`,
  },
  {
    reason: /^NotFoundInCloudStack$/,
    message: /no (Service|Disk)Offering /,
    advice: 'correct `offering` in the cluster definition, or create an offering of that name; work resumes by itself',
  },
  {
    reason: /^NotFoundInCloudStack$/,
    message: /no Template /,
    advice:
      'register a template of that name in the zone, or correct `template` or `kubernetesVersion`; work resumes by itself',
  },
  {
    reason: /^NotFoundInCloudStack$/,
    message: /no Network /,
    advice: (subject) =>
      `create the network in CloudStack or share it with the account: work resumes by itself; ${addAgain(subject)}`,
  },
  {
    reason: /^(NotFoundInCloudStack|FailureDomainUnknown)$/,
    advice:
      'correct the name in the cluster definition and publish, or create it in CloudStack; work resumes by itself',
  },
  {
    reason: /^(InvalidConfiguration|RefusedByCloudStack)$/,
    advice: 'correct what the message names in the cluster definition, and publish',
  },
  {
    reason: /^NameTaken$/,
    advice: 'rename or remove what has the name in CloudStack, or choose another name in the cluster definition',
  },
  {
    reason: /^EndpointOutOfReach$/,
    advice: (subject) =>
      `let the control plane choose where its machines stand, or name a failure domain with the network of the endpoint; then ${subject.deleteMachine('to have it placed anew')}`,
  },
  {
    reason: /^AddressUnavailable$/,
    advice: 'free the address in CloudStack, or choose another endpoint in the cluster definition',
  },
  // CloudStack itself.
  {
    reason: /^LimitReached$/,
    advice:
      'raise the limit that the message names (updateResourceLimit), or free what is not needed; work resumes by itself',
  },
  {
    reason: /^InsufficientCapacity$/,
    advice: 'free or add capacity in the zone, or choose a smaller offering; work resumes by itself',
  },
  {
    reason: /^CloudStackUnreachable$/,
    advice: 'check that the CloudStack management server answers at api-url; work resumes by itself when it does',
  },
  {
    reason: /^(DeployFailed|StartFailed|JobFailed|CloudStackFault)$/,
    advice:
      "read the message of the CloudStack job (queryAsyncJobResult; more in the management server's log); it is tried again by itself",
  },
  {
    reason: /^InstanceLost$/,
    advice: replaceLost('find out who removed it from CloudStack'),
  },
  {
    reason: /^NetworkLost$/,
    advice: 'find out who removed it from CloudStack: what was in it is lost; delete the cluster and publish it again',
  },
  {
    reason: /^InstanceNotRunning$/,
    message: /is Stopped$/,
    advice: 'wait: an instance that stays Stopped is started again by itself after some seconds',
    lasting: (subject) =>
      `see in CloudStack who stops it again and again, since it is started by itself; ${subject.deleteMachine('to replace it', 'or ')}`,
  },
  {
    reason: /^InstanceNotRunning$/,
    advice: (subject) =>
      `wait for CloudStack to end what it does with the instance: one that stops is started again by itself; ${subject.deleteMachine('to replace it', 'if it lasts, ')}`,
  },
  {
    reason: /^WaitingForExpunge$/,
    advice: 'wait for CloudStack to expunge the VM, or let an administrator expunge it',
  },
  {
    reason: /^SyncDisabled$/,
    advice:
      'start capstan run with --enable-cloudstack-cks-sync, or remove spec.syncWithACS from the CloudStackCluster',
  },
  {
    reason: /^SyncUnsupported$/,
    advice:
      'use CloudStack 4.19 or newer with its Kubernetes service switched on, or remove spec.syncWithACS; the cluster itself works without',
  },
  // Git.
  {
    reason: /^ConfirmationRequired$/,
    advice: 'run the command of the message to delete it, or put the cluster back into git to keep it',
  },
  {
    reason: /^RevisionRefused$/,
    fits: (subject) => subject.lacksNamespacesAlone(),
    // The dry run is repeated at each interval.
    advice: (subject) =>
      `create what is missing, or name another namespace in git and push: ${subject.createNamespaces()}; the revision is tried again by itself`,
  },
  {
    reason: /^RevisionRefused$/,
    advice: (subject) => {
      const namespaces = subject.createNamespaces();
      const rest = namespaces === '' ? '' : `; besides, create what is missing: ${namespaces}`;
      return `correct the files of the message in git and push; the last good revision stays applied${rest}`;
    },
  },
  {
    reason: /^ApplyFailed$/,
    advice:
      'put right what the message says of the API server (a right that the reconciler lacks, a webhook that does not answer); it is tried again by itself',
  },
  {
    reason: /^FetchFailed$/,
    advice: 'check the URL, the ref and the credentials of the repository',
  },
  {
    reason: /^Suspended$/,
    advice: (subject) => `resume it: ${subject.resume()}`,
  },
  // Kubernetes.
  {
    reason: /^NotAvailable$/,
    message: /\bSecret \S+-(ca|etcd|proxy|sa)\b/,
    advice:
      'restore the Secret that the message names from a backup of the management cluster: the machines trust no other key; without a backup, make the cluster anew',
  },
  {
    reason: /^Paused$/,
    advice: 'unpause: remove spec.paused from the Cluster, or the annotation cluster.x-k8s.io/paused from the object',
  },
  {
    reason: /^(NodeNotHealthy|NodeNotReady)$/,
    message: /network plugin|cni plugin/i,
    advice: 'wait for the network plugin; if it lasts, install one (CNI): the template of the machine brings none',
    lasting: (subject) =>
      `install a network plugin (CNI), or see why it does not start: ${subject.workload('get pods -A -o wide')}`,
  },
  {
    reason:
      /^(NotAvailable|NotReady|InternalError|InspectionFailed|ConnectionDown|ProbeFailed|Deleting\w*|\w*Unknown)$/,
    message:
      /no answer|time[d-]? ?out|ECONN|connection refused|API server of the workload cluster to answer|etcd to report|get etcd members/i,
    advice: (subject) =>
      `${subject.isEtcdGone() ? '' : 'wait a minute for the API server of the cluster; if it lasts, '}${LEAD_TO_CONTROL_PLANE(subject)}`,
    lasting: LEAD_TO_CONTROL_PLANE,
  },
  { reason: /^(ConnectionDown|ProbeFailed)$/, advice: LEAD_TO_CONTROL_PLANE },
  {
    reason: /^(NodeDoesNotExist|InspectionFailed|NodeHealthUnknown|NodeReadyUnknown)$/,
    advice: 'wait for the machine to boot; if it lasts, read the console of the VM: kubeadm writes there why it failed',
    lasting: READ_CONSOLE,
  },
  {
    reason: /^(NodeNotHealthy|NodeNotReady)$/,
    advice: (subject) => `wait for the Node; if it lasts, see what it lacks: ${subject.workload('describe nodes')}`,
    lasting: (subject) => `see what the Node lacks: ${subject.workload('describe nodes')}`,
  },
  {
    reason: /^(NotHealthy|Failed)$/,
    advice: (subject) => `see how the control plane's pods do: ${subject.workload('get pods -n kube-system -o wide')}`,
  },
  {
    reason: /^NodeDeleted$/,
    advice: (subject) => `its Node was removed by somebody; ${subject.deleteMachine('to have it replaced')}`,
  },
  {
    reason: /^DrainingNode$/,
    advice: (subject) => `wait for the pods to leave; budgets that hold them: ${subject.workload('get pdb -A')}`,
    lasting: (subject) => `see which budgets hold the pods, and make room for them: ${subject.workload('get pdb -A')}`,
  },
  {
    reason: /^WaitingForVolumeDetach$/,
    advice: (subject) =>
      `wait for the volumes to detach; what is still attached: ${subject.workload('get volumeattachments')}`,
    lasting: (subject) =>
      `see what keeps the volumes attached (pods, the CSI driver): ${subject.workload('get volumeattachments')}`,
  },
  {
    reason: /^WaitingForPreTerminateHook$/,
    message: /\/kcp-cleanup\b/,
    advice: LEAVING_ETCD,
  },
  {
    reason: /^WaitingForPre(Drain|Terminate)Hook$/,
    advice: 'the owner of the hook annotation of the Machine removes it',
  },
  {
    reason: /^(ObjectDoesNotExist|ObjectDeleted)$/,
    // What a Machine refers to was made for it alone and stands in no repository.
    advice: (subject) =>
      subject.object.kind === 'Machine'
        ? replaceLost('see who deleted it')(subject)
        : 'put the object back that the message names: publish again, or see who deleted it',
  },
  {
    reason: /^CannotBeRemediated$/,
    advice: (subject) => `repair the machine by hand; ${subject.deleteMachine('when the others are healthy', 'or ')}`,
  },
  {
    reason: /^RollingOut$/,
    fits: (subject) => subject.replacesOnDelete(),
    advice: (subject) =>
      `its strategy is OnDelete: delete the Machines that are not up to date, and each is replaced; which they are: ${subject.machinesOfPool()}`,
  },
  {
    reason: /^Scaling(Up|Down)$/,
    message: /^\* .* does not exist$/m,
    advice: 'put the object back that the message names: publish again, or see who deleted it; work resumes by itself',
  },
  {
    reason: /^Scaling(Up|Down)$/,
    message: /^\* .*(belong to another owner|has no owner)/m,
    advice: (subject) =>
      `delete the Machines that the message names, or give them back to their owner; ${subject.describe()}`,
  },
  {
    reason: /^ScalingUp$/,
    message: /VersionSkew/,
    advice:
      'wait while the control plane is on its way to that version; else give pool and control plane the same version in the cluster definition',
    lasting: (subject) =>
      `give pool and control plane the same version in the cluster definition; if they have it, see what the control plane waits for: ${subject.status()}`,
  },
  {
    reason: /^ScalingUp$/,
    message: /blocked|preflight/i,
    advice: 'wait for what the message names; it goes on by itself as soon as that is done',
    lasting: (subject) =>
      `see why what the message names does not end: ${subject.whyCluster()}; it goes on by itself as soon as that is done`,
  },
];

const IN_PROGRESS =
  /^(Waiting\w*|Creating\w*|Allocating\w*|Opening\w*|Assigning\w*|Removing\w*|Destroying\w*|Releasing\w*|Deleting\w*|\w+Deleting|DeletionCompleted|Deploying|Starting|Provisioning|NotProvisioned|Not(Yet)?Reported|NotInitialized|NotReady|NotAvailable|NotUpToDate|\w*Unknown|ScalingUp|ScalingDown|RollingOut|Updating|Remediating|RemediationDeferred|Progressing|DoesNotExist)$/;

/** Kinds that stand for one VM. */
const OF_A_MACHINE = new Set(['Machine', 'CloudStackMachine', 'KubeadmConfig']);
/** Kinds that change one machine after the other, so that much time says little. */
const GROUPS = new Set(['KubeadmControlPlane', 'MachineDeployment', 'MachineSet']);

/** The next step for a condition of an object. Waiting is advised only while it is reasonable. */
export function adviceFor(object: KubeObject, condition: Condition, asking: Asking = {}): string {
  const subject = new Subject(object, condition, asking);
  const isLasting = subject.ageMs() >= PATIENCE_MS;
  const held = foreignFinalizers(object);
  if (held.length > 0) return adviceOnFinalizers(held, subject.describe());
  const match = ADVICE.find(
    ({ reason, message, fits }) =>
      reason.test(condition.reason) && (message?.test(condition.message) ?? true) && (fits?.(subject) ?? true),
  );
  if (match !== undefined) return wordsOf((isLasting ? match.lasting : undefined) ?? match.advice, subject);
  if (!IN_PROGRESS.test(condition.reason)) return `read its events: ${subject.describe()}`;
  return isLasting ? longWork(subject) : WORK;
}

function wordsOf(wording: Wording, subject: Subject): string {
  return typeof wording === 'string' ? wording : wording(subject);
}

/** What to look at when work in progress does not end. */
function longWork(subject: Subject): string {
  const { kind } = subject.object;
  const events = `read its events: ${subject.describe()}`;
  if (kind === 'KubeadmConfig')
    return `it takes longer than usual: see what its cluster waits for (${subject.whyCluster()}), then ${events}`;
  if (OF_A_MACHINE.has(kind))
    return `it takes longer than usual: look at the VM, its job and its console in CloudStack; ${subject.whyMachine()}; then ${events}`;
  if (GROUPS.has(kind))
    return `see whether its machines still change (${subject.status()}), and wait while they do; if not, ${events}`;
  return `it takes longer than usual: ${events}`;
}

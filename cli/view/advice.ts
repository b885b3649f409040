import type { Condition } from '../../machinery/conditions';
import { type KubeObject, parseApiVersion } from '../../machinery/kube-object';

interface Advice {
  readonly reason: RegExp;
  /** Where one reason has several causes: what the message says of this one. */
  readonly message?: RegExp;
  readonly advice: string;
}

const WORK = 'nothing: this is work in progress, wait for it';

/** What a human can do about a condition, by its reason; the first that matches counts. */
const ADVICE: readonly Advice[] = [
  // The account and its rights.
  {
    reason: /^CredentialsMissing$/,
    advice:
      'create the credentials Secret that the message names, with api-url, api-key, secret-key and verify-ssl; work resumes by itself',
  },
  {
    reason: /^Credentials(Invalid|Refused)$/,
    advice: 'correct api-url, api-key and secret-key in the credentials Secret; work resumes when it changes',
  },
  {
    reason: /^PermissionDenied$/,
    advice: 'let an administrator allow this API command to the role of the account, or use another account',
  },
  // What the definition asks for.
  {
    reason: /^NotFoundInCloudStack$/,
    message: /no Zone /,
    advice: 'correct `zone` in the cluster definition and publish, or have the zone made; work resumes by itself',
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
    advice: 'create the network in CloudStack, share it with the account, or correct `network`; work resumes by itself',
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
    reason: /^(InstanceLost|NetworkLost)$/,
    advice: 'find out who removed it from CloudStack; delete the Machine to have it replaced',
  },
  { reason: /^InstanceNotRunning$/, advice: 'start the instance in CloudStack, or delete the Machine to replace it' },
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
    reason: /^(RevisionRefused|DryRunFailed)$/,
    advice: 'correct the files of the message in git and push; the last good revision stays applied',
  },
  {
    reason: /^FetchFailed$/,
    advice: 'check the URL, the ref and the credentials of the repository',
  },
  // Kubernetes.
  {
    reason: /^Paused$/,
    advice: 'unpause: remove spec.paused from the Cluster, or the annotation cluster.x-k8s.io/paused from the object',
  },
  {
    reason: /^(NodeNotHealthy|NodeNotReady)$/,
    message: /network plugin|cni plugin/i,
    advice: 'wait for the network plugin; if it lasts, install one (CNI): the template of the machine brings none',
  },
  {
    reason: /^(ConnectionDown|ProbeFailed)$/,
    advice: 'check that the load balancer leads to a running control plane: `kubectl --kubeconfig … get --raw /readyz`',
  },
  {
    reason: /^(NodeDoesNotExist|InspectionFailed|NodeHealthUnknown|NodeReadyUnknown)$/,
    advice: 'wait for the machine to boot; if it lasts, read the console of the VM: kubeadm writes there why it failed',
  },
  { reason: /^NodeDeleted$/, advice: 'delete the Machine to have it replaced: its Node was removed by somebody' },
  {
    reason: /^DrainingNode$/,
    advice: 'wait for the pods to leave; `kubectl get pdb -A` on the workload cluster shows budgets that hold them',
  },
  {
    reason: /^WaitingForVolumeDetach$/,
    advice: 'wait for the volumes to detach; `kubectl get volumeattachments` on the workload cluster lists them',
  },
  {
    reason: /^WaitingForPre(Drain|Terminate)Hook$/,
    advice: 'the owner of the hook annotation of the Machine removes it',
  },
  {
    reason: /^(ObjectDoesNotExist|ObjectDeleted)$/,
    advice: 'put the object back that the message names: publish again, or see who deleted it',
  },
  { reason: /^CannotBeRemediated$/, advice: 'repair the machine by hand, or delete it when the others are healthy' },
  {
    reason: /^ScalingUp$/,
    message: /blocked|preflight/i,
    advice: 'wait for what the message names; it goes on by itself as soon as that is done',
  },
];

const IN_PROGRESS =
  /^(Waiting\w*|Creating\w*|Allocating\w*|Opening\w*|Assigning\w*|Removing\w*|Destroying\w*|Releasing\w*|Deleting\w*|\w+Deleting|Deploying|Starting|Provisioning|NotProvisioned|Not(Yet)?Reported|NotInitialized|NotReady|NotAvailable|NotUpToDate|\w*Unknown|ScalingUp|ScalingDown|RollingOut|Updating|Remediating|RemediationDeferred|Progressing|DoesNotExist)$/;

/** The next step for a condition of an object; waiting is named as such. */
export function adviceFor(object: KubeObject, condition: Condition): string {
  const match = ADVICE.find(
    ({ reason, message }) => reason.test(condition.reason) && (message?.test(condition.message) ?? true),
  );
  if (match !== undefined) return match.advice;
  if (IN_PROGRESS.test(condition.reason)) return WORK;
  const { group } = parseApiVersion(object.apiVersion);
  const kind = [object.kind.toLowerCase(), group].filter(Boolean).join('.');
  return `read its events: kubectl describe ${kind} ${object.metadata.name} --namespace ${object.metadata.namespace ?? ''}`;
}

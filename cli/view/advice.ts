import type { Condition } from '../../machinery/conditions';

interface Advice {
  /** Matched on whole words of the reason. */
  readonly reason: RegExp;
  /** Where one reason has several causes. @default - any message */
  readonly message?: RegExp;
  readonly advice: string;
}

/** What a human can do about a condition; the first that fits. */
const ADVICE: readonly Advice[] = [
  {
    reason: /Credentials?Missing|Secret(NotFound|Missing)/,
    advice:
      'create the credentials Secret named in the message with api-url, api-key, secret-key and verify-ssl; work resumes when it is there',
  },
  {
    reason: /Credential|Unauthori[sz]ed|Authentication/,
    advice: 'correct api-url, api-key and secret-key in the credentials Secret; work resumes when it changes',
  },
  {
    reason: /PermissionDenied/,
    advice: 'have the role of the account allow the API call in brackets, or use the keys of another account',
  },
  {
    reason: /NotFoundInCloudStack/,
    message: /no Zone /,
    advice:
      'correct `zone` in the cluster definition (a first zone is changed by deleting the cluster and creating it again), or have the zone made in CloudStack',
  },
  {
    reason: /NotFoundInCloudStack/,
    message: /no (Service)?Offering |no ServiceOffering|DiskOffering/,
    advice:
      'correct `offering` in the cluster definition, or create an offering of that name in CloudStack; work resumes by itself',
  },
  {
    reason: /NotFoundInCloudStack/,
    message: /no Template /,
    advice:
      'register a template of that name in the zone, or correct `template` or `kubernetesVersion` in the cluster definition; work resumes by itself',
  },
  {
    reason: /NotFoundInCloudStack/,
    message: /Network/,
    advice:
      'create the network in CloudStack, share it with the account, or correct `network` in the cluster definition; work resumes by itself',
  },
  {
    reason:
      /NotFoundInCloudStack|FailureDomainUnknown|(Zone|Offering|Template|Network|Project|Account|Domain|Affinity)\w*(NotFound|Unknown|Invalid)|(NotFound|Unknown)(Zone|Offering|Template|Network)|Unresolved|NameNotFound|ResourcesNotFound/,
    advice: 'correct the name in the cluster definition, or create it in CloudStack; work resumes by itself',
  },
  {
    reason: /LimitReached|Quota/,
    advice:
      'raise the limit that the message names (updateResourceLimit), or delete what the account no longer needs; work resumes by itself',
  },
  {
    reason: /Capacity|Insufficient/,
    advice: 'free or add capacity in the zone, or choose a smaller offering; work resumes by itself',
  },
  {
    reason: /AddressUnavailable/,
    advice: 'choose a free public address of the zone as endpoint, or leave the endpoint to the provider',
  },
  {
    reason: /NameTaken/,
    advice: 'rename or remove the other CloudStack resource of that name; work resumes by itself',
  },
  {
    reason: /Unreachable|Unavailable|Outage|Throttl/,
    advice: 'check that the CloudStack management server answers; work resumes by itself when it does',
  },
  { reason: /WaitingForAnswer/, advice: 'nothing: the outcome of a lost answer is looked up in a moment' },
  {
    reason: /Deploy\w*Failed|InstanceError|JobFailed|Error$/,
    advice:
      'read the message of the CloudStack job and remove its cause; the deployment is tried again, then the machine is replaced by its owner',
  },
  { reason: /Expung/, advice: 'wait for CloudStack to expunge the VM, or ask an administrator to expunge it' },
  {
    reason: /Stopped|NotRunning/,
    advice: 'the VM is started again; look at its console in CloudStack if it stops once more',
  },
  {
    reason: /ConfirmationRequired/,
    advice: 'run the command of the message to delete, or put the cluster back into git to keep it',
  },
  {
    reason: /RevisionRefused|DryRunFailed/,
    advice: 'correct the listed files in git and push; the last good revision stays applied',
  },
  { reason: /FetchFailed/, advice: 'check the URL, the ref and the credentials of the repository' },
  {
    reason: /Paused/,
    advice: 'unpause: remove spec.paused from the Cluster, or the annotation cluster.x-k8s.io/paused from the object',
  },
  {
    reason: /ConnectionDown|ProbeFailed|NodeDoesNotExist|InspectionFailed/,
    advice: 'wait for the machine to boot; if it lasts, read the VM console: kubeadm writes why it failed',
  },
  {
    reason: /DrainingNode/,
    advice: 'wait for the pods to leave; `kubectl get pdb -A` on the workload cluster shows budgets that hold them',
  },
  { reason: /WaitingFor.*Hook/, advice: 'the owner of the hook annotation named in the message removes it' },
];

/** The next step for a condition; waiting is named as such. */
export function adviceFor(kind: string, condition: Condition): string {
  const match = ADVICE.find(
    ({ reason, message }) => reason.test(condition.reason) && (message?.test(condition.message) ?? true),
  );
  if (match !== undefined) return match.advice;
  if (
    /^Waiting|^Deploying|^Creating|^Allocating|^Opening|^Starting|^Assigning|Provisioning|NotYetReported|InProgress|Pending/.test(
      condition.reason,
    )
  )
    return 'nothing: this is work in progress, wait for it';
  return `read the events: kubectl describe ${kind.toLowerCase()}`;
}

import type { Condition } from '../../machinery/conditions';

/** What a human can do about a condition, by its reason; matched on whole words of the reason. */
const ADVICE: readonly { readonly reason: RegExp; readonly advice: string }[] = [
  {
    reason: /Credential|Unauthori[sz]ed|Authentication/,
    advice: 'correct api-url, api-key and secret-key in the credentials Secret; work resumes when it changes',
  },
  {
    reason: /Secret(NotFound|Missing)/,
    advice: 'create the credentials Secret with api-url, api-key, secret-key and verify-ssl',
  },
  {
    reason:
      /(Zone|Offering|Template|Network|Project|Account|Domain|Affinity)\w*(NotFound|Unknown|Invalid)|(NotFound|Unknown)(Zone|Offering|Template|Network)|Unresolved|NameNotFound|ResourcesNotFound/,
    advice: 'correct the name in the cluster definition, or create it in CloudStack; work resumes by itself',
  },
  {
    reason: /Limit|Quota|Capacity|Insufficient/,
    advice: 'raise the account limit or free capacity in CloudStack; work resumes by itself',
  },
  {
    reason: /Unreachable|Unavailable|Outage|Throttl/,
    advice: 'check that the CloudStack management server answers; work resumes by itself when it does',
  },
  {
    reason: /Deploy\w*Failed|InstanceError|JobFailed|Error$/,
    advice: 'read the message of the CloudStack job; the machine is replaced by its owner',
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
    reason: /ConnectionDown|ProbeFailed|NodeDoesNotExist/,
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
  const match = ADVICE.find(({ reason }) => reason.test(condition.reason));
  if (match !== undefined) return match.advice;
  if (/^Waiting|Provisioning|NotYetReported|InProgress|Pending/.test(condition.reason))
    return 'nothing: this is work in progress, wait for it';
  return `read the events: kubectl describe ${kind.toLowerCase()}`;
}

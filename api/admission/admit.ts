/**
 * Admission as a pure function: defaults, then the schema, then the rules of the kind. The sandbox calls it in
 * process, the webhook server per request, constructs and planner before anything is written.
 */
import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { convert } from '../conversion';
import { kindFor } from '../crds';
import type { Kind } from '../define-kind';
import * as kinds from '../kinds';
import { TOPOLOGY_DRY_RUN_ANNOTATION } from '../labels';
import { type Problem, transitionProblems } from '../schema';
import { clusterProblems } from './cluster-rules';
import { controlPlaneProblems, controlPlaneTemplateProblems } from './control-plane-rules';
import { kubeadmConfigProblems, kubeadmConfigTemplateProblems } from './kubeadm-config-rules';
import { machineDeploymentProblems, machineProblems, machineSetProblems } from './machine-rules';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** In any served version. Absent (null on the wire) when something is deleted. */
  readonly object?: KubeObject | null | undefined;
  /** The stored object, for updates; null on the wire for creations. */
  readonly oldObject?: KubeObject | null | undefined;
  /** `status`: only what the status may look like is checked. */
  readonly subResource?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** As in `Status.details.causes`. */
export interface Cause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

export interface Admission {
  readonly allowed: boolean;
  /** The object with defaults, in the hub version of its kind; absent when the request had none. */
  readonly object?: KubeObject | undefined;
  /** Why it is refused; empty when it is allowed. */
  readonly causes: readonly Cause[];
}

/** Rules of one kind beyond its schema. */
type Rules = (object: KubeObject, old: KubeObject | undefined) => Problem[];

/** Rules apply only to what the kind's schema has accepted, so the type is known. */
function rulesOf<T extends KubeObject>(
  kind: Kind<T>,
  problems: (object: T, old: T | undefined) => Problem[],
): [string, Rules] {
  const typed = (object: KubeObject): object is T => kind.problems(object).every(isUnknownField);
  return [
    `${kind.group}/${kind.kind}`,
    // A stored object that an older schema let in must not make every later change impossible.
    (object, old) => (typed(object) ? problems(object, old !== undefined && typed(old) ? old : undefined) : []),
  ];
}

const RULES: ReadonlyMap<string, Rules> = new Map([
  rulesOf(kinds.Cluster, clusterProblems),
  rulesOf(kinds.Machine, machineProblems),
  rulesOf(kinds.MachineSet, machineSetProblems),
  rulesOf(kinds.MachineDeployment, machineDeploymentProblems),
  rulesOf(kinds.KubeadmConfig, kubeadmConfigProblems),
  rulesOf(kinds.KubeadmConfigTemplate, kubeadmConfigTemplateProblems),
  rulesOf(kinds.KubeadmControlPlane, controlPlaneProblems),
  rulesOf(kinds.KubeadmControlPlaneTemplate, controlPlaneTemplateProblems),
]);

/** Unknown fields are pruned or refused by the API server, as the client asks, and are not admission's business. */
function isUnknownField(problem: Problem): boolean {
  return problem.reason === 'UnknownField';
}

/**
 * Defaults and verdict for a request about one of our kinds; others are allowed as they are.
 */
export function admit(request: AdmissionRequest): Admission {
  const { operation } = request;
  const object = request.object ?? undefined;
  const oldObject = request.oldObject ?? undefined;
  const kind = object === undefined ? undefined : kindFor(object.apiVersion, object.kind);
  if (object === undefined || kind === undefined || operation === 'DELETE' || operation === 'CONNECT') {
    return { allowed: true, object, causes: [] };
  }
  const old = oldObject === undefined ? undefined : convert(oldObject, kind.apiVersion);
  const hub = convert(object, kind.apiVersion);
  if (request.subResource === 'status') return verdict(hub, kind.problems(hub).filter(isAboutStatus));

  const defaulted = kind.withDefaults(hub, old);
  return verdict(defaulted, admissionProblems(kind, defaulted, old, request.dryRun === true));
}

function isAboutStatus(problem: Problem): boolean {
  return problem.path.startsWith('status') && !isUnknownField(problem);
}

/** Everything schema and rules have against an object, which has its defaults already. */
export function admissionProblems(
  kind: Kind<KubeObject>,
  object: KubeObject,
  old?: KubeObject,
  dryRun = false,
): Problem[] {
  const schema = kind.problems(object).filter((problem) => !isUnknownField(problem));
  if (schema.length > 0) return schema;
  const rules = RULES.get(`${kind.group}/${kind.kind}`)?.(object, old) ?? [];
  const transitions = transitionProblems(kind.definition.spec, object['spec'], old?.['spec'], ['spec']);
  // ClusterClass compares templates by dry runs that must not fail on immutability (`capi.md` 0.6).
  const isComparison = dryRun && object.metadata.annotations?.[TOPOLOGY_DRY_RUN_ANNOTATION] !== undefined;
  const all = [...rules, ...transitions];
  return isComparison ? all.filter((problem) => problem.reason !== 'FieldValueForbidden') : all;
}

function verdict(object: KubeObject, problems: readonly Problem[]): Admission {
  return { allowed: problems.length === 0, object, causes: problems.map(causeOf) };
}

function causeOf({ path, reason, message, fix, value }: Problem): Cause {
  const shown = isJsonObject(value) || Array.isArray(value) || value === undefined ? '' : `${JSON.stringify(value)} `;
  return { field: path, reason, message: `${shown}${message}; ${fix}` };
}

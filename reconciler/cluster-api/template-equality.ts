/** Whether a machine is what its MachineDeployment asks for today (`capi.md` 4.3, 4.5). Pure. */
import { done, type Outcome, requeueAfter } from '../../api/ports';

interface Reference {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

/** The part of a machine's spec whose change needs a new machine. */
export interface MachineIdentity {
  readonly version?: string | undefined;
  readonly failureDomain?: string | undefined;
  readonly bootstrap: {
    readonly configRef?: Reference | undefined;
    readonly dataSecretName?: string | undefined;
  };
  readonly infrastructureRef: Reference;
}

/** Why machines of template `current` are not what template `desired` asks for; empty: they are. */
export function rolloutReasons(current: MachineIdentity, desired: MachineIdentity): string[] {
  const reasons: string[] = [];
  if (current.version !== desired.version) {
    reasons.push(`Version ${current.version ?? '<none>'}, ${desired.version ?? '<none>'} required`);
  }
  if ((current.failureDomain ?? '') !== (desired.failureDomain ?? '')) {
    reasons.push(`Failure domain ${current.failureDomain ?? '<none>'}, ${desired.failureDomain ?? '<none>'} required`);
  }
  reasons.push(...bootstrapReasons(current.bootstrap, desired.bootstrap));
  if (!sameReference(current.infrastructureRef, desired.infrastructureRef)) {
    reasons.push(`${madeFrom(desired.infrastructureRef)} is not up-to-date`);
  }
  return reasons;
}

function bootstrapReasons(current: MachineIdentity['bootstrap'], desired: MachineIdentity['bootstrap']): string[] {
  if (desired.configRef !== undefined) {
    if (current.configRef !== undefined && sameReference(current.configRef, desired.configRef)) return [];
    return [`${madeFrom(desired.configRef)} is not up-to-date`];
  }
  if (current.configRef === undefined && current.dataSecretName === desired.dataSecretName) return [];
  return [
    `spec.bootstrap.dataSecretName ${current.dataSecretName ?? '<none>'}, ${desired.dataSecretName ?? '<none>'} required`,
  ];
}

function madeFrom(reference: Reference): string {
  return reference.kind.replace(/Template$/, '');
}

function sameReference(left: Reference, right: Reference): boolean {
  return left.apiGroup === right.apiGroup && left.kind === right.kind && left.name === right.name;
}

/** Whether `rollout.after` has come and the machine (or set) is older than it. Times in RFC 3339 and milliseconds. */
export function isRolloutAfterExpired(after: string | undefined, createdAt: string, now: number): boolean {
  if (after === undefined) return false;
  const instant = Date.parse(after);
  return instant <= now && Date.parse(createdAt) < instant;
}

/** Comes back when `rollout.after` comes: time alone makes machines outdated. */
export function untilRollout(after: string | undefined, now: number): Outcome {
  const left = after === undefined ? Number.NaN : Date.parse(after) - now;
  return left > 0 ? requeueAfter(left) : done();
}

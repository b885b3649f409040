import type { Capabilities } from '../../../api/ports';

/** What is known of a cluster and of its record among CloudStack's Kubernetes clusters. */
export interface MirrorFacts {
  /** `spec.syncWithACS`. */
  readonly isWanted: boolean;
  /** The process keeps records at all. */
  readonly isEnabled: boolean;
  /** A record was announced or made, by us or the provider before us. */
  readonly mayHaveRecord: boolean;
  /** The failure domain whose credentials made the record has left the spec. */
  readonly hasLostHome: boolean;
  /** Failure domains and endpoint are there. */
  readonly isProvisioned: boolean;
}

export type MirrorAction =
  | 'nothing'
  | 'say-disabled'
  | 'wait'
  /** Make the record, or bring its members up to date. */
  | 'keep'
  /** Take the record away; when it is still wanted, another is made in its place. */
  | 'remove';

export function whatToDoWithRecord(facts: MirrorFacts): MirrorAction {
  if (!facts.isEnabled) return facts.isWanted ? 'say-disabled' : 'nothing';
  if (!facts.isWanted) return facts.mayHaveRecord ? 'remove' : 'nothing';
  if (facts.mayHaveRecord && facts.hasLostHome) return 'remove';
  return facts.isProvisioned ? 'keep' : 'wait';
}

/** Why a server cannot hold records; undefined: it can. */
export function whyUnsupported({ version, kubernetesService }: Capabilities): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  if (major < 4 || (major === 4 && minor < 19)) {
    return `CloudStack ${version} does not know clusters that others manage; that needs 4.19 or newer`;
  }
  if (!kubernetesService) {
    return "CloudStack's Kubernetes service is switched off (setting cloud.kubernetes.service.enabled)";
  }
  return undefined;
}

/** One CloudStackMachine, as far as the record is concerned. */
export interface MemberCandidate {
  readonly instanceId: string;
  readonly isControlPlane: boolean;
  /** It runs, shall go on running, and promised to leave the record before it goes. */
  readonly isSettled: boolean;
}

export interface MemberPlan {
  readonly controlPlane: readonly string[];
  readonly workers: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Makes the record hold the cluster's own machines and nothing else. A machine that is on its way in or out is left to
 * itself; whatever is no machine of the cluster is let go of (`capc.md` 10, #498).
 */
export function planMembers(candidates: readonly MemberCandidate[], members: ReadonlySet<string>): MemberPlan {
  const own = new Set(candidates.map(({ instanceId }) => instanceId));
  const missing = candidates.filter(({ instanceId, isSettled }) => isSettled && !members.has(instanceId));
  const idsOf = (isControlPlane: boolean) =>
    missing.filter((candidate) => candidate.isControlPlane === isControlPlane).map(({ instanceId }) => instanceId);
  return { controlPlane: idsOf(true), workers: idsOf(false), remove: [...members].filter((id) => !own.has(id)) };
}

import type { Machine } from '../../../api/kinds';
import { type PreflightVerdict, preflight } from './preflight';
import { type Candidate, type FailureDomain, selectForScaleDown } from './selection';

/** Everything the next step depends on. */
export interface PlanInput {
  readonly candidates: readonly Candidate[];
  readonly desiredReplicas: number;
  /** 0 or 1. */
  readonly maxSurge: number;
  readonly managedEtcd: boolean;
  readonly certificatesAvailable: boolean;
  readonly domains: readonly FailureDomain[];
  /**
   * A machine was remediated, and its replacement may join although others are not healthy either: waiting for them
   * would leave the control plane as it is for ever.
   */
  readonly mayReplace: boolean;
}

/** The one thing to do next. */
export type Step =
  | { readonly kind: 'rest' }
  | { readonly kind: 'initialize' }
  | { readonly kind: 'scaleUp' }
  | { readonly kind: 'scaleDown'; readonly machine: Machine }
  | { readonly kind: 'wait'; readonly verdict: PreflightVerdict };

/**
 * Decides the next step towards the desired machines (`capi.md` 6.1, items 13 and 14): replace what is outdated, with
 * at most `maxSurge` machines more than desired, otherwise correct the number. Never more than one machine at a time.
 */
export function planStep(input: PlanInput): Step {
  const { candidates, desiredReplicas, maxSurge } = input;
  const count = candidates.length;
  if (count === 0) return desiredReplicas > 0 ? { kind: 'initialize' } : { kind: 'rest' };
  const rolling = candidates.some((candidate) => candidate.outdated);
  const target = rolling ? desiredReplicas + maxSurge : desiredReplicas;
  // Whatever the surge says: the only machine is never deleted to make room for its successor.
  if (count < target || (rolling && count === 1)) return scaleUp(input);
  if (rolling || count > target) return scaleDown(input);
  return { kind: 'rest' };
}

function scaleUp(input: PlanInput): Step {
  const verdict = preflight(machinesOf(input), [], input.managedEtcd);
  if (!input.certificatesAvailable) {
    return { kind: 'wait', verdict: { ...verdict, messages: [...verdict.messages, 'Certificates are not available'] } };
  }
  const isReady = verdict.messages.length === 0 || (input.mayReplace && !verdict.hasDeletingMachine);
  return isReady ? { kind: 'scaleUp' } : { kind: 'wait', verdict };
}

function scaleDown(input: PlanInput): Step {
  const machine = selectForScaleDown(input.candidates, input.domains);
  if (machine === undefined) return { kind: 'rest' };
  const verdict = preflight(machinesOf(input), [machine], input.managedEtcd);
  return verdict.messages.length === 0 ? { kind: 'scaleDown', machine } : { kind: 'wait', verdict };
}

function machinesOf(input: PlanInput): Machine[] {
  return input.candidates.map((candidate) => candidate.machine);
}

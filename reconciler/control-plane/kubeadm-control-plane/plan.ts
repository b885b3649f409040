import type { Machine } from '../../../api/kinds';
import { isBeingDeleted } from '../../../machinery/kube-object';
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
  /** kubeadm init has run once. */
  readonly initialized: boolean;
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
  /** The first machine has not come up, and is not what is wanted any more. */
  | { readonly kind: 'startOver'; readonly machine: Machine }
  | { readonly kind: 'scaleUp' }
  | { readonly kind: 'scaleDown'; readonly machine: Machine }
  | { readonly kind: 'wait'; readonly verdict: PreflightVerdict };

/**
 * Decides the next step towards the desired machines (`capi.md` 6.1, items 13 and 14): replace what is outdated, with
 * at most `maxSurge` machines more than desired, otherwise correct the number. Never more than one machine at a time.
 * Before there is a cluster, a machine that is outdated before its infrastructure was there is made anew: a wrong
 * definition may keep it from ever coming up, and waiting for it, as for any other before a rollout, would not end.
 */
export function planStep(input: PlanInput): Step {
  const { candidates, desiredReplicas, maxSurge } = input;
  const count = candidates.length;
  if (count === 0) return desiredReplicas > 0 ? { kind: 'initialize' } : { kind: 'rest' };
  const unborn = input.initialized
    ? undefined
    : candidates.find((candidate) => candidate.outdated && isUnborn(candidate));
  if (unborn !== undefined) return { kind: 'startOver', machine: unborn.machine };
  const rolling = candidates.some((candidate) => candidate.outdated);
  const target = rolling ? desiredReplicas + maxSurge : desiredReplicas;
  // Whatever the surge says: the only machine is never deleted to make room for its successor.
  if (count < target || (rolling && count === 1)) return scaleUp(input);
  if (rolling || count > target) return scaleDown(input);
  return { kind: 'rest' };
}

/**
 * Its infrastructure was not reported yet. A VM may boot already; before the control plane is initialized nothing depends
 * on what it does, and it would be replaced as soon as it is up.
 */
function isUnborn({ machine }: Candidate): boolean {
  const { spec, status } = machine;
  return (
    !isBeingDeleted(machine) &&
    spec.providerID === undefined &&
    status?.nodeRef === undefined &&
    status?.initialization?.infrastructureProvisioned !== true
  );
}

function scaleUp(input: PlanInput): Step {
  const verdict = preflight(machinesOf(input), [], input.managedEtcd);
  if (!input.certificatesAvailable) return withoutCertificates(verdict);
  const isReady = verdict.messages.length === 0 || (input.mayReplace && !verdict.hasDeletingMachine);
  return isReady ? { kind: 'scaleUp' } : { kind: 'wait', verdict };
}

function scaleDown(input: PlanInput): Step {
  const machine = selectForScaleDown(input.candidates, input.domains);
  if (machine === undefined) return { kind: 'rest' };
  const verdict = preflight(machinesOf(input), [machine], input.managedEtcd);
  // To make room for a successor that could not join would only cost a machine.
  const isForSuccessor = input.candidates.length <= input.desiredReplicas;
  if (isForSuccessor && !input.certificatesAvailable) return withoutCertificates(verdict);
  return verdict.messages.length === 0 ? { kind: 'scaleDown', machine } : { kind: 'wait', verdict };
}

function withoutCertificates(verdict: PreflightVerdict): Step {
  return { kind: 'wait', verdict: { ...verdict, messages: [...verdict.messages, 'Certificates are not available'] } };
}

function machinesOf(input: PlanInput): Machine[] {
  return input.candidates.map((candidate) => candidate.machine);
}

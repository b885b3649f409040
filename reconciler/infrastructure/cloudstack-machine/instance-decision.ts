/** What is known of the machine's instance. `unknown`: nobody could look yet, or the look is outdated. */
export type InstanceView =
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'seen'; readonly state: string };

export interface InstanceFacts {
  readonly instance: InstanceView;
  /** A job of ours on the instance has not ended. */
  readonly jobPending: boolean;
  /** It was seen Running once, so its host name and credentials are in use. */
  readonly everRan: boolean;
  /** How long it has been Stopped; 0 in any other state. */
  readonly stoppedForMs: number;
  /** Deployments of this machine that failed, the one in question not counted. */
  readonly failedAttempts: number;
  /** Attempts after which the owner shall make another machine. */
  readonly attemptLimit: number;
  /** A MachineSet or control plane replaces the machine when it is deleted. */
  readonly isReplaceable: boolean;
}

export type InstanceAction =
  | 'deploy'
  | 'look'
  | 'wait'
  | 'serve'
  | 'start'
  /** Destroy the instance that never ran, then deploy again. */
  | 'discard'
  /** Delete the Machine; its owner makes another. */
  | 'replace'
  /** The instance is lost. A Machine is bound to one instance: say so, never deploy again. */
  | 'report-lost';

/** A stopped instance may be restarted by CloudStack's own high availability first. */
export const STOPPED_GRACE_MS = 15_000;

/** What to do about the instance of a machine that shall live. */
export function whatToDoWithInstance(facts: InstanceFacts): InstanceAction {
  const { instance } = facts;
  switch (instance.kind) {
    case 'none':
      return 'deploy';
    case 'unknown':
      return 'look';
    case 'gone':
      return 'report-lost';
    case 'seen':
      return whatToDoInState(instance.state, facts);
  }
}

function whatToDoInState(state: string, facts: InstanceFacts): InstanceAction {
  switch (state) {
    case 'Running':
      return 'serve';
    case 'Error':
      // Only a first start ends in Error; afterwards the instance is of no use to anyone (`cloudstack.md` 5.1).
      if (facts.everRan) return 'report-lost';
      if (facts.jobPending) return 'wait';
      return facts.failedAttempts + 1 >= facts.attemptLimit && facts.isReplaceable ? 'replace' : 'discard';
    case 'Stopped':
      if (facts.jobPending || facts.stoppedForMs < STOPPED_GRACE_MS) return 'wait';
      return 'start';
    case 'Destroyed':
    case 'Expunging':
    case 'Expunged':
      return 'report-lost';
    default:
      return 'wait';
  }
}

export interface RemovalFacts {
  readonly instance: InstanceView;
  readonly jobPending: boolean;
  /** The user may destroy with expunge. */
  readonly mayExpunge: boolean;
}

export type RemovalAction = 'release' | 'look' | 'wait' | 'destroy';

/** What to do about the instance of a machine that is being deleted. */
export function whatToDoWithRemoval(facts: RemovalFacts): RemovalAction {
  const { instance } = facts;
  if (instance.kind === 'none' || instance.kind === 'gone') return 'release';
  if (instance.kind === 'unknown') return 'look';
  if (facts.jobPending) return 'wait';
  switch (instance.state) {
    case 'Destroyed':
      // Without the right to expunge CloudStack's own sweep does it, up to two days later; the machine is no more.
      return facts.mayExpunge ? 'destroy' : 'release';
    case 'Expunging':
    case 'Expunged':
      return facts.mayExpunge ? 'wait' : 'release';
    default:
      return 'destroy';
  }
}

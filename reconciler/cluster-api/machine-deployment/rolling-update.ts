/** How many replicas each MachineSet of a MachineDeployment should have (`capi.md` 4.5). Pure. */

/** A MachineSet as the plan sees it. */
export interface SetScale {
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** `spec.replicas`. */
  readonly desired: number;
  /** Machines that exist, those being deleted included. */
  readonly existing: number;
  /** Machines that serve; of the current set those it has counted. */
  readonly available: number;
}

export interface RolloutState {
  /** `spec.replicas` of the MachineDeployment. */
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** The MachineSet of the current template; one that is about to be created counts zero everywhere. */
  readonly current: SetScale;
  readonly old: readonly SetScale[];
}

/** New `spec.replicas` by name of MachineSet; all sets are listed. */
export type ScalePlan = ReadonlyMap<string, number>;

/** RollingUpdate: replace old machines within `maxSurge` and `maxUnavailable`. */
export function planRollingUpdate(state: RolloutState): ScalePlan {
  const plan = keepAll(state);
  scaleCurrent(state, plan);
  if (sum(state.old, desiredOf) > 0) scaleOldDown(state, plan);
  breakDeadlock(state, plan);
  return plan;
}

/** OnDelete: machines are replaced as users delete them; a surplus leaves from the old sets. */
export function planOnDelete(state: RolloutState): ScalePlan {
  const plan = keepAll(state);
  // A machine the user deleted must not come back in its old set.
  for (const set of state.old) plan.set(set.name, Math.min(set.desired, set.existing));
  const oldTotal = sum(state.old, (set) => plan.get(set.name) ?? 0);
  let surplus = oldTotal + Math.min(state.current.desired, state.replicas) - state.replicas;
  for (const set of oldestFirst(state.old)) {
    if (surplus <= 0) break;
    const removed = Math.min(surplus, plan.get(set.name) ?? 0);
    plan.set(set.name, (plan.get(set.name) ?? 0) - removed);
    surplus -= removed;
  }
  const others = sum(state.old, (set) => Math.max(plan.get(set.name) ?? 0, set.existing));
  const wanted = Math.max(state.replicas - others, Math.min(state.current.desired, state.replicas));
  plan.set(state.current.name, Math.max(0, wanted));
  return plan;
}

/** A paused MachineDeployment: no rollout, but scaling is shared by size among the sets that have machines. */
export function planPaused(state: RolloutState): ScalePlan {
  const plan = keepAll(state);
  const all = [state.current, ...state.old];
  const active = all.filter((set) => set.desired > 0);
  if (active.length <= 1) {
    const only = active[0] ?? state.current;
    plan.set(only.name, state.replicas);
    return plan;
  }
  const saturated =
    state.current.desired === state.replicas &&
    state.current.existing === state.replicas &&
    state.current.available === state.replicas;
  if (saturated) {
    for (const set of state.old) plan.set(set.name, 0);
    return plan;
  }
  const total = sum(active, desiredOf);
  const allowed = state.replicas > 0 ? state.replicas + state.maxSurge : 0;
  // Machines in surge stay while the total is within bounds: a pause must not undo a rollout.
  if (total >= state.replicas && total <= allowed) return plan;
  const target = total < state.replicas ? state.replicas : allowed;
  shareOut(active, total, target, plan);
  return plan;
}

/** Largest remainder: every set keeps its share, the sum is exact. */
function shareOut(sets: readonly SetScale[], total: number, target: number, plan: Map<string, number>): void {
  const shares = sets.map((set) => ({ set, exact: (set.desired * target) / total }));
  let left = target;
  for (const { set, exact } of shares) {
    plan.set(set.name, Math.floor(exact));
    left -= Math.floor(exact);
  }
  const byRemainder = [...shares].sort(
    (a, b) =>
      b.exact - Math.floor(b.exact) - (a.exact - Math.floor(a.exact)) ||
      b.set.desired - a.set.desired ||
      (a.set.name < b.set.name ? -1 : 1),
  );
  for (const { set } of byRemainder.slice(0, left)) plan.set(set.name, (plan.get(set.name) ?? 0) + 1);
}

function scaleCurrent(state: RolloutState, plan: Map<string, number>): void {
  const { current, replicas } = state;
  if (current.desired >= replicas) {
    plan.set(current.name, replicas);
    return;
  }
  // Machines being deleted still hold quota and addresses, so they count.
  const machines = sum([current, ...state.old], (set) => Math.max(set.desired, set.existing));
  const room = replicas + state.maxSurge - machines;
  plan.set(current.name, current.desired + Math.max(0, Math.min(room, replicas - current.desired)));
}

function scaleOldDown(state: RolloutState, plan: Map<string, number>): void {
  const minAvailable = Math.max(0, state.replicas - state.maxUnavailable);
  const all = [state.current, ...state.old];
  const desired = sum(all, (set) => (set === state.current ? Math.min(set.desired, state.replicas) : set.desired));
  const unavailableCurrent = Math.max(0, state.current.desired - availableAtWorst(state.current));
  let budget = desired - minAvailable - unavailableCurrent;
  // Machines that do not serve go first: removing them costs no availability.
  for (const set of oldestFirst(state.old)) {
    if (budget <= 0) return;
    const unavailable = Math.max(0, set.desired - Math.min(set.available, set.desired));
    const removed = Math.min(unavailable, budget);
    plan.set(set.name, set.desired - removed);
    budget -= removed;
  }
  // What is counted available may be in deletion already: of the rest only what is certain may be given up.
  let spare = sum(all, availableAtWorst) - minAvailable;
  for (const set of oldestFirst(state.old)) {
    const planned = plan.get(set.name) ?? set.desired;
    const removed = Math.max(0, Math.min(planned, budget, spare));
    plan.set(set.name, planned - removed);
    budget -= removed;
    spare -= removed;
  }
}

/** Available machines that are left when every deletion under way hits an available one. */
function availableAtWorst(set: SetScale): number {
  return Math.max(0, set.available - Math.max(0, set.existing - set.desired));
}

/**
 * When nothing can move although everything is at rest, a machine of an old set that does not serve holds the place a
 * new one needs. Available machines are never given up for it.
 */
function breakDeadlock(state: RolloutState, plan: Map<string, number>): void {
  const all = [state.current, ...state.old];
  if (state.current.available >= state.replicas) return;
  if (all.some((set) => plan.get(set.name) !== set.desired || set.desired !== set.existing)) return;
  const stuck = oldestFirst(state.old).find((set) => set.desired > 0 && set.available < set.desired);
  if (stuck !== undefined) plan.set(stuck.name, stuck.desired - 1);
}

function keepAll(state: RolloutState): Map<string, number> {
  return new Map([state.current, ...state.old].map((set) => [set.name, set.desired]));
}

function oldestFirst(sets: readonly SetScale[]): SetScale[] {
  return [...sets].sort((a, b) =>
    a.createdAt !== b.createdAt ? (a.createdAt < b.createdAt ? -1 : 1) : a.name < b.name ? -1 : 1,
  );
}

function desiredOf(set: SetScale): number {
  return set.desired;
}

function sum(sets: readonly SetScale[], of: (set: SetScale) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}

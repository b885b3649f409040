/** Which machine of a MachineSet goes first (`capi.md` 4.4). Pure. */

export type DeleteOrder = 'Random' | 'Newest' | 'Oldest';

/** A Machine as the order sees it. */
export interface DeleteCandidate {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly deleting: boolean;
  /** Annotated `cluster.x-k8s.io/delete-machine`. */
  readonly marked: boolean;
  /** Has a Node, the Node is healthy, no health check failed. */
  readonly healthy: boolean;
  /** Serves: its condition Available is true. */
  readonly available: boolean;
}

const ALREADY_DELETING = 100;
const MARKED = 80;
const UNHEALTHY = 50;
/** A rollout that takes back what does not serve counts on it that nothing else goes. */
const UNAVAILABLE = 49.5;
const RANDOM = 20;
/** Below UNAVAILABLE: however old, a machine that serves goes after one that does not. */
const AGE_CEILING = 49;
/** Ages differ most in the first days; after some months all machines are simply old. */
const AGE_SCALE_MS = 10 * 24 * 3600_000;

/** Higher goes earlier. `now` in milliseconds since the epoch. */
export function deletePriority(machine: DeleteCandidate, order: DeleteOrder, now: number): number {
  if (machine.deleting) return ALREADY_DELETING;
  if (machine.marked) return MARKED;
  if (!machine.healthy) return UNHEALTHY;
  if (!machine.available) return UNAVAILABLE;
  const age = AGE_CEILING * (1 - Math.exp(-Math.max(0, now - machine.createdAt) / AGE_SCALE_MS));
  switch (order) {
    case 'Random':
      return RANDOM;
    case 'Oldest':
      return age;
    case 'Newest':
      return AGE_CEILING - age;
  }
}

/** The machines in the order they are to be deleted; ties by name, so that every attempt picks the same ones. */
export function inDeleteOrder<T extends DeleteCandidate>(machines: readonly T[], order: DeleteOrder, now: number): T[] {
  return [...machines].sort(
    (a, b) => deletePriority(b, order, now) - deletePriority(a, order, now) || (a.name < b.name ? -1 : 1),
  );
}

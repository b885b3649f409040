import type { Machine } from '../../../api/kinds';
import { DELETE_MACHINE_ANNOTATION } from '../../../api/labels';
import type { Random } from '../../../machinery/random';
import { createdAt } from './up-to-date';

/** What choosing a machine or a failure domain looks at. */
export interface Candidate {
  readonly machine: Machine;
  readonly outdated: boolean;
  /** All pods and the etcd member of the machine are healthy. */
  readonly healthy: boolean;
}

export interface FailureDomain {
  readonly name: string;
  readonly controlPlane?: boolean | undefined;
}

/**
 * The machine that goes next on scale down: of the first set that is not empty (outdated and marked for deletion,
 * marked, outdated and unhealthy, outdated, all) the oldest in the fullest failure domain (`capi.md` 6.4).
 * Undefined when there is no machine.
 */
export function selectForScaleDown(
  candidates: readonly Candidate[],
  domains: readonly FailureDomain[],
): Machine | undefined {
  const marked = (candidate: Candidate) =>
    candidate.machine.metadata.annotations?.[DELETE_MACHINE_ANNOTATION] !== undefined;
  const sets = [
    candidates.filter((candidate) => candidate.outdated && marked(candidate)),
    candidates.filter(marked),
    candidates.filter((candidate) => candidate.outdated && !candidate.healthy),
    candidates.filter((candidate) => candidate.outdated),
    candidates,
  ];
  const set = sets.find((list) => list.length > 0) ?? [];
  const eligible = set.map((candidate) => candidate.machine);
  const fullest = fullestDomain(
    eligible,
    candidates.map((candidate) => candidate.machine),
    domains,
  );
  return oldest(eligible.filter((machine) => domainOf(machine) === fullest));
}

/** Of the domains with an eligible machine: one the cluster does not offer (any more), else the one with most machines. */
function fullestDomain(
  eligible: readonly Machine[],
  all: readonly Machine[],
  domains: readonly FailureDomain[],
): string | undefined {
  const offered = new Set(domains.filter((domain) => domain.controlPlane === true).map((domain) => domain.name));
  const names = [...new Set(eligible.map(domainOf))];
  const rank = (name: string) => {
    const unknown = offered.size > 0 && !offered.has(name) ? 1 : 0;
    return [unknown, all.filter((machine) => domainOf(machine) === name).length] as const;
  };
  names.sort((left, right) => {
    const [leftUnknown, leftCount] = rank(left);
    const [rightUnknown, rightCount] = rank(right);
    return rightUnknown - leftUnknown || rightCount - leftCount || (left < right ? -1 : 1);
  });
  return names[0];
}

function domainOf(machine: Machine): string {
  return machine.spec.failureDomain ?? '';
}

/** The machine made first; of several the first by name. */
export function oldest(machines: readonly Machine[]): Machine | undefined {
  return [...machines].sort(byAge)[0];
}

/** The machine made last; of several the last by name. */
export function newest(machines: readonly Machine[]): Machine | undefined {
  return [...machines].sort(byAge).at(-1);
}

function byAge(left: Machine, right: Machine): number {
  return createdAt(left) - createdAt(right) || (left.metadata.name < right.metadata.name ? -1 : 1);
}

/**
 * The failure domain of the next machine: of those for control planes the one with the fewest machines that are up to
 * date and stay, then the fewest at all, then any. Undefined when the cluster offers none.
 */
export function selectFailureDomain(
  candidates: readonly Candidate[],
  domains: readonly FailureDomain[],
  random: Pick<Random, 'below'>,
): string | undefined {
  const loads = domains
    .filter((domain) => domain.controlPlane === true)
    .map(({ name }) => {
      const inside = candidates.filter((candidate) => candidate.machine.spec.failureDomain === name);
      const staying = inside.filter(
        ({ machine, outdated }) => !outdated && machine.metadata.deletionTimestamp === undefined,
      );
      return { name, staying: staying.length, all: inside.length };
    });
  const fewest = Math.min(...loads.map((load) => load.staying));
  const light = loads.filter((load) => load.staying === fewest);
  const fewestOfAll = Math.min(...light.map((load) => load.all));
  const best = light.filter((load) => load.all === fewestOfAll);
  return best[best.length > 1 ? random.below(best.length) : 0]?.name;
}

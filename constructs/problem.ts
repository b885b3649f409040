/** A mistake in a cluster definition, as data; wording of the whole list is in {@link formatProblems}. */
export interface Problem {
  /** Construct path, e.g. `prod/pool-general`. */
  readonly path: string;
  /** The prop, e.g. `controlPlane.replicas`. */
  readonly field: string;
  /** What was given; undefined when it is missing. */
  readonly value: unknown;
  /** What is wrong. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
}

/** One line a problem, in the order given: `path: field = value: message; fix`. */
export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? 'is missing' : `= ${JSON.stringify(problem.value)}`;
  return `${problem.path}: ${problem.field} ${value}: ${problem.message}; ${problem.fix}`;
}

/** Thrown by synthesis: every mistake of every definition at once. Nothing has been written. */
export class DefinitionInvalid extends Error {
  readonly code = 'DEFINITION_INVALID';

  constructor(readonly problems: readonly Problem[]) {
    super(
      `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'} in the cluster definitions:\n${problems.map((problem) => `  - ${formatProblem(problem)}`).join('\n')}`,
    );
    this.name = 'DefinitionInvalid';
  }
}

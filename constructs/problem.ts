/** A mistake in a cluster definition, as data; worded by {@link formatProblem}. */
export interface Problem {
  /** The file that defines the cluster, where it is known and `path` does not say it. */
  readonly file?: string;
  /** Construct path, e.g. `prod/pool-general`. */
  readonly path: string;
  /** The prop, e.g. `controlPlane.replicas`. */
  readonly field: string;
  /** What was given; undefined when nothing was. */
  readonly value: unknown;
  /** What is wrong. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
}

/** One line a problem: `file: path: field = value: message; fix`. */
export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` = ${formatValue(problem.value)}`;
  const file = problem.file === undefined ? '' : `${problem.file}: `;
  return `${file}${problem.path}: ${problem.field}${value}: ${problem.message}; ${problem.fix}`;
}

/** Longer values say less than their beginning. */
const VALUE_LIMIT = 120;

function formatValue(value: unknown): string {
  const text = asJson(value) ?? String(value);
  return text.length <= VALUE_LIMIT ? text : `${text.slice(0, VALUE_LIMIT - 1)}…`;
}

/** Undefined for what JSON cannot hold: functions, symbols, cycles. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
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

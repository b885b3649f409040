/** One part of a reconcile, and what becomes of its failure. */
export interface Phase<S> {
  run(scope: S): Promise<void>;
  readonly failed?: ((error: unknown) => void) | undefined;
}

/** All phases run although one fails: each tells the status something of its own. @returns what failed, in order */
export async function runPhases<S>(scope: S, phases: readonly Phase<S>[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const { run, failed } of phases) {
    try {
      await run(scope);
    } catch (error) {
      failed?.(error);
      errors.push(error);
    }
  }
  return errors;
}

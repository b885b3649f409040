/** Exit codes of every command. */
export const ExitCode = { done: 0, failed: 1, wrongInput: 2 } as const;

/** Ends a command with a message and an exit code; printed without a stack. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = ExitCode.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CommandError';
  }
}

/** The user gave something that cannot work; nothing was changed. */
export function wrongInput(message: string): CommandError {
  return new CommandError(message, ExitCode.wrongInput);
}

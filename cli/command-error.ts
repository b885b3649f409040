import { KubeUnreachable } from '../api/ports';
import { CapstanError } from '../machinery/errors';

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

/** What helps when the message alone does not say it. */
const ADVICE: { readonly [code: string]: string } = {
  KUBE_UNREACHABLE: 'Is that API server running? Start it, or name another one with --kubeconfig.',
  KUBE_UNAUTHORIZED: 'Are the credentials of that kubeconfig still good?',
};
const UNTRUSTED_ADVICE =
  'Does the kubeconfig hold the current certificate authority of that server, and is its certificate still valid?';

/** What is printed about a failure, and with which code the command ends. */
export function describeFailure(error: unknown): { readonly text: string; readonly exitCode: 1 | 2 } {
  if (error instanceof CommandError) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof CapstanError) {
    const isUntrusted = error instanceof KubeUnreachable && error.isUntrusted;
    const advice = isUntrusted ? UNTRUSTED_ADVICE : ADVICE[error.code];
    return {
      text: advice === undefined ? error.message : `${error.message.trimEnd()}\n${advice}`,
      exitCode: error.code === 'KUBECONFIG_INVALID' ? ExitCode.wrongInput : ExitCode.failed,
    };
  }
  // Nobody foresaw it: the stack is what a report of the fault needs.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text, exitCode: ExitCode.failed };
}

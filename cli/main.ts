import { Command, CommanderError } from 'commander';
import { describeFailure, ExitCode } from './command-error';
import { kubeconfigCommand } from './commands/kubeconfig';
import { publishCommand } from './commands/publish';
import { runCommand } from './commands/run';
import { sandboxCommand } from './commands/sandbox';
import { statusCommand } from './commands/status';
import { upCommand } from './commands/up';
import { whyCommand } from './commands/why';
import { toolVersion } from './installation';

async function main(): Promise<void> {
  endWhenUnread(process.stdout);
  const program = new Command('capstan')
    .description('TypeScript cluster definitions become Kubernetes clusters on Apache CloudStack, through git')
    .version(toolVersion())
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  for (const command of [
    upCommand(),
    sandboxCommand(),
    runCommand(),
    statusCommand(),
    whyCommand(),
    kubeconfigCommand(),
    publishCommand(),
  ])
    program.addCommand(command.exitOverride());
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Ends the command when nobody can read what it says: a pipe that closed is no failure, a disk that is full is one. */
function endWhenUnread(output: NodeJS.WriteStream): void {
  // Standard error is where failures are told; its own can be told nowhere.
  process.stderr.on('error', () => undefined);
  output.on('error', () => undefined);
  output.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.stderr.write(`cannot write to standard output: ${error.message}\n`);
      process.once('exit', () => {
        process.exitCode = ExitCode.failed;
      });
    }
    // Commands that run until they are stopped clean up; all others are about to end.
    process.emit('SIGTERM');
  });
}

/** Prints what went wrong and returns the exit code. */
function report(error: unknown): number {
  // Commander has printed its own message; help and version are not failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.wrongInput;
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

void main();

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

/** Prints what went wrong and returns the exit code. */
function report(error: unknown): number {
  // Commander has printed its own message; help and version are not failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.wrongInput;
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

void main();

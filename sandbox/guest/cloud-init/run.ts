import { messageOf } from '../../../machinery/errors';
import { KubeadmFailed, parseKubeadmCall } from '../kubeadm/config';
import type { KubeadmRun } from '../kubeadm/context';
import { kubeadmInit } from '../kubeadm/init';
import { kubeadmJoin } from '../kubeadm/join';
import type { Machine } from '../machine';
import type { World } from '../world';
import { type Command, planCloudInit } from './cloud-config';
import { parseShell, type SimpleCommand } from './shell';

/** The first boot: everything that the user data say, in cloud-init's order. Stops when `signal` aborts. */
export async function runCloudInit(world: World, machine: Machine, signal: AbortSignal): Promise<void> {
  const say = (text: string) => machine.print('cloud-init', text);
  say(`Cloud-init v. 25.2 running 'init'. Datasource DataSourceCloudStack`);
  const { config, messages } = planCloudInit(machine.spec.userData, machine.spec.metadata);
  for (const message of messages) say(message);
  await runCommands(world, machine, signal, config.bootCommands, 'bootcmd');
  for (const file of config.files) {
    machine.writeFile(file);
    // Not the size: that of a certificate differs from run to run (ECDSA), the console of a repeated run must not.
    say(`Writing to ${file.path} - ${file.append ? 'ab' : 'wb'}: [${file.permissions}]`);
  }
  const status = await runCommands(world, machine, signal, config.runCommands, 'runcmd');
  if (signal.aborted) return;
  // runcmd is one script: its status is that of the last command.
  if (status !== 0) say('WARNING: Failed to run module scripts_user (scripts in /var/lib/cloud/instance/scripts)');
  say('Cloud-init v. 25.2 finished. Datasource DataSourceCloudStack');
}

/** Runs a list of commands as cloud-init does: one script of `sh` without `-e`, which goes on after failures. */
async function runCommands(
  world: World,
  machine: Machine,
  signal: AbortSignal,
  commands: readonly Command[],
  module: string,
): Promise<number> {
  let status = 0;
  for (const command of commands) {
    const steps =
      typeof command === 'string'
        ? parseShell(command)
        : [{ connector: 'always', command: { words: command } } as const];
    for (const step of steps) {
      if (signal.aborted) return status;
      if (step.connector === 'and' && status !== 0) continue;
      if (step.connector === 'or' && status === 0) continue;
      const [program, code] = step.command.words;
      // It ends the script, and with it every line that comes later.
      if (program === 'exit') return code === undefined ? status : Number(code);
      status = await execute(world, machine, signal, step.command, module);
    }
  }
  return status;
}

/** Exit status of one program. */
async function execute(
  world: World,
  machine: Machine,
  signal: AbortSignal,
  command: SimpleCommand,
  module: string,
): Promise<number> {
  const [program = '', ...args] = command.words;
  const call = parseKubeadmCall(command.words);
  if (call !== undefined) return runKubeadm(world, machine, signal, call.command, call.configPath);
  if (program === 'false') return 1;
  if (program === 'echo' && command.redirect !== undefined) {
    const content = Buffer.from(`${args.join(' ')}\n`, 'utf8');
    const { path, append } = command.redirect;
    machine.writeFile({ path, content, append, permissions: '0644', owner: 'root:root' });
    return 0;
  }
  // Arguments may hold secrets; the program's name is enough to follow what happens.
  machine.print('cloud-init', program === 'echo' ? args.join(' ') : `${module}: ${program} (not run in this sandbox)`);
  return 0;
}

async function runKubeadm(
  world: World,
  machine: Machine,
  signal: AbortSignal,
  command: 'init' | 'join',
  configPath: string | undefined,
): Promise<number> {
  const config = configPath === undefined ? undefined : machine.readFile(configPath);
  const fail = (why: string) => {
    machine.print('kubeadm', why);
    machine.print('kubeadm', 'To see the stack trace of this error execute with --v=5 or higher');
    return 1;
  };
  if (config === undefined) {
    const why = configPath === undefined ? 'no --config was given' : `open ${configPath}: no such file or directory`;
    return fail(`unable to read config from "${configPath ?? ''}": ${why}`);
  }
  const run: KubeadmRun = { world, machine, signal, config };
  try {
    await (command === 'init' ? kubeadmInit(run) : kubeadmJoin(run));
    return 0;
  } catch (error) {
    if (error instanceof KubeadmFailed) return fail(error.message);
    world.options.onFault(machine.id, error);
    return fail(`unexpected: ${messageOf(error)}`);
  }
}

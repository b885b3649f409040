import { Command, Option } from 'commander';
import { silentLog } from '../../reconciler/runtime';
import type { LatencyName } from '../../sandbox/latency';
import { wrongInput } from '../command-error';
import { announceSandbox, withdrawSandbox } from '../running-sandbox';
import { openDataDirectory } from '../sandbox/data-directory';
import { type Sandbox, type SandboxPart, startSandbox } from '../sandbox/start-sandbox';
import { latencyOption, latencyProfile } from './latency-option';

interface SandboxFlags {
  readonly parts: string;
  readonly kubePort?: string;
  readonly cloudstackPort?: string;
  readonly dataDir?: string;
  readonly latency: LatencyName;
  readonly output?: string;
}

/** `capstan sandbox`: the servers alone. */
export function sandboxCommand(): Command {
  return new Command('sandbox')
    .description('Run the simulated Kubernetes API and CloudStack until Ctrl-C')
    .option('--parts <list>', 'kube, cloudstack', 'kube,cloudstack')
    .option('--kube-port <port>', 'port of the Kubernetes API (default: a free one)')
    .option('--cloudstack-port <port>', 'port of the CloudStack API (default: a free one)')
    .option('--data-dir <dir>', 'keep all state here across restarts (default: a temporary folder)')
    .addOption(latencyOption())
    .addOption(new Option('--output <format>', 'print one JSON object when the servers are ready').choices(['json']))
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan sandbox --output json\n\nExit codes: 0 stopped, 1 cannot start, 2 wrong input',
    )
    .action(run);
}

async function run(flags: SandboxFlags): Promise<void> {
  const data = openDataDirectory(flags.dataDir);
  const sandbox = await startSandbox({
    parts: parseParts(flags.parts),
    dataDirectory: data.path,
    latency: latencyProfile(flags.latency),
    kubePort: parsePort('--kube-port', flags.kubePort),
    cloudstackPort: parsePort('--cloudstack-port', flags.cloudstackPort),
    log: silentLog,
  });
  try {
    if (sandbox.kubeconfig !== undefined)
      announceSandbox(process.cwd(), { pid: process.pid, kubeconfig: sandbox.kubeconfig });
    process.stdout.write(flags.output === 'json' ? `${JSON.stringify(describe(sandbox))}\n` : text(sandbox));
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
  } finally {
    withdrawSandbox(process.cwd());
    await sandbox.stop();
    data.remove();
  }
}

function describe({ kubeconfig, cloudstack }: Sandbox): object {
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(cloudstack === undefined
      ? {}
      : {
          cloudstack: {
            endpoint: cloudstack.endpoint,
            apiKey: cloudstack.apiKey,
            // Asked for by the caller: without it nobody could use the simulated API.
            secretKey: cloudstack.secretKey.reveal(),
            examples: cloudstack.examples,
          },
        }),
  };
}

function text(sandbox: Sandbox): string {
  const lines: string[] = [];
  if (sandbox.kubeconfig !== undefined) lines.push(`Kubernetes API   export KUBECONFIG=${sandbox.kubeconfig}`);
  if (sandbox.cloudstack !== undefined) {
    const { endpoint, apiKey, secretKey } = sandbox.cloudstack;
    lines.push(`CloudStack API   ${endpoint}`, `  api key        ${apiKey}`, `  secret key     ${secretKey.reveal()}`);
  }
  return `${lines.join('\n')}\nNext: npx capstan run --kubeconfig ${sandbox.kubeconfig ?? 'FILE'}\nCtrl-C stops it.\n`;
}

function parseParts(list: string): ReadonlySet<SandboxPart> {
  const parts = new Set<SandboxPart>();
  for (const part of list.split(',')) {
    if (part !== 'kube' && part !== 'cloudstack')
      throw wrongInput(`--parts: ${JSON.stringify(part)} is not kube or cloudstack`);
    parts.add(part);
  }
  return parts;
}

function parsePort(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw wrongInput(`${flag}: ${JSON.stringify(value)} is not a port`);
  return port;
}

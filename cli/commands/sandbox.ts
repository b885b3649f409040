import { Command, Option } from 'commander';
import { silentLog } from '../../reconciler/runtime';
import type { LatencyName } from '../../sandbox/latency';
import { withClosers } from '../close-all';
import { wrongInput } from '../command-error';
import { projectFolder } from '../project';
import { announceSandbox, withdrawSandbox } from '../running-sandbox';
import { openDataDirectory } from '../sandbox/data-directory';
import { type Sandbox, type SandboxPart, startSandbox } from '../sandbox/start-sandbox';
import { shellWord } from '../shell-word';
import { aborted, stopOnSignals } from '../stop-signal';
import { translationNotice } from '../translated-addresses';
import { latencyOption, latencyProfile } from './latency-option';
import { parsePort } from './port-option';

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
  const options = {
    parts: parseParts(flags.parts),
    latency: latencyProfile(flags.latency),
    kubePort: flags.kubePort === undefined ? undefined : parsePort('--kube-port', flags.kubePort),
    cloudstackPort:
      flags.cloudstackPort === undefined ? undefined : parsePort('--cloudstack-port', flags.cloudstackPort),
    log: silentLog,
  };
  await withClosers(async (closers) => {
    const stop = stopOnSignals();
    closers.push(() => stop.release());
    const data = openDataDirectory(flags.dataDir);
    closers.push(() => data.remove());
    stop.beforeSuddenEnd(() => data.remove());
    const sandbox = await startSandbox({ ...options, dataDirectory: data.path });
    closers.push(() => sandbox.stop());
    const project = projectFolder(process.cwd());
    closers.push(() => withdrawSandbox(project));
    stop.beforeSuddenEnd(() => withdrawSandbox(project));
    if (sandbox.kubeconfig !== undefined)
      announceSandbox(project, {
        pid: process.pid,
        kubeconfig: sandbox.kubeconfig,
        translatedAddresses: sandbox.translatedAddresses,
      });
    process.stdout.write(flags.output === 'json' ? `${JSON.stringify(describe(sandbox))}\n` : text(sandbox));
    await aborted(stop.signal);
  });
}

function describe({ kubeconfig, cloudstack, translatedAddresses }: Sandbox): object {
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(translatedAddresses === undefined ? {} : { translatedAddresses }),
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

function text({ kubeconfig, cloudstack, translatedAddresses }: Sandbox): string {
  const lines: string[] = [];
  if (kubeconfig !== undefined) lines.push(`Kubernetes API   export KUBECONFIG=${shellWord(kubeconfig)}`);
  if (cloudstack !== undefined) {
    const { endpoint, apiKey, secretKey, examples, administrator, consoles } = cloudstack;
    lines.push(`CloudStack API   ${endpoint}`, `  api key        ${apiKey}`, `  secret key     ${secretKey.reveal()}`);
    lines.push(`  zone           ${examples.zone}`, `  offering       ${examples.offering}`);
    lines.push(`  template       ${examples.template}`);
    lines.push(`  administrator  api key ${administrator.apiKey}`);
    lines.push(`                 secret key ${administrator.secretKey.reveal()}`);
    lines.push(`VM consoles      ${consoles}`);
  }
  if (translatedAddresses !== undefined) lines.push(translationNotice(translatedAddresses));
  const next =
    kubeconfig === undefined
      ? 'Next: point a client at it; `npx capstan sandbox --output json` prints all of it for scripts'
      : `Next: npx capstan run --kubeconfig ${shellWord(kubeconfig)}`;
  return `${lines.join('\n')}\n${next}\nCtrl-C stops it.\n`;
}

function parseParts(list: string): ReadonlySet<SandboxPart> {
  const parts = new Set<SandboxPart>();
  for (const part of list.split(',').map((name) => name.trim())) {
    if (part !== 'kube' && part !== 'cloudstack')
      throw wrongInput(`--parts: ${JSON.stringify(part)} is not one of kube, cloudstack`);
    parts.add(part);
  }
  return parts;
}

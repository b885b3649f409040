import { rmSync } from 'node:fs';
import { Command, Option } from 'commander';
import { SystemClock } from '../../machinery/clock';
import { CapstanError, messageOf } from '../../machinery/errors';
import { SystemRandom } from '../../machinery/random';
import { startDiagnostics } from '../../reconciler/diagnostics';
import { connectKube, type KubeAddress, RequestCounter } from '../../reconciler/kube';
import { LOOPS, type Loop, startReconciler } from '../../reconciler/main';
import { serveManagement, type WebhookPlace } from '../../reconciler/management';
import { productionWorld } from '../../reconciler/production-world';
import { createLog, electLeader, fencedApi, type Leadership, type LogLevel, Metrics } from '../../reconciler/runtime';
import { type Closer, withClosers } from '../close-all';
import { CommandError, wrongInput } from '../command-error';
import { namedKubeconfig } from '../management-api';
import { openPort } from '../open-port';
import { isGoneHere, processIdentity } from '../process-identity';
import { aborted, stopOnSignals } from '../stop-signal';
import { makeTemporaryFolder } from '../temporary-folder';
import { announcedAddresses, translationBy } from '../translated-addresses';
import { parsePort } from './port-option';

interface RunFlags {
  readonly kubeconfig?: string;
  readonly loops: string;
  readonly crds: 'install' | 'check';
  readonly namespace?: string;
  readonly watchFilter?: string;
  readonly enableCloudstackCksSync?: true;
  readonly leaderElect?: boolean;
  readonly systemNamespace: string;
  readonly webhookUrl?: string;
  readonly webhookService?: string;
  readonly webhookPort: string;
  readonly diagnosticsPort: string;
  readonly allowLocalRepositories?: true;
  readonly translatedAddresses?: string;
  readonly logLevel: LogLevel;
}

/** `capstan run`: the reconciler alone, as the Deployment of `apps/management` runs it. */
export function runCommand(): Command {
  return new Command('run')
    .description('Run the reconciler against a management cluster until it is stopped')
    .option('--kubeconfig <file>', 'management cluster (default: KUBECONFIG, then the cluster this runs in)')
    .option('--loops <list>', 'which loops run; beside an upstream Cluster API: gitops,infrastructure', LOOPS.join(','))
    .addOption(
      new Option(
        '--crds <mode>',
        'install the CRDs, or check that they are there and leave their definitions alone; conversion and admission are led to the webhooks either way',
      )
        .choices(['install', 'check'])
        .default('install'),
    )
    .option('--namespace <namespace>', 'watch this namespace only (default: all)')
    .option(
      '--watch-filter <value>',
      'reconcile only objects whose label cluster.x-k8s.io/watch-filter has this value; Fleets are not asked (default: all)',
    )
    .option(
      '--enable-cloudstack-cks-sync',
      "show clusters with spec.syncWithACS among CloudStack's Kubernetes clusters (CloudStack 4.19)",
    )
    .option(
      '--leader-elect',
      'work only while holding the leader lease (default, unless --loops, --namespace or --watch-filter divide the work)',
    )
    .option('--no-leader-elect', 'work at once: you see to it that no other process does the same work')
    .option('--system-namespace <namespace>', 'where leases and certificates are kept', 'capstan-system')
    .option(
      '--webhook-url <url>',
      'how the API server reaches the webhooks, e.g. https://10.0.0.5:9443 (default: loopback, any port)',
    )
    .option('--webhook-service <namespace/name>', 'the Service that leads the API server to the webhooks')
    .option('--webhook-port <port>', 'where the webhooks listen, with one of the two above', '9443')
    .option('--diagnostics-port <port>', 'port of /metrics, /healthz and /readyz; 0: any free one', '8080')
    .option('--allow-local-repositories', 'let Fleets read repositories on this machine')
    .option(
      '--translated-addresses <file>',
      'where a sandbox listens on a system without 127.64.0.0/10 (default: the file of the one that runs here)',
    )
    .addOption(
      new Option('--log-level <level>', 'least level that is logged')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan run --kubeconfig management.kubeconfig --loops gitops,infrastructure\n\nExit codes: 0 stopped, 1 failed, 2 wrong input',
    )
    .action(run);
}

async function run(flags: RunFlags): Promise<void> {
  const input: RunInput = {
    flags,
    loops: parseLoops(flags.loops),
    webhooks: parseWebhooks(flags),
    diagnosticsPort: parsePort('--diagnostics-port', flags.diagnosticsPort),
    address: addressOf(flags),
  };
  await withClosers(async (closers) => {
    try {
      await runUntilStopped(input, closers);
    } catch (error) {
      if (error instanceof CommandError || error instanceof CapstanError) throw error;
      throw new CommandError(messageOf(error), 1, { cause: error });
    }
  });
}

/** Flags that are checked. */
interface RunInput {
  readonly flags: RunFlags;
  readonly loops: readonly Loop[];
  readonly webhooks: 'loopback' | WebhookPlace;
  readonly diagnosticsPort: number;
  readonly address: KubeAddress;
}

async function runUntilStopped(input: RunInput, closers: Closer[]): Promise<void> {
  const { flags, loops, webhooks, diagnosticsPort, address } = input;
  const clock = new SystemClock();
  const random = new SystemRandom();
  const log = createLog({ level: flags.logLevel, now: Date.now });
  const metrics = new Metrics();
  const connection = await connectKube(address, { clock, counter: new RequestCounter() });
  closers.push(() => connection.close());
  const { api } = connection;
  const stop = stopOnSignals();
  closers.push(() => stop.release());
  const gitCache = makeTemporaryFolder('capstan-git-');
  const removeCache = () => rmSync(gitCache, { recursive: true, force: true });
  closers.push(removeCache);
  stop.beforeSuddenEnd(removeCache);
  let ready = false;
  const diagnostics = await openPort('--diagnostics-port', diagnosticsPort, () =>
    startDiagnostics({
      host: '0.0.0.0',
      port: diagnosticsPort,
      metrics: () => metrics.text(),
      notReady: () => (ready ? [] : ['the loops have not started']),
    }),
  );
  closers.push(() => diagnostics.close());
  log.info({ address: diagnostics.address }, 'serving metrics and probes');
  const management = await openPort('--webhook-port', webhooks === 'loopback' ? 0 : webhooks.port, () =>
    serveManagement({ api, clock, random, log, namespace: flags.systemNamespace, webhooks }),
  );
  closers.push(() => management.close());

  const leadership = electsLeader(flags, loops)
    ? electLeader({
        api,
        clock,
        random,
        log,
        identity: processIdentity(random.uuid()),
        isGone: isGoneHere,
        // Who did not ask for it may have nobody who starts the process again after an outage of the API server.
        renewDeadlineMs: flags.leaderElect === true ? undefined : Number.POSITIVE_INFINITY,
        leases: leasesIn(flags.systemNamespace),
      })
    : undefined;
  if (leadership !== undefined) {
    closers.push(() => leadership.stop());
    // A process that waits for its turn serves webhooks meanwhile.
    ready = true;
    await Promise.race([leadership.acquired, aborted(stop.signal), aborted(leadership.lost)]);
    if (stop.signal.aborted) return;
    refuseWithout(leadership);
  }
  const fenced = leadership === undefined ? api : fencedApi(api, () => leadership.isLeader());
  await management.prepare(fenced, flags.crds);
  const world = productionWorld({
    connection: { ...connection, api: fenced },
    clock,
    random,
    log,
    gitCache,
    allowLocalRepositories: flags.allowLocalRepositories,
    translate: translationBy(flags.translatedAddresses ?? announcedTo(address)),
  });
  const reconciler = startReconciler(world, {
    loops,
    namespace: flags.namespace,
    watchFilter: flags.watchFilter,
    kubernetesSync: flags.enableCloudstackCksSync,
    metrics,
  });
  closers.push(() => reconciler.stop());
  void reconciler.manager.started.then(
    () => {
      ready = true;
    },
    () => undefined,
  );
  await Promise.race([aborted(stop.signal), ...(leadership === undefined ? [] : [aborted(leadership.lost)])]);
  if (leadership !== undefined) refuseWithout(leadership);
}

/** Two processes that do the same work make everything twice. Those that divide it would wait for each other. */
export function electsLeader(
  { leaderElect, namespace, watchFilter }: Pick<RunFlags, 'leaderElect' | 'namespace' | 'watchFilter'>,
  loops: readonly Loop[],
): boolean {
  const isDivided = LOOPS.some((loop) => !loops.includes(loop)) || namespace !== undefined || watchFilter !== undefined;
  return leaderElect ?? !isDivided;
}

function refuseWithout(leadership: Pick<Leadership, 'lost'>): void {
  if (leadership.lost.aborted) throw new CommandError('leadership was lost; another process leads now');
}

/** Ours, and the one that excludes the Go provider we stand in for (`capc.md` 0). */
function leasesIn(namespace: string) {
  return [
    { namespace, name: 'capstan-leader-election' },
    { namespace, name: 'capc-leader-election-controller' },
  ];
}

/** Of the sandbox that runs for this checkout and that the kubeconfig leads to. */
function announcedTo(address: KubeAddress): string | undefined {
  return address.kind === 'kubeconfig' ? announcedAddresses(process.cwd(), address.file) : undefined;
}

function addressOf(flags: RunFlags): KubeAddress {
  const file = namedKubeconfig(flags.kubeconfig);
  if (file !== undefined) return { kind: 'kubeconfig', file };
  const host = process.env.KUBERNETES_SERVICE_HOST;
  const port = process.env.KUBERNETES_SERVICE_PORT;
  if (host === undefined || port === undefined)
    throw wrongInput(
      'no management cluster: name one with --kubeconfig or KUBECONFIG; `npx capstan sandbox` starts a simulated one',
    );
  return { kind: 'in-cluster', host, port };
}

function parseLoops(list: string): readonly Loop[] {
  return list.split(',').map((name) => {
    const loop = LOOPS.find((candidate) => candidate === name.trim());
    if (loop === undefined) throw wrongInput(`--loops: ${JSON.stringify(name)} is not one of ${LOOPS.join(', ')}`);
    return loop;
  });
}

function parseWebhooks(flags: RunFlags): 'loopback' | WebhookPlace {
  const port = parsePort('--webhook-port', flags.webhookPort);
  if (flags.webhookService !== undefined) {
    if (flags.webhookUrl !== undefined)
      throw wrongInput('name either --webhook-service or --webhook-url: they lead to the same webhooks');
    const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(flags.webhookService) ?? [];
    if (namespace === undefined || name === undefined)
      throw wrongInput(`--webhook-service: ${JSON.stringify(flags.webhookService)} is not namespace/name`);
    return { service: { namespace, name }, port };
  }
  if (flags.webhookUrl === undefined) return 'loopback';
  if (!/^https:\/\/[^/]+$/.test(flags.webhookUrl)) throw wrongInput('--webhook-url: write https://host:port');
  return { url: flags.webhookUrl, port };
}

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command, Option } from 'commander';
import { createLog, silentLog } from '../../reconciler/runtime';
import type { LatencyName } from '../../sandbox/latency';
import { withClosers } from '../close-all';
import { describeFailure, ExitCode, wrongInput } from '../command-error';
import { toolVersion } from '../installation';
import { existingKubeconfig } from '../management-api';
import { findProject, projectNotice } from '../project';
import { shellWord } from '../shell-word';
import { stopOnSignals } from '../stop-signal';
import { placeOfDefinition, refuseEmptyFolder } from '../up/definition-files';
import { Progress } from '../up/progress';
import { Up } from '../up/up';
import { argumentOf } from '../view/cluster-view';
import type { Colors } from '../view/colors';
import { latencyOption, latencyProfile } from './latency-option';

interface UpFlags {
  readonly clusters?: string;
  readonly kubeconfig?: string;
  readonly dataDir?: string;
  readonly latency: LatencyName;
  readonly exitWhenReady?: true;
  readonly timeout: string;
  readonly output?: string;
  readonly verbose?: true;
}

/** `capstan up`, which is `npm start`. */
export function upCommand(): Command {
  return new Command('up')
    .description('Run everything here: simulated CloudStack and Kubernetes API, a git repository, and the reconciler')
    .option('--clusters <dir>', 'folder of cluster definitions (default: "clusters" of the project)')
    .option('--kubeconfig <file>', 'use this Kubernetes API as the management cluster instead of the simulated one')
    .option('--data-dir <dir>', 'keep all state here across restarts (default: a temporary folder)')
    .addOption(latencyOption())
    .option('--exit-when-ready', 'end when everything is ready (exit code 0) or the time is over (1)')
    .option('--timeout <seconds>', 'with --exit-when-ready: how long to wait', '300')
    .addOption(new Option('--output <format>', 'print one JSON object when everything is ready').choices(['json']))
    .option('--verbose', 'write the log of all parts to standard error')
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan up --exit-when-ready --output json\n\nExit codes: 0 ready or stopped, 1 not ready, 2 wrong input',
    )
    .action(run);
}

async function run(flags: UpFlags): Promise<void> {
  const startedAt = performance.now();
  const json = flags.output === 'json';
  const timeoutMs = parseTimeout(flags.timeout);
  const kubeconfig = flags.kubeconfig === undefined ? undefined : existingKubeconfig(flags.kubeconfig);
  // The default folder may be empty: the last cluster was taken out.
  if (flags.clusters !== undefined) refuseEmptyFolder(flags.clusters);
  const project = findProject(process.cwd(), flags.clusters);
  // Standard output belongs to the JSON object.
  const progress = new Progress(json ? process.stderr : process.stdout, () => (performance.now() - startedAt) / 1000);
  const up = new Up({
    directory: project.directory,
    clusters: project.clusters,
    kubeconfig,
    dataDir: flags.dataDir,
    latency: latencyProfile(flags.latency),
    toolVersion: toolVersion(),
    log: flags.verbose === true ? createLog({ now: Date.now }) : silentLog,
    progress,
    startedAt,
  });
  const notice = projectNotice(project, process.cwd());
  if (notice !== undefined) progress.say(notice);
  const timeOver = AbortSignal.timeout(timeoutMs);
  const printJson = () => {
    if (json) process.stdout.write(`${JSON.stringify(up.outcome())}\n`);
  };
  await withClosers(async (closers) => {
    let isTold = false;
    const stop = stopOnSignals((text) => {
      isTold = true;
      progress.conclude(text);
    });
    stop.beforeSuddenEnd(() => up.abandon());
    closers.push(
      () => stop.release(),
      () => up.stop(),
    );
    try {
      await startUnlessStopped(up, stop.signal);
      if (flags.exitWhenReady === true) {
        const ready = await up.waitUntilReady(AbortSignal.any([stop.signal, timeOver]));
        printJson();
        process.exitCode = ready ? ExitCode.done : ExitCode.failed;
        if (!ready) process.stderr.write(`${notReady(up, timeOver.aborted ? flags.timeout : undefined)}\n`);
        return;
      }
      if (await up.waitUntilReady(stop.signal)) {
        printJson();
        if (!json) progress.conclude(summary(up, project.shownClusters, progress.colors));
        await up.keepShowing(stop.signal);
      }
      if (!isTold) progress.conclude('Stopping …');
    } catch (error) {
      // Scripts get their object also when things could not start. Wrong input is no outcome.
      if (describeFailure(error).exitCode === ExitCode.failed) {
        up.fail(error);
        printJson();
      }
      throw error;
    }
  });
}

function notReady(up: Up, timeout: string | undefined): string {
  const waiting = up.views().find(({ ready }) => !ready);
  const argument = waiting === undefined ? (up.outcome().clusters[0]?.name ?? 'NAME') : argumentOf(waiting);
  const head = timeout === undefined ? 'Stopped before everything was ready:' : `Not ready after ${timeout} s:`;
  const next = `Next: run it without --exit-when-ready, then \`npx capstan why ${argument}\` from another terminal.`;
  return [head, ...up.reasons().map((reason) => `  ${reason.split('\n').join('\n  ')}`), next].join('\n');
}

/** Ctrl-C reaches git and synth as well: what they say while everything stops is no failure. */
async function startUnlessStopped(up: Up, stopping: AbortSignal): Promise<void> {
  try {
    await up.start();
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}

function parseTimeout(seconds: string): number {
  const value = Number(seconds);
  if (!(value > 0 && value < 1_000_000))
    throw wrongInput(`--timeout: ${JSON.stringify(seconds)} is not a number of seconds`);
  return value * 1000;
}

/** Where things are, and what to try. */
function summary(up: Up, clusters: string, colors: Colors): string {
  const { repository, remote, cloudstack, data } = up.places();
  const outcome = up.outcome();
  const [first] = up.views();
  const name = first?.name ?? 'dev';
  const argument = first === undefined ? name : argumentOf(first);
  const kept = data?.persistent === true ? data.path : `${data?.path} (deleted at the end; keep it with --data-dir)`;
  const rows = [
    ['management API', `export KUBECONFIG=${shellWord(up.kubeconfig())}`],
    ...up
      .views()
      .map((view) => [`cluster ${view.title}`, `${up.endpointOf(view)}  (npx capstan kubeconfig ${argumentOf(view)})`]),
    ['git', `${repository} (remote ${remote})`],
    ['CloudStack API', cloudstack],
    ['data', kept],
  ];
  const next =
    first === undefined
      ? [`write ${join(clusters, 'NAME.ts')}, then: npx capstan publish --push`, 'npx capstan status']
      : [
          `npx capstan kubeconfig ${argument} > ${name}.kubeconfig && kubectl --kubeconfig ${name}.kubeconfig get nodes -o wide`,
          `change replicas in ${placeOfDefinition(clusters, name)}, then: npx capstan publish --push`,
          `npx capstan status; npx capstan why ${argument}`,
        ];
  return [
    '',
    colors.green(`Ready after ${outcome.seconds.toFixed(1)} s, with ${outcome.cloudstack.total} CloudStack calls.`),
    '',
    ...rows.map(([label = '', text = '']) => `  ${label.padEnd(16)} ${text}`),
    '',
    'Try:',
    ...next.map((step, index) => `  ${index + 1}. ${step}`),
    '',
    colors.dim('Ctrl-C stops everything.'),
  ].join('\n');
}

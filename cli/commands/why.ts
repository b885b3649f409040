import { Command, Option } from 'commander';
import type { Cluster, Machine } from '../../api/kinds';
import { isFalse } from '../../machinery/conditions';
import { ExitCode, wrongInput } from '../command-error';
import { connectManagement, KUBECONFIG_HELP } from '../management-api';
import type { Blocking } from '../view/blocking';
import { colorsOf } from '../view/colors';
import { noSuchCluster, refuseMissingNamespace, tryNamedCluster } from '../view/named-cluster';
import { pausedMembers } from '../view/paused-members';
import { commandsAfter } from '../view/printed-commands';
import { renderWhy } from '../view/render-why';
import { listFrom, type Snapshot, takeSnapshot } from '../view/snapshot';
import type { Asking } from '../view/subject';
import { suspensionOf } from '../view/suspension';
import { withWarning } from '../view/warning-event';
import { why, whyFleet } from '../view/why';
import { whyGit } from '../view/why-git';

/** `capstan why NAME[/MACHINE]`: exit code 0 when nothing blocks, else 1. */
export function whyCommand(): Command {
  return new Command('why')
    .description('Walk over conditions to the one that everything waits for')
    .argument('<name>', 'a cluster, a machine as CLUSTER/MACHINE, or a fleet')
    .option('--kubeconfig <file>', KUBECONFIG_HELP)
    .option('-n, --namespace <namespace>', 'namespace of the cluster (default: any)')
    .addOption(new Option('--output <format>', 'print one JSON object').choices(['json']))
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan why dev\n\nExit codes: 0 nothing blocks, 1 something does, 2 wrong input',
    )
    .action(async (name: string, options: { kubeconfig?: string; namespace?: string; output?: string }) => {
      const connection = await connectManagement(options.kubeconfig);
      try {
        await refuseMissingNamespace(connection.api, options.namespace);
        const snapshot = await takeSnapshot(listFrom(connection.api));
        const now = Date.now();
        const asking = { now, commands: commandsAfter(options.kubeconfig) };
        const [found, ...git] = answer(snapshot, name, options.namespace, asking);
        const blocking = found === undefined ? undefined : await withWarning(connection.api, found, asking);
        const paused = found === undefined ? pausedMembers(snapshot, name, options.namespace, asking) : [];
        if (options.output === 'json')
          process.stdout.write(`${JSON.stringify({ subject: name, blocking: blocking ?? null, git, paused })}\n`);
        else process.stdout.write(renderWhy(name, blocking, now, { git, paused, colors: colorsOf(process.stdout) }));
        process.exitCode = blocking === undefined ? ExitCode.done : ExitCode.failed;
      } finally {
        connection.close();
      }
    });
}

/**
 * What blocks, first what everything else waits for.
 * @throws CommandError (2) when the name is that of nothing
 */
export function answer(
  snapshot: Snapshot,
  name: string,
  namespace: string | undefined,
  asking: Asking,
): readonly Blocking[] {
  const [clusterName = '', machineName, ...more] = name.split('/');
  if (clusterName === '' || machineName === '' || more.length > 0)
    throw wrongInput(`${JSON.stringify(name)} is neither a name nor CLUSTER/MACHINE; \`capstan status\` lists them`);
  const cluster = tryNamedCluster(snapshot.clusters, clusterName, namespace);
  if (cluster === undefined) {
    const fleet = snapshot.fleets.find(({ metadata }) => metadata.name === name);
    if (fleet === undefined) return withoutCluster(snapshot, clusterName, namespace, asking);
    const blocking = whyFleet(fleet, asking);
    return blocking === undefined ? [] : [blocking];
  }
  const machine = machineName === undefined ? undefined : machineOf(snapshot, cluster, machineName);
  const own = why(snapshot, cluster, { ...asking, machine });
  // A cluster that stands well may still wait: its deletion for a confirmation, its next revision for a repair.
  const git = machineName === undefined || own !== undefined ? whyGit(snapshot, cluster, asking) : [];
  return own === undefined ? git : [own, ...git];
}

/** What keeps all that git asks for from being there; a deletion that waits for its confirmation does not. */
function withoutCluster(
  snapshot: Snapshot,
  name: string,
  namespace: string | undefined,
  asking: Asking,
): readonly Blocking[] {
  const found = snapshot.fleets
    .filter((fleet) => suspensionOf(fleet) !== undefined || isFalse(fleet, 'Ready'))
    .flatMap((fleet) => whyFleet(fleet, asking) ?? []);
  if (found.length > 0) return found.slice(0, 1);
  throw noSuchCluster(snapshot.clusters, name, namespace);
}

function machineOf(snapshot: Snapshot, cluster: Cluster, name: string): Machine {
  const machine = snapshot.machines.find(
    ({ metadata, spec }) =>
      metadata.name === name &&
      metadata.namespace === cluster.metadata.namespace &&
      spec.clusterName === cluster.metadata.name,
  );
  if (machine === undefined)
    throw wrongInput(`cluster ${cluster.metadata.name} has no machine ${name}; \`capstan status\` lists them`);
  return machine;
}

import { Command, Option } from 'commander';
import { ExitCode } from '../command-error';
import { connectManagement, KUBECONFIG_HELP } from '../management-api';
import { argumentOf, type ClusterView, clusterViews } from '../view/cluster-view';
import { type Colors, colorsOf, PLAIN } from '../view/colors';
import { type FleetView, fleetView, pendingLines } from '../view/fleet-view';
import { refuseMissingNamespace } from '../view/named-cluster';
import { commandsAfter, type PrintedCommands } from '../view/printed-commands';
import { renderTree } from '../view/render-tree';
import { listFrom, takeSnapshot } from '../view/snapshot';

/** `capstan status`: exit code 0 when everything is ready, else 1. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Show fleets and clusters, and the reason of everything that is not ready')
    .option('--kubeconfig <file>', KUBECONFIG_HELP)
    .option('-n, --namespace <namespace>', 'only clusters of this namespace')
    .addOption(new Option('--output <format>', 'print one JSON object').choices(['json']))
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan status\n\nExit codes: 0 everything is ready, 1 something is not, 2 wrong input',
    )
    .action(async (options: { kubeconfig?: string; namespace?: string; output?: string }) => {
      const connection = await connectManagement(options.kubeconfig);
      try {
        await refuseMissingNamespace(connection.api, options.namespace);
        const snapshot = await takeSnapshot(listFrom(connection.api));
        const clusters = clusterViews(snapshot, Date.now()).filter(
          ({ namespace }) => namespace === (options.namespace ?? namespace),
        );
        const commands = commandsAfter(options.kubeconfig);
        const fleets = snapshot.fleets.map((fleet) => fleetView(fleet, commands));
        if (options.output === 'json')
          process.stdout.write(`${JSON.stringify({ fleets, clusters: clusters.map(withoutTree) })}\n`);
        else
          process.stdout.write(
            renderStatus(fleets, clusters, commands, { ...terminal(), namespace: options.namespace }),
          );
        const ready = fleets.every((fleet) => fleet.ready) && clusters.every((cluster) => cluster.ready);
        process.exitCode = ready ? ExitCode.done : ExitCode.failed;
      } finally {
        connection.close();
      }
    });
}

/**
 * @param options.width - columns of the terminal. @default - it is none, so nothing is cut
 * @param options.colors - @default - none
 * @param options.namespace - of which alone clusters are shown
 */
export function renderStatus(
  fleets: readonly FleetView[],
  clusters: readonly ClusterView[],
  commands: PrintedCommands,
  options: {
    readonly width?: number | undefined;
    readonly colors?: Colors | undefined;
    readonly namespace?: string | undefined;
  } = {},
): string {
  const { width, colors = PLAIN, namespace } = options;
  const lines: string[] = [];
  for (const fleet of fleets) {
    const mark = fleet.ready ? colors.green('●') : colors.yellow('○');
    const revision = fleet.revision === '' ? 'nothing applied yet' : `revision ${fleet.revision.slice(0, 12)}`;
    lines.push(`${mark} Fleet ${fleet.name}  ${colors.dim(`${revision}  ${fleet.url}`)}`);
    if (!fleet.ready) lines.push(...fleet.message.split('\n').map((line) => `   ${colors.yellow(line)}`));
    for (const line of pendingLines(fleet)) lines.push(`   ${colors.yellow(line)}`);
  }
  for (const cluster of clusters) lines.push(...renderTree(cluster.tree, { width, colors }));
  if (clusters.length === 0)
    lines.push(
      namespace === undefined
        ? 'No clusters. They come from git: write clusters/NAME.ts, then npx capstan publish --push'
        : `No clusters in namespace ${namespace}.`,
    );
  const cluster = clusters.find(({ ready }) => !ready);
  const waiting = cluster === undefined ? fleets.find(({ ready }) => !ready)?.name : argumentOf(cluster);
  if (waiting !== undefined) lines.push('', `Next: ${commands.capstan(`npx capstan why ${waiting}`)}`);
  return `${lines.join('\n')}\n`;
}

function terminal(): { readonly width: number | undefined; readonly colors: Colors } {
  const { stdout } = process;
  return { width: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined, colors: colorsOf(stdout) };
}

function withoutTree({ tree: _tree, ...cluster }: ClusterView): Omit<ClusterView, 'tree'> {
  return cluster;
}

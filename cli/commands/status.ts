import { Command, Option } from 'commander';
import pc from 'picocolors';
import { ExitCode } from '../command-error';
import { connectManagement, KUBECONFIG_HELP } from '../management-api';
import { argumentOf, type ClusterView, clusterViews } from '../view/cluster-view';
import { type FleetView, fleetView, pendingLines } from '../view/fleet-view';
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
        const snapshot = await takeSnapshot(listFrom(connection.api));
        const clusters = clusterViews(snapshot, Date.now()).filter(
          ({ namespace }) => namespace === (options.namespace ?? namespace),
        );
        const commands = commandsAfter(options.kubeconfig);
        const fleets = snapshot.fleets.map((fleet) => fleetView(fleet, commands));
        if (options.output === 'json')
          process.stdout.write(`${JSON.stringify({ fleets, clusters: clusters.map(withoutTree) })}\n`);
        else process.stdout.write(renderStatus(fleets, clusters, commands, terminalWidth(), options.namespace));
        const ready = fleets.every((fleet) => fleet.ready) && clusters.every((cluster) => cluster.ready);
        process.exitCode = ready ? ExitCode.done : ExitCode.failed;
      } finally {
        connection.close();
      }
    });
}

/**
 * @param width - columns of the terminal; undefined: it is none, so nothing is cut
 * @param namespace - of which alone clusters are shown
 */
export function renderStatus(
  fleets: readonly FleetView[],
  clusters: readonly ClusterView[],
  commands: PrintedCommands,
  width?: number,
  namespace?: string,
): string {
  const lines: string[] = [];
  for (const fleet of fleets) {
    const mark = fleet.ready ? pc.green('●') : pc.yellow('○');
    const revision = fleet.revision === '' ? 'nothing applied yet' : `revision ${fleet.revision.slice(0, 12)}`;
    lines.push(`${mark} Fleet ${fleet.name}  ${pc.dim(`${revision}  ${fleet.url}`)}`);
    if (!fleet.ready) lines.push(...fleet.message.split('\n').map((line) => `   ${pc.yellow(line)}`));
    for (const line of pendingLines(fleet)) lines.push(`   ${pc.yellow(line)}`);
  }
  for (const cluster of clusters) lines.push(...renderTree(cluster.tree, { width }));
  if (clusters.length === 0)
    lines.push(
      namespace === undefined
        ? 'No clusters. They come from git: write clusters/NAME.ts, then npx capstan publish --push'
        : `No clusters in namespace ${namespace}.`,
    );
  const waiting = clusters.find((cluster) => !cluster.ready);
  if (waiting !== undefined) {
    lines.push('', `Next: ${commands.capstan(`npx capstan why ${argumentOf(waiting)}`)}`);
  }
  return `${lines.join('\n')}\n`;
}

function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

function withoutTree({ tree: _tree, ...cluster }: ClusterView): Omit<ClusterView, 'tree'> {
  return cluster;
}

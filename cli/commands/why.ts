import { Command, Option } from 'commander';
import { conditionOf } from '../../machinery/conditions';
import { ExitCode, wrongInput } from '../command-error';
import { connectManagement, KUBECONFIG_HELP } from '../management-api';
import { renderWhy } from '../view/render-why';
import { listFrom, type Snapshot, takeSnapshot } from '../view/snapshot';
import { type Blocking, why, whyFleet } from '../view/why';

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
        const snapshot = await takeSnapshot(listFrom(connection.api));
        const blocking = answer(snapshot, name, options.namespace);
        if (options.output === 'json')
          process.stdout.write(`${JSON.stringify({ subject: name, blocking: blocking ?? null })}\n`);
        else process.stdout.write(renderWhy(name, blocking, Date.now()));
        process.exitCode = blocking === undefined ? ExitCode.done : ExitCode.failed;
      } finally {
        connection.close();
      }
    });
}

function answer(snapshot: Snapshot, name: string, namespace: string | undefined): Blocking | undefined {
  const [clusterName = '', machineName] = name.split('/');
  const clusters = snapshot.clusters.filter(
    ({ metadata }) => metadata.name === clusterName && metadata.namespace === (namespace ?? metadata.namespace),
  );
  const [cluster] = clusters;
  if (cluster === undefined) {
    const fleet = snapshot.fleets.find(({ metadata }) => metadata.name === name);
    if (fleet !== undefined) return whyFleet(fleet);
    const refused = snapshot.fleets.map(whyFleet).find((blocking) => blocking !== undefined);
    if (refused !== undefined) return refused;
    const known = snapshot.clusters.map(({ metadata }) => metadata.name).join(', ');
    throw wrongInput(`there is no cluster ${clusterName}${known === '' ? '' : `; there are ${known}`}`);
  }
  if (clusters.length > 1) {
    const places = clusters.map(({ metadata }) => metadata.namespace).join(', ');
    throw wrongInput(`cluster ${clusterName} exists in the namespaces ${places}; choose one with --namespace`);
  }
  if (machineName === undefined) return why(snapshot, cluster) ?? fromGit(snapshot, clusterName);
  const machine = snapshot.machines.find(
    ({ metadata, spec }) =>
      metadata.name === machineName &&
      metadata.namespace === cluster.metadata.namespace &&
      spec.clusterName === clusterName,
  );
  if (machine === undefined)
    throw wrongInput(`cluster ${clusterName} has no machine ${machineName}; \`capstan status\` lists them`);
  return why(snapshot, cluster, machine);
}

/** A cluster that stands well may still wait: its deletion for a confirmation, its next revision for a repair. */
function fromGit(snapshot: Snapshot, cluster: string): Blocking | undefined {
  const pending = snapshot.fleets.find(
    ({ status }) => status?.pendingDeletions?.some(({ name }) => name === cluster) ?? false,
  );
  if (pending !== undefined) return whyFleet(pending);
  const stuck = snapshot.fleets.find((fleet) => conditionOf(fleet, 'Ready')?.status === 'False');
  return stuck === undefined ? undefined : whyFleet(stuck);
}

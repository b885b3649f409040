import { Command, Option } from 'commander';
import { Cluster, Secret } from '../../api/kinds';
import { tryGet } from '../../api/ports';
import { CommandError, wrongInput } from '../command-error';
import { connectManagement, KUBECONFIG_HELP } from '../management-api';

/** `capstan kubeconfig NAME`. */
export function kubeconfigCommand(): Command {
  return new Command('kubeconfig')
    .description('Print the administrator’s kubeconfig of a cluster')
    .argument('<name>', 'the cluster')
    .option('--kubeconfig <file>', KUBECONFIG_HELP)
    .option('-n, --namespace <namespace>', 'namespace of the cluster (default: any)')
    .addOption(new Option('--output <format>', 'print {"kubeconfig": "…"}').choices(['json']))
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan kubeconfig dev > dev.kubeconfig\n\nExit codes: 0 printed, 1 not there yet, 2 wrong input',
    )
    .action(async (name: string, options: { kubeconfig?: string; namespace?: string; output?: string }) => {
      const connection = await connectManagement(options.kubeconfig);
      try {
        const { items } = await connection.api.list(Cluster, { namespace: options.namespace });
        const cluster = items.find(({ metadata }) => metadata.name === name);
        if (cluster === undefined) throw wrongInput(`there is no cluster ${name}`);
        const key = { namespace: cluster.metadata.namespace ?? '', name: `${name}-kubeconfig` };
        const secret = await tryGet(connection.api, Secret, key);
        const value = secret?.data?.value;
        if (value === undefined) {
          throw new CommandError(
            `cluster ${name} has no kubeconfig yet; \`capstan why ${name}\` tells what it waits for`,
          );
        }
        const text = Buffer.from(value, 'base64').toString('utf8');
        process.stdout.write(options.output === 'json' ? `${JSON.stringify({ kubeconfig: text })}\n` : text);
      } finally {
        connection.close();
      }
    });
}

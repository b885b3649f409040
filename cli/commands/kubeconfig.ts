import { Command, Option } from 'commander';
import { Cluster, Secret } from '../../api/kinds';
import { tryGet } from '../../api/ports';
import { CommandError } from '../command-error';
import { connectManagement, KUBECONFIG_HELP, managementKubeconfig } from '../management-api';
import { announcedAddresses, translateKubeconfig, translationBy } from '../translated-addresses';
import { isAmbiguous, noSuchCluster, refuseMissingNamespace, tryNamedCluster } from '../view/named-cluster';
import { clusterArgument, commandsAfter } from '../view/printed-commands';
import { listFrom } from '../view/snapshot';

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
        await refuseMissingNamespace(connection.api, options.namespace);
        const clusters = await listFrom(connection.api)(Cluster);
        const cluster = tryNamedCluster(clusters, name, options.namespace);
        if (cluster === undefined) throw noSuchCluster(clusters, name, options.namespace);
        const key = { namespace: cluster.metadata.namespace ?? '', name: `${name}-kubeconfig` };
        const secret = await tryGet(connection.api, Secret, key);
        const value = secret?.data?.value;
        if (value === undefined) {
          const argument = clusterArgument(name, key.namespace, isAmbiguous(clusters, name));
          const why = commandsAfter(options.kubeconfig).capstan(`npx capstan why ${argument}`);
          throw new CommandError(`cluster ${name} has no kubeconfig yet; \`${why}\` tells what it waits for`);
        }
        const addresses = announcedAddresses(process.cwd(), managementKubeconfig(options.kubeconfig));
        const text = translateKubeconfig(Buffer.from(value, 'base64').toString('utf8'), translationBy(addresses));
        process.stdout.write(options.output === 'json' ? `${JSON.stringify({ kubeconfig: text })}\n` : text);
      } finally {
        connection.close();
      }
    });
}

import { type Cluster, Namespace } from '../../api/kinds';
import { isReason, type KubeApi } from '../../api/ports';
import type { KubeObject } from '../../machinery/kube-object';
import { type CommandError, wrongInput } from '../command-error';
import { clusterArgument } from './printed-commands';

/**
 * The cluster of that name; undefined when there is none.
 * @throws CommandError (2) when there is more than one
 */
export function tryNamedCluster(
  clusters: readonly Cluster[],
  name: string,
  namespace: string | undefined,
): Cluster | undefined {
  const named = clusters.filter(
    ({ metadata }) => metadata.name === name && metadata.namespace === (namespace ?? metadata.namespace),
  );
  if (named.length > 1) {
    const places = named.map(({ metadata }) => metadata.namespace).join(', ');
    throw wrongInput(`cluster ${name} exists in the namespaces ${places}; choose one with --namespace`);
  }
  return named[0];
}

/**
 * Looks whether the namespace that a command was given exists: to a script, no clusters would look like clusters that
 * are all ready.
 * @throws CommandError (2) when it does not
 */
export async function refuseMissingNamespace(api: KubeApi, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  if (name === '') throw wrongInput('--namespace: the name is empty');
  try {
    await api.get(Namespace, { namespace: '', name });
  } catch (error) {
    if (isReason(error, 'NotFound')) throw wrongInput(`there is no namespace ${name}`);
    // Who may see clusters need not be allowed to see namespaces.
    if (!isReason(error, 'Forbidden')) throw error;
  }
}

/** Whether the name alone does not tell which cluster is meant. */
export function isAmbiguous(clusters: readonly KubeObject[], name: string): boolean {
  return clusters.filter(({ metadata }) => metadata.name === name).length > 1;
}

/** Says that there is no cluster of that name, and which there are, as commands take them. */
export function noSuchCluster(clusters: readonly Cluster[], name: string, namespace: string | undefined): CommandError {
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const known = clusters
    .map(({ metadata }) =>
      clusterArgument(metadata.name, metadata.namespace ?? '', isAmbiguous(clusters, metadata.name)),
    )
    .join(', ');
  return wrongInput(
    `there is no cluster ${name}${where}; ${known === '' ? 'there are none yet' : `there are ${known}`}`,
  );
}

import {
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Cluster,
  Fleet,
  KubeadmConfig,
  KubeadmControlPlane,
  Machine,
  MachineDeployment,
  MachineSet,
} from '../../api/kinds';
import { CLUSTER_NAME_LABEL } from '../../api/labels';
import { isReason, type KubeApi, type TypedResource } from '../../api/ports';
import type { KubeObject } from '../../machinery/kube-object';
import { CommandError } from '../command-error';

/** Everything a view of the fleet is made of, at one moment. */
export interface Snapshot {
  readonly fleets: readonly Fleet[];
  readonly clusters: readonly Cluster[];
  readonly controlPlanes: readonly KubeadmControlPlane[];
  readonly machineDeployments: readonly MachineDeployment[];
  readonly machineSets: readonly MachineSet[];
  readonly machines: readonly Machine[];
  readonly bootstrapConfigs: readonly KubeadmConfig[];
  readonly infrastructureClusters: readonly CloudStackCluster[];
  readonly failureDomains: readonly CloudStackFailureDomain[];
  readonly isolatedNetworks: readonly CloudStackIsolatedNetwork[];
  readonly infrastructureMachines: readonly CloudStackMachine[];
}

/** Tells what belongs to a Cluster, by its label. */
export function isOf(cluster: KubeObject): (object: KubeObject) => boolean {
  const { name, namespace } = cluster.metadata;
  return ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[CLUSTER_NAME_LABEL] === name;
}

/** Lists one kind; kinds that the API server does not serve are empty. */
export type ListKind = <T extends KubeObject>(resource: TypedResource<T>) => Promise<readonly T[]>;

export async function takeSnapshot(list: ListKind): Promise<Snapshot> {
  const [fleets, clusters, controlPlanes, machineDeployments, machineSets, machines, bootstrapConfigs] =
    await Promise.all([
      list(Fleet),
      list(Cluster),
      list(KubeadmControlPlane),
      list(MachineDeployment),
      list(MachineSet),
      list(Machine),
      list(KubeadmConfig),
    ]);
  const [infrastructureClusters, failureDomains, isolatedNetworks, infrastructureMachines] = await Promise.all([
    list(CloudStackCluster),
    list(CloudStackFailureDomain),
    list(CloudStackIsolatedNetwork),
    list(CloudStackMachine),
  ]);
  return {
    fleets,
    clusters,
    controlPlanes,
    machineDeployments,
    machineSets,
    machines,
    bootstrapConfigs,
    infrastructureClusters,
    failureDomains,
    isolatedNetworks,
    infrastructureMachines,
  };
}

/**
 * Lists through an API server.
 * @throws CommandError (1) when it serves no Clusters: to a script, none would look like clusters that are all ready
 */
export function listFrom(api: KubeApi): ListKind {
  return async <T extends KubeObject>(resource: TypedResource<T>): Promise<readonly T[]> => {
    try {
      return (await api.list(resource)).items;
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      if (resource.group === Cluster.group && resource.plural === Cluster.plural) throw noManagementCluster();
      return [];
    }
  };
}

function noManagementCluster(): CommandError {
  return new CommandError(
    `this API server does not serve ${Cluster.plural}.${Cluster.group}: it is no management cluster, or no reconciler has installed its CRDs yet\nName another one with --kubeconfig or KUBECONFIG, or install them with \`npx capstan run\`.`,
  );
}

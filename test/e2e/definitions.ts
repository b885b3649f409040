import { Chart } from 'cdk8s';
import { defineCluster, FastApp, IsolatedNetwork, type WorkloadClusterProps } from '../../constructs';
import { chartsOf } from '../../constructs/synthesis/fast-app';
import type { KubeObject } from '../../machinery/kube-object';

/** The objects of a cluster, as synth renders them. */
export function clusterObjects(name: string, change: Partial<WorkloadClusterProps> = {}): KubeObject[] {
  const app = new FastApp();
  const chart = new Chart(app, name, { disableResourceNameHashes: true });
  const cluster = defineCluster(name, {
    kubernetesVersion: 'v1.34.2',
    zone: 'zone-1',
    network: IsolatedNetwork.named(`${name}-net`),
    controlPlane: { replicas: 1, offering: 'Medium Instance' },
    pools: { general: { replicas: 1, offering: 'Medium Instance' } },
    ...change,
  }).render(chart);
  if (cluster.problems.length > 0) throw new Error(JSON.stringify(cluster.problems));
  return chartsOf(app.node.findAll()).flatMap(({ objects }) => objects.map((object): KubeObject => object.toJson()));
}

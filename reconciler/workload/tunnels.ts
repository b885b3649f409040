import type { Duplex } from 'node:stream';
import { WorkloadNotConnected } from '../../api/ports';
import type { ObjectKey } from '../../machinery/kube-object';
import { canPortForward } from '../kube';
import type { WorkloadLinks } from './workload-links';

/** Connections to Pods in kube-system of workload clusters, through the links that exist anyway. */
export function tunnelsOver(links: WorkloadLinks) {
  return async (cluster: ObjectKey, pod: string, port: number): Promise<Duplex> => {
    const channel = links.channel(cluster);
    if (channel === undefined) throw new WorkloadNotConnected(cluster, links.health(cluster).lastError);
    if (!canPortForward(channel)) throw new WorkloadNotConnected(cluster, 'its connection cannot forward ports');
    return channel.portForward({ namespace: 'kube-system', name: pod }, port);
  };
}

import {
  type ApiServerCertificates,
  type EtcdAdmin,
  EtcdUnavailable,
  WorkloadNotConnected,
} from '../../../api/ports/workload-clusters';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';
import type { EtcdPort } from './etcd-port';
import type { InProcessAccess } from './in-process';

/**
 * EtcdAdmin and ApiServerCertificates for loops on a virtual clock.
 * @param kubeconfigOf - the administrator's kubeconfig of a cluster, or undefined while there is none
 */
export function inProcessEtcd(
  access: InProcessAccess,
  kubeconfigOf: (cluster: ObjectKey) => string | undefined,
): { readonly etcd: EtcdAdmin; readonly certificates: ApiServerCertificates } {
  // Certificates are checked once for each kubeconfig, not at every call.
  const ports = new Map<string, { readonly kubeconfig: string; readonly port: EtcdPort }>();
  const portOf = (cluster: ObjectKey, kubeconfig: string): EtcdPort => {
    const known = ports.get(keyText(cluster));
    if (known?.kubeconfig === kubeconfig) return known.port;
    const port = access.etcd(kubeconfig);
    ports.set(keyText(cluster), { kubeconfig, port });
    return port;
  };
  const at = async <T>(cluster: ObjectKey, node: string, call: (port: EtcdPort) => Promise<T>): Promise<T> => {
    const kubeconfig = kubeconfigOf(cluster);
    if (kubeconfig === undefined) {
      ports.delete(keyText(cluster));
      throw new WorkloadNotConnected(cluster, 'it has no kubeconfig yet');
    }
    try {
      return await call(portOf(cluster, kubeconfig));
    } catch (error) {
      throw new EtcdUnavailable(cluster, node, error);
    }
  };
  return {
    etcd: {
      members: (cluster, node) => at(cluster, node, (port) => port.members(node)),
      status: (cluster, node) => at(cluster, node, (port) => port.status(node)),
      alarms: (cluster, node) => at(cluster, node, (port) => port.alarms(node)),
      moveLeader: (cluster, node, to) => at(cluster, node, (port) => port.moveLeader(node, to)),
      removeMember: (cluster, node, member) => at(cluster, node, (port) => port.removeMember(node, member)),
    },
    certificates: { expiry: (cluster, node) => at(cluster, node, (port) => port.apiServerCertificateExpiry(node)) },
  };
}

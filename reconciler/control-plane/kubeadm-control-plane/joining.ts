import type { Machine } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';

/** After this long kubeadm has joined or given up: it waits 5 minutes for the kubelet, and 4 for the control plane. */
const JOIN_LIMIT_MS = 10 * 60_000;

/**
 * Milliseconds during which kubeadm on a machine may still add a member to etcd; 0 when it cannot. The member comes before
 * the Node, so nobody sees it coming, and a VM that is destroyed then leaves it behind: beside a single healthy member it
 * costs etcd its quorum. They count from the last change of the infrastructure, which need not be ready for that: a VM
 * boots while the rest of it is arranged.
 */
export function joinTimeLeft({ metadata, status }: Machine, now: number): number {
  if (status?.nodeRef !== undefined || status?.initialization?.infrastructureProvisioned !== true) return 0;
  const changed = conditionOf({ status }, 'InfrastructureReady')?.lastTransitionTime ?? metadata.deletionTimestamp;
  return Math.max(0, Date.parse(changed ?? '') + JOIN_LIMIT_MS - now) || 0;
}

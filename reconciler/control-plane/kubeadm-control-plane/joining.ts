import type { Machine } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';

/** After this long kubeadm has joined or given up: it waits 5 minutes for the kubelet, and 4 for the control plane. */
const JOIN_LIMIT_MS = 10 * 60_000;

/**
 * Milliseconds during which kubeadm on a machine may still add a member to etcd; 0 when it cannot. The member comes before
 * the Node, so nobody sees it coming, and a VM that is destroyed then leaves it behind: beside a single healthy member it
 * costs etcd its quorum. A machine whose infrastructure is not ready, as when its VM was stopped, joins nothing.
 */
export function joinTimeLeft({ status }: Machine, now: number): number {
  const infrastructure = conditionOf({ status }, 'InfrastructureReady');
  if (status?.nodeRef !== undefined || infrastructure?.status !== 'True') return 0;
  return Math.max(0, Date.parse(infrastructure.lastTransitionTime) + JOIN_LIMIT_MS - now);
}

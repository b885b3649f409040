/** Label and taint kubeadm puts on Nodes of the control plane. */
export const CONTROL_PLANE_NODE_KEY = 'node-role.kubernetes.io/control-plane';

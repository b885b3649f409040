/** Labels, annotations, finalizers, taints and field managers, byte for byte (`capi.md` 0.6, `capc.md` 0). */

// Labels of Cluster API objects.
export const CLUSTER_NAME_LABEL = 'cluster.x-k8s.io/cluster-name';
/** Present (empty) on control-plane machines. */
export const CONTROL_PLANE_LABEL = 'cluster.x-k8s.io/control-plane';
export const CONTROL_PLANE_NAME_LABEL = 'cluster.x-k8s.io/control-plane-name';
export const DEPLOYMENT_NAME_LABEL = 'cluster.x-k8s.io/deployment-name';
export const SET_NAME_LABEL = 'cluster.x-k8s.io/set-name';
export const POOL_NAME_LABEL = 'cluster.x-k8s.io/pool-name';
export const PROVIDER_LABEL = 'cluster.x-k8s.io/provider';
export const WATCH_FILTER_LABEL = 'cluster.x-k8s.io/watch-filter';
/** Hash of the template, on MachineSets of a MachineDeployment and their Machines. */
export const MACHINE_TEMPLATE_HASH_LABEL = 'machine-template-hash';
export const TOPOLOGY_OWNED_LABEL = 'topology.cluster.x-k8s.io/owned';
export const TOPOLOGY_DEPLOYMENT_NAME_LABEL = 'topology.cluster.x-k8s.io/deployment-name';
export const TOPOLOGY_POOL_NAME_LABEL = 'topology.cluster.x-k8s.io/pool-name';
/** On a CRD: the versions that satisfy the contract, joined by `_`. */
export const CONTRACT_V1BETA1_LABEL = 'cluster.x-k8s.io/v1beta1';
export const CONTRACT_V1BETA2_LABEL = 'cluster.x-k8s.io/v1beta2';
export const AGGREGATE_TO_MANAGER_LABEL = 'cluster.x-k8s.io/aggregate-to-manager';
/** On Pods of the workload cluster: `skip` or `wait-completed`. */
export const DRAIN_LABEL = 'cluster.x-k8s.io/drain';
/** On Nodes whose machine may be taken away at any time. */
export const INTERRUPTIBLE_LABEL = 'cluster.x-k8s.io/interruptible';
export const CLUSTERCTL_LABEL = 'clusterctl.cluster.x-k8s.io';
export const CLUSTERCTL_CORE_LABEL = 'clusterctl.cluster.x-k8s.io/core';
export const CLUSTERCTL_MOVE_LABEL = 'clusterctl.cluster.x-k8s.io/move';
export const CLUSTERCTL_MOVE_HIERARCHY_LABEL = 'clusterctl.cluster.x-k8s.io/move-hierarchy';
export const NODE_ROLE_CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';
export const EXCLUDE_FROM_LOAD_BALANCERS_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

// Annotations of Cluster API objects.
/** Its presence, whatever the value, pauses an object. */
export const PAUSED_ANNOTATION = 'cluster.x-k8s.io/paused';
/** Infrastructure that somebody else manages. */
export const MANAGED_BY_ANNOTATION = 'cluster.x-k8s.io/managed-by';
export const CLONED_FROM_NAME_ANNOTATION = 'cluster.x-k8s.io/cloned-from-name';
export const CLONED_FROM_GROUPKIND_ANNOTATION = 'cluster.x-k8s.io/cloned-from-groupkind';
export const DELETE_MACHINE_ANNOTATION = 'cluster.x-k8s.io/delete-machine';
export const DISABLE_MACHINE_CREATE_ANNOTATION = 'cluster.x-k8s.io/disable-machine-create';
export const SKIP_REMEDIATION_ANNOTATION = 'cluster.x-k8s.io/skip-remediation';
export const REMEDIATE_MACHINE_ANNOTATION = 'cluster.x-k8s.io/remediate-machine';
export const REPLICAS_MANAGED_BY_ANNOTATION = 'cluster.x-k8s.io/replicas-managed-by';
export const AUTOSCALER_MIN_SIZE_ANNOTATION = 'cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size';
export const AUTOSCALER_MAX_SIZE_ANNOTATION = 'cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size';
export const CONVERSION_DATA_ANNOTATION = 'cluster.x-k8s.io/conversion-data';
export const EXCLUDE_NODE_DRAINING_ANNOTATION = 'machine.cluster.x-k8s.io/exclude-node-draining';
export const EXCLUDE_WAIT_FOR_VOLUME_DETACH_ANNOTATION = 'machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach';
/** RFC 3339; on a Machine (wins) or its KubeadmConfig. */
export const CERTIFICATES_EXPIRY_ANNOTATION = 'machine.cluster.x-k8s.io/certificates-expiry';
/** Hooks are this, or this with `/<name>` after it. */
export const PRE_DRAIN_HOOK_ANNOTATION = 'pre-drain.delete.hook.machine.cluster.x-k8s.io';
export const PRE_TERMINATE_HOOK_ANNOTATION = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io';
export const KCP_CLEANUP_HOOK_ANNOTATION = `${PRE_TERMINATE_HOOK_ANNOTATION}/kcp-cleanup`;
export const SKIP_PREFLIGHT_CHECKS_ANNOTATION = 'machineset.cluster.x-k8s.io/skip-preflight-checks';
/** Upstream spells the group `clusters` here. */
export const REVISION_ANNOTATION = 'machinedeployment.clusters.x-k8s.io/revision';
export const DESIRED_REPLICAS_ANNOTATION = 'machinedeployment.clusters.x-k8s.io/desired-replicas';
export const MAX_REPLICAS_ANNOTATION = 'machinedeployment.clusters.x-k8s.io/max-replicas';
export const SKIP_COREDNS_ANNOTATION = 'controlplane.cluster.x-k8s.io/skip-coredns';
export const SKIP_KUBE_PROXY_ANNOTATION = 'controlplane.cluster.x-k8s.io/skip-kube-proxy';
export const REMEDIATION_IN_PROGRESS_ANNOTATION = 'controlplane.cluster.x-k8s.io/remediation-in-progress';
export const REMEDIATION_FOR_ANNOTATION = 'controlplane.cluster.x-k8s.io/remediation-for';
/** Only in dry runs of server-side apply; immutability rules let those pass. */
export const TOPOLOGY_DRY_RUN_ANNOTATION = 'topology.cluster.x-k8s.io/dry-run';
export const TOPOLOGY_DEFER_UPGRADE_ANNOTATION = 'topology.cluster.x-k8s.io/defer-upgrade';
export const TOPOLOGY_HOLD_UPGRADE_SEQUENCE_ANNOTATION = 'topology.cluster.x-k8s.io/hold-upgrade-sequence';
export const TOPOLOGY_UPGRADE_CONCURRENCY_ANNOTATION = 'topology.cluster.x-k8s.io/upgrade-concurrency';
export const DELETE_FOR_MOVE_ANNOTATION = 'clusterctl.cluster.x-k8s.io/delete-for-move';
export const BLOCK_MOVE_ANNOTATION = 'clusterctl.cluster.x-k8s.io/block-move';
export const SKIP_CRD_NAME_CHECK_ANNOTATION = 'clusterctl.cluster.x-k8s.io/skip-crd-name-preflight-check';

// Annotations of Nodes.
export const NODE_CLUSTER_NAME_ANNOTATION = 'cluster.x-k8s.io/cluster-name';
export const NODE_CLUSTER_NAMESPACE_ANNOTATION = 'cluster.x-k8s.io/cluster-namespace';
export const NODE_MACHINE_ANNOTATION = 'cluster.x-k8s.io/machine';
export const NODE_OWNER_KIND_ANNOTATION = 'cluster.x-k8s.io/owner-kind';
export const NODE_OWNER_NAME_ANNOTATION = 'cluster.x-k8s.io/owner-name';
export const LABELS_FROM_MACHINE_ANNOTATION = 'cluster.x-k8s.io/labels-from-machine';
export const ANNOTATIONS_FROM_MACHINE_ANNOTATION = 'cluster.x-k8s.io/annotations-from-machine';
export const TAINTS_FROM_MACHINE_ANNOTATION = 'cluster.x-k8s.io/taints-from-machine';

// Taints of Nodes.
export const UNINITIALIZED_TAINT = { key: 'node.cluster.x-k8s.io/uninitialized', effect: 'NoSchedule' } as const;
export const OUTDATED_REVISION_TAINT = {
  key: 'node.cluster.x-k8s.io/outdated-revision',
  effect: 'PreferNoSchedule',
} as const;
export const CONTROL_PLANE_TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;

// Finalizers of Cluster API objects.
export const CLUSTER_FINALIZER = 'cluster.cluster.x-k8s.io';
export const MACHINE_FINALIZER = 'machine.cluster.x-k8s.io';
export const MACHINE_SET_FINALIZER = 'cluster.x-k8s.io/machineset';
export const MACHINE_DEPLOYMENT_FINALIZER = 'cluster.x-k8s.io/machinedeployment';
export const MACHINE_DEPLOYMENT_TOPOLOGY_FINALIZER = 'machinedeployment.topology.cluster.x-k8s.io';
export const MACHINE_SET_TOPOLOGY_FINALIZER = 'machineset.topology.cluster.x-k8s.io';
export const KUBEADM_CONTROL_PLANE_FINALIZER = 'kubeadm.controlplane.cluster.x-k8s.io';
export const CLUSTER_RESOURCE_SET_FINALIZER = 'addons.cluster.x-k8s.io';

// Finalizers and labels of the CloudStack provider.
export const CLOUDSTACK_CLUSTER_FINALIZER = 'cloudstackcluster.infrastructure.cluster.x-k8s.io';
export const CLOUDSTACK_MACHINE_FINALIZER = 'cloudstackmachine.infrastructure.cluster.x-k8s.io';
export const CLOUDSTACK_FAILURE_DOMAIN_FINALIZER = 'cloudstackfailuredomain.infrastructure.cluster.x-k8s.io';
export const CLOUDSTACK_ISOLATED_NETWORK_FINALIZER = 'cloudstackisolatednetwork.infrastructure.cluster.x-k8s.io';
export const CLOUDSTACK_AFFINITY_GROUP_FINALIZER = 'affinitygroup.infrastructure.cluster.x-k8s.io';
export const CKS_CLUSTER_FINALIZER = 'ckscluster.infrastructure.cluster.x-k8s.io';
/** With a capital M. */
export const CKS_MACHINE_FINALIZER = 'cksMachine.infrastructure.cluster.x-k8s.io';
/** On CloudStackMachines: the object name of their CloudStackFailureDomain. */
export const FAILURE_DOMAIN_LABEL = 'cloudstackfailuredomain.infrastructure.cluster.x-k8s.io/name';

// Field managers.
/** Plain writes of upstream's controllers, and of ours in their place. */
export const PLAIN_FIELD_MANAGER = 'manager';
export const MACHINE_SET_FIELD_MANAGER = 'capi-machineset';
export const MACHINE_SET_METADATA_FIELD_MANAGER = 'capi-machineset-metadata';
export const MACHINE_DEPLOYMENT_FIELD_MANAGER = 'capi-machinedeployment';
export const KUBEADM_CONTROL_PLANE_FIELD_MANAGER = 'capi-kubeadmcontrolplane';
export const KUBEADM_CONTROL_PLANE_METADATA_FIELD_MANAGER = 'capi-kubeadmcontrolplane-metadata';
export const TOPOLOGY_FIELD_MANAGER = 'capi-topology';

// Ours.
/** On a Cluster that left git: its UID, written by a person, lets the deletion go on. */
export const CONFIRM_DELETE_ANNOTATION = 'capstan.dev/confirm-delete';
/** `disabled`: gitops never deletes the object, although it left git. */
export const PRUNE_ANNOTATION = 'capstan.dev/prune';
export const FLEET_FINALIZER = 'fleet.capstan.dev';
export const GITOPS_FIELD_MANAGER = 'capstan-gitops';

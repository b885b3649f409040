import { type KubeadmConfig, type Machine, Node, Pod } from '../../../api/kinds';
import type { WorkloadConnection } from '../../../api/ports';
import type { ConditionReport, ConditionStatus } from '../../../machinery/conditions';
import type { EtcdView } from './etcd-view';
import { CONTROL_PLANE_NODE_KEY } from './node-keys';
import { MachineType, Reason, Waiting } from './reasons';

/** What is known of the workload cluster. */
export type WorkloadView =
  | { readonly kind: 'notInitialized' }
  /** There is no connection; `message` says since when. */
  | { readonly kind: 'disconnected'; readonly message: string }
  | {
      readonly kind: 'connected';
      readonly connection: Pick<WorkloadConnection, 'get' | 'list'>;
      readonly etcd: EtcdView;
    };

const PODS: readonly (readonly [string, string])[] = [
  [MachineType.apiServerPod, 'kube-apiserver'],
  [MachineType.controllerManagerPod, 'kube-controller-manager'],
  [MachineType.schedulerPod, 'kube-scheduler'],
];
const ETCD_POD: readonly [string, string] = [MachineType.etcdPod, 'etcd'];

/** Types of the conditions that {@link inspectMachine} reports. */
export function inspectedTypes(managedEtcd: boolean): string[] {
  const types: string[] = [MachineType.nodeLabelsAndTaints, ...PODS.map(([type]) => type)];
  return managedEtcd ? [...types, MachineType.etcdPod, MachineType.etcdMember] : types;
}

/** The state of one machine's node, static pods and etcd member, as conditions of the Machine (`capi.md` 6.8). */
export function inspectMachine(
  machine: Machine,
  config: KubeadmConfig | undefined,
  view: WorkloadView,
  managedEtcd: boolean,
): ConditionReport[] {
  const all = (status: ConditionStatus, reason: string, message: string) =>
    inspectedTypes(managedEtcd).map((type) => ({ type, status, reason, message }));
  if (view.kind === 'notInitialized') return all('Unknown', Reason.inspectionFailed, Waiting.initialized);
  if (view.kind === 'disconnected') return all('Unknown', Reason.connectionDown, view.message);
  const deleting = machine.metadata.deletionTimestamp !== undefined;
  const providerId = machine.spec.providerID;
  if (providerId === undefined && !deleting) {
    return all(
      'Unknown',
      Reason.inspectionFailed,
      `Waiting for ${machine.spec.infrastructureRef.kind} to report spec.providerID`,
    );
  }
  const node = view.connection.list(Node).find((candidate) => candidate.spec?.providerID === providerId);
  const waiting = {
    status: 'Unknown',
    reason: Reason.inspectionFailed,
    message: `Waiting for a Node with spec.providerID ${providerId ?? ''} to exist`,
  } as const;
  const gone = { status: 'False', reason: Reason.deleting, message: 'Machine is deleting' } as const;
  const pods = managedEtcd ? [...PODS, ETCD_POD] : PODS;
  const reports: ConditionReport[] = [
    {
      type: MachineType.nodeLabelsAndTaints,
      ...(node === undefined ? (deleting ? gone : waiting) : nodeState(node, machine, config)),
    },
    ...pods.map(([type, component]) => ({
      type,
      ...(deleting ? gone : node === undefined ? waiting : podState(view.connection, component, node)),
    })),
  ];
  if (managedEtcd) {
    const name = node?.metadata.name ?? machine.status?.nodeRef?.name;
    const member = name === undefined ? undefined : memberState(view.etcd, name, deleting);
    reports.push({ type: MachineType.etcdMember, ...(member ?? (deleting ? gone : waiting)) });
  }
  return reports;
}

type State = Omit<ConditionReport, 'type'>;

function nodeState(node: Node, machine: Machine, config: KubeadmConfig | undefined): State {
  const faults: string[] = [];
  if (node.metadata.labels?.[CONTROL_PLANE_NODE_KEY] === undefined) {
    faults.push(`* Missing label ${CONTROL_PLANE_NODE_KEY}`);
  }
  const isTaint = (taint: { key: string; effect: string }) =>
    taint.key === CONTROL_PLANE_NODE_KEY && taint.effect === 'NoSchedule';
  const expected = expectedTaints(config);
  const wanted = expected === undefined || expected.some(isTaint) || machine.spec.taints?.some(isTaint) === true;
  if (wanted && node.spec?.taints?.some(isTaint) !== true) {
    faults.push(`* Missing taint ${CONTROL_PLANE_NODE_KEY}:NoSchedule`);
  }
  if (faults.length === 0) return { status: 'True', reason: Reason.set };
  return { status: 'False', reason: Reason.notSet, message: faults.join('\n') };
}

/** Taints the user gave instead of kubeadm's; undefined: kubeadm's own. */
function expectedTaints(config: KubeadmConfig | undefined): readonly { key: string; effect: string }[] | undefined {
  const spec = config?.spec;
  return (spec?.joinConfiguration?.nodeRegistration ?? spec?.initConfiguration?.nodeRegistration)?.taints ?? undefined;
}

function podState(connection: Pick<WorkloadConnection, 'get'>, component: string, node: Node): State {
  if (statusOf(node, 'Ready') === 'Unknown') {
    return {
      status: 'Unknown',
      reason: Reason.inspectionFailed,
      message: `Node ${node.metadata.name} is unreachable`,
    };
  }
  const pod = connection.get(Pod, { namespace: 'kube-system', name: `${component}-${node.metadata.name}` });
  if (pod === undefined) return { status: 'False', reason: Reason.doesNotExist, message: 'Pod does not exist' };
  return stateOfPod(pod);
}

/** Reasons of a waiting container that do not pass by themselves. */
const STUCK = ['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'CreateContainerError', 'InvalidImageName'];

/** A static pod's phase and readiness as a condition. */
export function stateOfPod(pod: Pod): State {
  const failed = (message: string): State => ({ status: 'False', reason: Reason.failed, message });
  const provisioning = (message: string): State => ({ status: 'False', reason: Reason.provisioning, message });
  if (pod.metadata.deletionTimestamp !== undefined) {
    return { status: 'False', reason: Reason.deleting, message: 'Pod is deleting' };
  }
  switch (pod.status?.phase) {
    case 'Pending':
      return provisioning('Waiting for the Pod to be started');
    case 'Running': {
      if (statusOf(pod, 'Ready') === 'True') return { status: 'True', reason: Reason.running };
      const waiting = pod.status.containerStatuses?.find((container) => container.state?.waiting !== undefined);
      const reason = waiting?.state?.waiting?.reason;
      if (reason !== undefined && STUCK.includes(reason)) return failed(reason);
      const ended = pod.status.containerStatuses?.some((container) => container.state?.terminated !== undefined);
      return ended === true
        ? failed('Containers have been terminated')
        : provisioning('Waiting for startup or readiness probes');
    }
    case 'Succeeded':
    case 'Failed':
      return failed('All the containers have been terminated');
    default:
      return { status: 'Unknown', reason: Reason.inspectionFailed, message: 'Pod phase is unknown' };
  }
}

function statusOf(object: Node | Pod, type: string): string | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type)?.status;
}

/** Undefined when nothing can be said of the member but what is known of the machine. */
function memberState(etcd: EtcdView, nodeName: string, deleting: boolean): State | undefined {
  const unhealthy = (message: string): State => ({ status: 'False', reason: Reason.notHealthy, message });
  const unknown = (message: string): State => ({ status: 'Unknown', reason: Reason.inspectionFailed, message });
  if (etcd.members === undefined) {
    if (deleting) return undefined;
    return unknown(etcd.faults.get(nodeName) ?? [...etcd.faults.values()][0] ?? 'Failed to get etcd members');
  }
  const member = etcd.members.find((candidate) => candidate.name === nodeName);
  if (member === undefined) return unhealthy(`Etcd doesn't have an etcd member for Node ${nodeName}`);
  if (deleting) return undefined;
  const fault = etcd.faults.get(nodeName);
  if (fault !== undefined) return unknown(fault);
  if (member.isLearner) return unhealthy('Etcd member is a learner');
  const alarms = etcd.alarms.filter((alarm) => alarm.memberId === member.id).map((alarm) => alarm.alarm);
  if (alarms.length > 0) return unhealthy(`Etcd reports alarms: ${alarms.join(', ')}`);
  const errors = etcd.errors.get(nodeName) ?? [];
  if (errors.length > 0) return unhealthy(`Etcd reports errors: ${errors.join(', ')}`);
  if (etcd.disagreeing.includes(nodeName)) {
    return unhealthy('Etcd member reports a list of members different from those of other members');
  }
  return { status: 'True', reason: Reason.healthy };
}

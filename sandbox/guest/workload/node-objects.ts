import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../machinery/kube-object';

/** What a kubelet knows about itself when it registers. */
export interface NodeFacts {
  readonly name: string;
  /** `v1.34.2` */
  readonly kubeletVersion: string;
  readonly providerId: string | undefined;
  readonly addresses: readonly string[];
  readonly labels: { readonly [key: string]: string };
  readonly taints: readonly Taint[];
  readonly annotations: { readonly [key: string]: string };
  readonly cpuNumber: number;
  readonly memoryMiB: number;
  /** CloudStack VM id; also the SMBIOS UUID. */
  readonly machineId: string;
  readonly bootId: string;
}

export interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
  readonly timeAdded?: string | undefined;
}

export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';
export const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';
export const UNREACHABLE_TAINT = 'node.kubernetes.io/unreachable';

/** The Node as a kubelet registers it; not Ready yet. */
export function registeredNode(facts: NodeFacts, now: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: facts.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': facts.name,
        'kubernetes.io/os': 'linux',
        ...facts.labels,
      },
      annotations: {
        'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/containerd/containerd.sock',
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        ...facts.annotations,
      },
    },
    spec: {
      ...(facts.providerId === undefined ? {} : { providerID: facts.providerId }),
      taints: [...facts.taints, { key: NOT_READY_TAINT, effect: 'NoSchedule' }],
    },
    status: nodeStatus(facts, now),
  };
}

/** The status of a Node whose kubelet has just started. */
export function nodeStatus(facts: NodeFacts, now: string): { [field: string]: unknown } {
  const capacity = {
    cpu: String(facts.cpuNumber),
    'ephemeral-storage': '20145724Ki',
    memory: `${facts.memoryMiB * 1024}Ki`,
    pods: '110',
  };
  return {
    addresses: [
      ...facts.addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: facts.name },
    ],
    capacity,
    // kubelet keeps 100 MiB back for eviction.
    allocatable: { ...capacity, memory: `${Math.max(0, facts.memoryMiB - 100) * 1024}Ki` },
    conditions: nodeConditions('starting', now),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      architecture: 'amd64',
      bootID: facts.bootId,
      containerRuntimeVersion: 'containerd://2.1.4',
      kernelVersion: '6.8.0-87-generic',
      kubeProxyVersion: '',
      kubeletVersion: facts.kubeletVersion,
      machineID: facts.machineId.replaceAll('-', ''),
      operatingSystem: 'linux',
      osImage: 'Ubuntu 24.04.3 LTS',
      systemUUID: facts.machineId,
    },
  };
}

interface NodeCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastHeartbeatTime: string;
  readonly lastTransitionTime: string;
}

/** `unknown` is what kube-controller-manager writes about a node whose kubelet is silent. */
export function nodeConditions(state: 'starting' | 'ready' | 'unknown', now: string): readonly NodeCondition[] {
  const condition = (type: string, status: string, reason: string, message: string): NodeCondition => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  if (state === 'unknown') {
    return ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) =>
      condition(type, 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'),
    );
  }
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    state === 'ready'
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition(
          'Ready',
          'False',
          'KubeletNotReady',
          'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
        ),
  ];
}

export type ControlPlaneComponent = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

export interface StaticPodFacts {
  readonly component: ControlPlaneComponent;
  readonly nodeName: string;
  readonly nodeUid: string;
  readonly address: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly annotations: { readonly [key: string]: string };
  /** Any text that changes when the manifest does. */
  readonly hash: string;
}

/** The mirror pod of a static pod, Running and Ready. */
export function staticPod(facts: StaticPodFacts, now: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${facts.component}-${facts.nodeName}`,
      namespace: 'kube-system',
      labels: { component: facts.component, tier: 'control-plane' },
      annotations: {
        ...facts.annotations,
        'kubernetes.io/config.hash': facts.hash,
        'kubernetes.io/config.mirror': facts.hash,
        'kubernetes.io/config.seen': now,
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: facts.nodeName, uid: facts.nodeUid, controller: true }],
    },
    spec: {
      containers: [
        { name: facts.component, image: facts.image, imagePullPolicy: 'IfNotPresent', command: [...facts.command] },
      ],
      hostNetwork: true,
      nodeName: facts.nodeName,
      priorityClassName: 'system-node-critical',
      restartPolicy: 'Always',
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
    },
    status: runningStatus(
      `${facts.nodeUid} ${facts.component}`,
      [{ name: facts.component, image: facts.image }],
      facts.address,
      facts.address,
      now,
    ),
  };
}

/** The status of a pod whose containers all run. @param podUid - gives each pod containers of its own */
export function runningStatus(
  podUid: string,
  containers: readonly { readonly name: string; readonly image: string }[],
  hostAddress: string,
  podAddress: string,
  now: string,
): { [field: string]: unknown } {
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    conditions: types.map((type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: now })),
    hostIP: hostAddress,
    hostIPs: [{ ip: hostAddress }],
    podIP: podAddress,
    podIPs: [{ ip: podAddress }],
    startTime: now,
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      image,
      imageID: `${repositoryOf(image)}@sha256:${digestOf(image)}`,
      containerID: `containerd://${digestOf(`${podUid} ${name}`)}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
      lastState: {},
    })),
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An image without its tag or digest. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

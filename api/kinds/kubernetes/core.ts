/** Kinds of the core group, as far as we use their fields. */
import type { ObjectMeta } from '../../../machinery/kube-object';
import { resource } from './resource';

/** A type, not an interface, so that the kinds below are KubeObjects. */
type Header = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
};

export type Secret = Header & {
  type?: string | undefined;
  /** Base64. */
  data?: { [key: string]: string } | undefined;
  /** Written only; the server moves it into `data`. */
  stringData?: { [key: string]: string } | undefined;
  immutable?: boolean | undefined;
};
export const Secret = resource<Secret>('v1', 'Secret', 'secrets');

export type ConfigMap = Header & {
  data?: { [key: string]: string } | undefined;
  binaryData?: { [key: string]: string } | undefined;
  immutable?: boolean | undefined;
};
export const ConfigMap = resource<ConfigMap>('v1', 'ConfigMap', 'configmaps');

export interface ObjectReference {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  fieldPath?: string | undefined;
}

export type Event = Header & {
  involvedObject: ObjectReference;
  type?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  action?: string | undefined;
  count?: number | undefined;
  firstTimestamp?: string | null | undefined;
  lastTimestamp?: string | null | undefined;
  eventTime?: string | null | undefined;
  source?: { component?: string | undefined; host?: string | undefined } | undefined;
  reportingComponent?: string | undefined;
  reportingInstance?: string | undefined;
  series?: { count?: number | undefined; lastObservedTime?: string | undefined } | undefined;
};
export const Event = resource<Event>('v1', 'Event', 'events');

export type Namespace = Header & {
  spec?: { finalizers?: string[] | undefined } | undefined;
  status?: { phase?: string | undefined; conditions?: NodeCondition[] | undefined } | undefined;
};
export const Namespace = resource<Namespace>('v1', 'Namespace', 'namespaces', 'cluster');

export type ServiceAccount = Header & {
  secrets?: ObjectReference[] | undefined;
  imagePullSecrets?: { name?: string | undefined }[] | undefined;
  automountServiceAccountToken?: boolean | undefined;
};
export const ServiceAccount = resource<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts');

/** A condition of a Node, a Pod and other kinds that do not use `metav1.Condition`. */
export interface NodeCondition {
  type: string;
  status: string;
  reason?: string | undefined;
  message?: string | undefined;
  lastHeartbeatTime?: string | null | undefined;
  lastTransitionTime?: string | null | undefined;
}

export interface Taint {
  key: string;
  value?: string | undefined;
  effect: string;
  timeAdded?: string | undefined;
}

export interface NodeSystemInfo {
  machineID: string;
  systemUUID: string;
  bootID: string;
  kernelVersion: string;
  osImage: string;
  containerRuntimeVersion: string;
  kubeletVersion: string;
  kubeProxyVersion: string;
  operatingSystem: string;
  architecture: string;
  swap?: { capacity?: number | undefined } | undefined;
}

export type Node = Header & {
  spec?:
    | {
        providerID?: string | undefined;
        unschedulable?: boolean | undefined;
        taints?: Taint[] | undefined;
        podCIDR?: string | undefined;
        podCIDRs?: string[] | undefined;
      }
    | undefined;
  status?:
    | {
        conditions?: NodeCondition[] | undefined;
        addresses?: { type: string; address: string }[] | undefined;
        nodeInfo?: NodeSystemInfo | undefined;
        capacity?: { [resource: string]: string } | undefined;
        allocatable?: { [resource: string]: string } | undefined;
        volumesAttached?: { name: string; devicePath: string }[] | undefined;
        volumesInUse?: string[] | undefined;
      }
    | undefined;
};
export const Node = resource<Node>('v1', 'Node', 'nodes', 'cluster');

export interface Container {
  name: string;
  image?: string | undefined;
  command?: string[] | undefined;
  args?: string[] | undefined;
  [field: string]: unknown;
}

export interface Volume {
  name: string;
  emptyDir?: object | undefined;
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean | undefined } | undefined;
  [field: string]: unknown;
}

export interface PodSpec {
  nodeName?: string | undefined;
  containers: Container[];
  initContainers?: Container[] | undefined;
  volumes?: Volume[] | undefined;
  tolerations?:
    | {
        key?: string | undefined;
        operator?: string | undefined;
        value?: string | undefined;
        effect?: string | undefined;
        tolerationSeconds?: number | undefined;
      }[]
    | undefined;
  terminationGracePeriodSeconds?: number | undefined;
  [field: string]: unknown;
}

export type Pod = Header & {
  spec: PodSpec;
  status?:
    | {
        phase?: string | undefined;
        conditions?: NodeCondition[] | undefined;
        podIP?: string | undefined;
        hostIP?: string | undefined;
        startTime?: string | undefined;
        containerStatuses?:
          | {
              name: string;
              ready?: boolean | undefined;
              restartCount?: number | undefined;
              image?: string | undefined;
              state?:
                | {
                    waiting?: { reason?: string | undefined; message?: string | undefined } | undefined;
                    running?: { startedAt?: string | undefined } | undefined;
                    terminated?: { reason?: string | undefined; exitCode?: number | undefined } | undefined;
                  }
                | undefined;
            }[]
          | undefined;
      }
    | undefined;
};
export const Pod = resource<Pod>('v1', 'Pod', 'pods');

export type PersistentVolume = Header & {
  spec: { csi?: { driver: string; volumeHandle: string } | undefined; [field: string]: unknown };
};
export const PersistentVolume = resource<PersistentVolume>('v1', 'PersistentVolume', 'persistentvolumes', 'cluster');

export type PersistentVolumeClaim = Header & { spec: { volumeName?: string | undefined; [field: string]: unknown } };
export const PersistentVolumeClaim = resource<PersistentVolumeClaim>(
  'v1',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
);

export type Service = Header & {
  spec?:
    | {
        type?: string | undefined;
        clusterIP?: string | undefined;
        selector?: { [key: string]: string } | undefined;
        ports?:
          | {
              name?: string | undefined;
              port: number;
              targetPort?: number | string | undefined;
              protocol?: string | undefined;
            }[]
          | undefined;
        [field: string]: unknown;
      }
    | undefined;
};
export const Service = resource<Service>('v1', 'Service', 'services');

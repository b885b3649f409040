/** Kinds of Kubernetes' named groups, as far as we use their fields. */
import type { ObjectMeta } from '../../../machinery/kube-object';
import type { LabelSelector } from '../../../machinery/selectors';
import type { NodeCondition, PodSpec } from './core';
import { resource } from './resource';

/** A type, not an interface, so that the kinds below are KubeObjects. */
type Header = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
};

export type Lease = Header & {
  spec?:
    | {
        holderIdentity?: string | undefined;
        leaseDurationSeconds?: number | undefined;
        acquireTime?: string | undefined;
        renewTime?: string | undefined;
        leaseTransitions?: number | undefined;
      }
    | undefined;
};
export const Lease = resource<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');

interface PodTemplate {
  metadata?: Partial<ObjectMeta> | undefined;
  spec: PodSpec;
}

export type Deployment = Header & {
  spec: {
    replicas?: number | undefined;
    selector: LabelSelector;
    template: PodTemplate;
    [field: string]: unknown;
  };
  status?:
    | {
        observedGeneration?: number | undefined;
        replicas?: number | undefined;
        readyReplicas?: number | undefined;
        availableReplicas?: number | undefined;
        updatedReplicas?: number | undefined;
        conditions?: NodeCondition[] | undefined;
      }
    | undefined;
};
export const Deployment = resource<Deployment>('apps/v1', 'Deployment', 'deployments');

export type DaemonSet = Header & {
  spec: { selector: LabelSelector; template: PodTemplate; [field: string]: unknown };
  status?:
    | {
        observedGeneration?: number | undefined;
        currentNumberScheduled?: number | undefined;
        desiredNumberScheduled?: number | undefined;
        numberReady?: number | undefined;
        numberAvailable?: number | undefined;
        numberMisscheduled?: number | undefined;
        updatedNumberScheduled?: number | undefined;
      }
    | undefined;
};
export const DaemonSet = resource<DaemonSet>('apps/v1', 'DaemonSet', 'daemonsets');

export interface PolicyRule {
  apiGroups?: string[] | undefined;
  resources?: string[] | undefined;
  resourceNames?: string[] | undefined;
  nonResourceURLs?: string[] | undefined;
  verbs: string[];
}

export interface RoleReference {
  apiGroup: string;
  kind: string;
  name: string;
}

export interface Subject {
  kind: string;
  apiGroup?: string | undefined;
  name: string;
  namespace?: string | undefined;
}

export type ClusterRole = Header & {
  rules?: PolicyRule[] | undefined;
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] | undefined } | undefined;
};
export const ClusterRole = resource<ClusterRole>(
  'rbac.authorization.k8s.io/v1',
  'ClusterRole',
  'clusterroles',
  'cluster',
);

export type ClusterRoleBinding = Header & { roleRef: RoleReference; subjects?: Subject[] | undefined };
export const ClusterRoleBinding = resource<ClusterRoleBinding>(
  'rbac.authorization.k8s.io/v1',
  'ClusterRoleBinding',
  'clusterrolebindings',
  'cluster',
);

export type Role = Header & { rules?: PolicyRule[] | undefined };
export const Role = resource<Role>('rbac.authorization.k8s.io/v1', 'Role', 'roles');

export type RoleBinding = Header & { roleRef: RoleReference; subjects?: Subject[] | undefined };
export const RoleBinding = resource<RoleBinding>('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings');

export type VolumeAttachment = Header & {
  spec: {
    attacher: string;
    nodeName: string;
    source: { persistentVolumeName?: string | undefined; inlineVolumeSpec?: object | undefined };
  };
  status?: { attached?: boolean | undefined } | undefined;
};
export const VolumeAttachment = resource<VolumeAttachment>(
  'storage.k8s.io/v1',
  'VolumeAttachment',
  'volumeattachments',
  'cluster',
);

/** How the API server reaches a webhook. */
export interface WebhookClientConfig {
  url?: string | undefined;
  service?: { name: string; namespace: string; path?: string | undefined; port?: number | undefined } | undefined;
  /** PEM in base64. */
  caBundle?: string | undefined;
}

export type CustomResourceDefinition = Header & {
  spec: {
    group: string;
    scope: string;
    names: {
      kind: string;
      listKind?: string | undefined;
      plural: string;
      singular?: string | undefined;
      shortNames?: string[] | undefined;
      categories?: string[] | undefined;
    };
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      deprecated?: boolean | undefined;
      schema?: { openAPIV3Schema?: { [keyword: string]: unknown } | undefined } | undefined;
      subresources?: { [name: string]: unknown } | undefined;
      additionalPrinterColumns?: object[] | undefined;
    }[];
    conversion?:
      | {
          strategy: string;
          webhook?: { clientConfig?: WebhookClientConfig | undefined; conversionReviewVersions: string[] } | undefined;
        }
      | undefined;
    preserveUnknownFields?: boolean | undefined;
  };
  status?:
    | {
        conditions?: NodeCondition[] | undefined;
        storedVersions?: string[] | undefined;
        acceptedNames?: object | undefined;
      }
    | undefined;
};
export const CustomResourceDefinition = resource<CustomResourceDefinition>(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  'cluster',
);

export interface Webhook {
  name: string;
  clientConfig: WebhookClientConfig;
  rules?:
    | {
        apiGroups: string[];
        apiVersions: string[];
        resources: string[];
        operations: string[];
        scope?: string | undefined;
      }[]
    | undefined;
  admissionReviewVersions: string[];
  sideEffects: string;
  failurePolicy?: string | undefined;
  matchPolicy?: string | undefined;
  timeoutSeconds?: number | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  reinvocationPolicy?: string | undefined;
}

export type ValidatingWebhookConfiguration = Header & { webhooks?: Webhook[] | undefined };
export const ValidatingWebhookConfiguration = resource<ValidatingWebhookConfiguration>(
  'admissionregistration.k8s.io/v1',
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  'cluster',
);

export type MutatingWebhookConfiguration = Header & { webhooks?: Webhook[] | undefined };
export const MutatingWebhookConfiguration = resource<MutatingWebhookConfiguration>(
  'admissionregistration.k8s.io/v1',
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
  'cluster',
);

import { defineKind, type ObjectOf } from '../../define-kind';
import { flag, int32, object, type Rule, text, time } from '../../schema';
import { age, available, clusterLabel, kubeadmControlPlane, paused, replicaColumns } from '../cluster-api/group';
import { readinessGates } from '../cluster-api/machine-spec';
import { withV } from '../kubernetes-version';
import {
  conditions,
  contractReference,
  counters,
  deprecated,
  deprecatedFailure,
  observedGeneration,
  serializedSelector,
  versions,
} from '../shapes';
import { type ControlPlaneDraft, defaultRollout } from './kubeadm-control-plane-defaults';
import { controlPlaneParts, machineMetadata, machineParts } from './kubeadm-control-plane-spec';

interface Replicated {
  replicas?: number | undefined;
  kubeadmConfigSpec?: { clusterConfiguration?: { etcd?: { external?: unknown } | undefined } | undefined } | undefined;
}

const ETCD_PATH = ['kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'external'];
const HAS_EXTERNAL_ETCD = ETCD_PATH.map((_step, index) => `has(self.${ETCD_PATH.slice(0, index + 1).join('.')})`).join(
  ' && ',
);

/** In the schema, so that they hold for the scale subresource as well. */
const replicasRules: readonly Rule<Replicated>[] = [
  {
    cel: '!has(self.replicas) || self.replicas > 0',
    message: 'must be more than 0; delete the cluster to remove its control plane',
    field: 'replicas',
    reason: 'FieldValueForbidden',
    holds: ({ replicas = 1 }) => replicas > 0,
  },
  {
    // Two members of etcd are worse than one: neither may fail.
    cel: `!has(self.replicas) || self.replicas % 2 != 0 || (${HAS_EXTERNAL_ETCD})`,
    message: 'must be odd while etcd runs on the machines',
    field: 'replicas',
    reason: 'FieldValueForbidden',
    holds: ({ replicas = 1, kubeadmConfigSpec }) =>
      replicas % 2 !== 0 || kubeadmConfigSpec?.clusterConfiguration?.etcd?.external !== undefined,
  },
];

const spec = object(
  'What the control plane shall be.',
  {
    replicas: int32('Number of machines; absent: 1.').optional(),
    version: text('Kubernetes version, such as v1.34.2.', { min: 1, max: 256 }),
    machineTemplate: object('What its machines are made from.', {
      metadata: machineMetadata.optional(),
      spec: object('The machines.', {
        infrastructureRef: contractReference('Template of their virtual machines.'),
        readinessGates: readinessGates.optional(),
        ...machineParts,
      }),
    }),
    ...controlPlaneParts,
  },
  { rules: replicasRules },
);

const status = object(
  'What the control plane is.',
  {
    conditions: conditions.optional(),
    initialization: object(
      'First steps, never taken back.',
      { controlPlaneInitialized: flag('The API server has answered.').optional() },
      { minProperties: 1 },
    ).optional(),
    selector: serializedSelector.optional(),
    ...counters,
    versions: versions.optional(),
    version: text('Lowest version of its machines.', { min: 1, max: 256 }).optional(),
    observedGeneration: observedGeneration.optional(),
    lastRemediation: object('The last replacement of an unhealthy machine.', {
      machine: text('Name of the machine.', { min: 1, max: 253 }),
      time: time('When it was deleted.'),
      retryCount: int32('How often that was tried.', { min: 0 }),
    }).optional(),
    deprecated: deprecated({
      ...deprecatedFailure,
      updatedReplicas: int32('Machines that are up to date.').optional(),
      readyReplicas: int32('Machines whose Node is ready.').optional(),
      unavailableReplicas: int32('Machines that are missing or not ready.').optional(),
    }).optional(),
  },
  { minProperties: 1 },
);

export const KubeadmControlPlane = defineKind(
  {
    ...kubeadmControlPlane,
    kind: 'KubeadmControlPlane',
    plural: 'kubeadmcontrolplanes',
    about: 'A control plane made of machines, by kubeadm.',
    shortNames: ['kcp'],
    spec,
    status,
    subresources: { status: true, scale: true },
    printerColumns: [
      clusterLabel,
      available,
      ...replicaColumns,
      paused,
      { name: 'Initialized', type: 'boolean', jsonPath: '.status.initialization.controlPlaneInitialized' },
      age,
      { name: 'Version', type: 'string', jsonPath: '.spec.version' },
    ],
  },
  ({ spec }: ControlPlaneDraft) => {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    if (spec.version !== undefined) spec.version = withV(spec.version);
    defaultRollout(spec);
  },
);

export type KubeadmControlPlane = ObjectOf<typeof KubeadmControlPlane>;

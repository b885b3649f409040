/** The spec of a machine: part of Machine, MachineSet, MachineDeployment and, in pieces, KubeadmControlPlane. */
import type * as z from 'zod';
import { int32, list, object, oneOf, type Rule, text } from '../../schema';
import { contractReference, gates, templateMetadata } from '../shapes';

export const clusterName = text('Name of the Cluster this belongs to.', { min: 1, max: 63 });

/** Nothing moves from one cluster to another. */
const sameCluster: Rule<{ clusterName: string }> = {
  cel: 'self.clusterName == oldSelf.clusterName',
  message: 'cannot be changed',
  field: 'clusterName',
  reason: 'FieldValueForbidden',
  transition: true,
  holds: (self, old) => old === undefined || self.clusterName === old.clusterName,
};

export const machineDeletionFields = {
  nodeDrainTimeoutSeconds: int32('Give up draining after so many seconds; 0 or absent: never.', { min: 0 }).optional(),
  nodeVolumeDetachTimeoutSeconds: int32(
    'Give up waiting for volumes to be detached after so many seconds; 0 or absent: never.',
    { min: 0 },
  ).optional(),
  nodeDeletionTimeoutSeconds: int32('Give up deleting the Node after so many seconds; 0: never.', {
    min: 0,
  }).optional(),
};

export const machineDeletion = object('How long the steps of deleting a machine may take.', machineDeletionFields, {
  minProperties: 1,
});

export const machineTaints = list(
  'Taints of the Node that are managed together with the machine.',
  object('One taint.', {
    key: text('Key of the taint.', {
      min: 1,
      max: 317,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$',
    }),
    value: text('Value of the taint.', {
      min: 1,
      max: 63,
      pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$',
    }).optional(),
    effect: oneOf('What happens to pods that do not tolerate it.', ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
    propagation: oneOf('Whether it is kept on the Node, or set once.', ['Always', 'OnInitialization']),
  }),
  { min: 1, max: 64, keys: ['key', 'effect'] },
);

export const readinessGates = gates('Further conditions that must be good before the machine is ready.');

const machineFields = {
  clusterName,
  bootstrap: object('Where the data comes from that turns a bare machine into a node.', {
    configRef: contractReference('The object that makes bootstrap data.').optional(),
    dataSecretName: text('Secret with ready-made bootstrap data; empty: boots without any.', {
      min: 0,
      max: 253,
    }).optional(),
  }),
  infrastructureRef: contractReference('The object that provides the virtual machine.'),
  version: text('Kubernetes version, such as v1.34.2.', { min: 1, max: 256 }).optional(),
  providerID: text("How the cloud names the machine; equals the Node's.", { min: 1, max: 512 }).optional(),
  failureDomain: text('The failure domain the machine shall be in.', { min: 1, max: 256 }).optional(),
  minReadySeconds: int32('How long a machine must be ready before it counts as available.', { min: 0 }).optional(),
  readinessGates: readinessGates.optional(),
  deletion: machineDeletion.optional(),
  taints: machineTaints.optional(),
};

/** The spec of a Machine. */
export const machineSpec = object('What the machine shall be.', machineFields, { rules: [sameCluster] });

const templateSpec = object('What the machines shall be.', machineFields);

export type MachineSpec = z.infer<typeof templateSpec>;

/** `spec.template` of things that make machines. */
export const machineTemplate = object('What machines are made from.', {
  metadata: templateMetadata('Labels and annotations of the machines.').optional(),
  spec: templateSpec,
});

interface Pool {
  clusterName: string;
  replicas?: number | undefined;
  template: { spec: { clusterName: string } };
}

/** What MachineSet and MachineDeployment demand. */
export const poolRules: readonly Rule<Pool>[] = [
  sameCluster,
  {
    cel: 'self.clusterName == self.template.spec.clusterName',
    message: 'must equal spec.template.spec.clusterName',
    field: 'clusterName',
    holds: (spec) => spec.clusterName === spec.template.spec.clusterName,
  },
  {
    cel: '!has(self.replicas) || self.replicas >= 0',
    message: 'must not be negative',
    field: 'replicas',
    holds: ({ replicas }) => (replicas ?? 0) >= 0,
  },
];

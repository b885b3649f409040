import { defineKind, type ObjectOf } from '../../define-kind';
import { flag, object, text } from '../../schema';
import { age, clusterLabel, kubeadmBootstrap, paused } from '../cluster-api/group';
import { conditions, deprecated, deprecatedFailure, observedGeneration } from '../shapes';
import { kubeadmConfigSpec } from './kubeadm-config-spec';

const status = object(
  'What became of it.',
  {
    conditions: conditions.optional(),
    initialization: object(
      'First steps, never taken back.',
      { dataSecretCreated: flag('The Secret with bootstrap data exists.').optional() },
      { minProperties: 1 },
    ).optional(),
    dataSecretName: text('Name of the Secret with bootstrap data.', { min: 1, max: 253 }).optional(),
    observedGeneration: observedGeneration.optional(),
    deprecated: deprecated({
      ...deprecatedFailure,
      failureReason: text('Why it failed for good, in one word.', { min: 1, max: 256 }).optional(),
    }).optional(),
  },
  { minProperties: 1 },
);

export const KubeadmConfig = defineKind({
  ...kubeadmBootstrap,
  kind: 'KubeadmConfig',
  plural: 'kubeadmconfigs',
  about: 'How one machine becomes a node, by kubeadm.',
  spec: kubeadmConfigSpec,
  specOptional: true,
  status,
  printerColumns: [
    clusterLabel,
    paused,
    { name: 'Data secret created', type: 'string', jsonPath: '.status.initialization.dataSecretCreated' },
    age,
  ],
});

export type KubeadmConfig = ObjectOf<typeof KubeadmConfig>;

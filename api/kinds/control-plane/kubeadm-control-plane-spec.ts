/** Parts of KubeadmControlPlane and its template. */
import { int32, intOrPercent, object, oneOf, time } from '../../schema';
import { kubeadmConfigSpec } from '../bootstrap/kubeadm-config-spec';
import { machineDeletion, machineTaints } from '../cluster-api/machine-spec';
import { machineNaming, templateMetadata } from '../shapes';

const rollout = object(
  'When and how machines are replaced.',
  {
    before: object(
      'Replace machines ahead of something.',
      {
        certificatesExpiryDays: int32('So many days before their certificates expire.', { min: 7 }).optional(),
      },
      { minProperties: 1 },
    ).optional(),
    after: time('Replace machines made before this.').optional(),
    strategy: object(
      'In which manner.',
      {
        type: oneOf('The only manner there is.', ['RollingUpdate']),
        rollingUpdate: object(
          'Bounds while replacing.',
          { maxSurge: intOrPercent('0: delete first (needs 3 machines); 1: create first.').optional() },
          { minProperties: 1 },
        ).optional(),
      },
      { minProperties: 1 },
    ).optional(),
  },
  { minProperties: 1 },
);

const remediation = object(
  'How unhealthy machines are replaced.',
  {
    maxRetry: int32('Attempts for one machine; absent: no limit.').optional(),
    retryPeriodSeconds: int32('Wait between attempts; absent: 0.', { min: 0 }).optional(),
    minHealthyPeriodSeconds: int32('Healthy for so long, and attempts are counted anew; absent: 3600.', {
      min: 0,
    }).optional(),
  },
  { minProperties: 1 },
);

export const machineParts = { deletion: machineDeletion.optional(), taints: machineTaints.optional() };

export const machineMetadata = templateMetadata('Labels and annotations of the machines.');

export const controlPlaneParts = {
  kubeadmConfigSpec: kubeadmConfigSpec.optional(),
  rollout: rollout.optional(),
  remediation: remediation.optional(),
  machineNaming: machineNaming.optional(),
};

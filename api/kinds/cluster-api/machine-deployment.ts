import { defineKind, type ObjectOf } from '../../define-kind';
import { CLUSTER_NAME_LABEL, DEPLOYMENT_NAME_LABEL } from '../../labels';
import { flag, int32, intOrPercent, object, oneOf, time } from '../../schema';
import {
  conditions,
  counters,
  deprecated,
  labelSelector,
  machineNaming,
  observedGeneration,
  serializedSelector,
  versions,
} from '../shapes';
import { age, available, clusterApi, paused, replicaColumns } from './group';
import { machineSetDeletion } from './machine-set';
import { clusterName, machineTemplate, poolRules } from './machine-spec';
import {
  defaultClusterLabel,
  defaultReplicas,
  defaultSelector,
  defaultTemplateVersion,
  type PoolDraft,
  type PoolSpecDraft,
  selectBy,
} from './pool-defaults';

const rollout = object(
  'How machines are replaced.',
  {
    after: time('Replace machines made before this.').optional(),
    strategy: object(
      'In which manner.',
      {
        type: oneOf('Gradually, or when somebody deletes them.', ['RollingUpdate', 'OnDelete']),
        rollingUpdate: object(
          'Bounds while replacing.',
          {
            maxUnavailable: intOrPercent('So many may be missing; absent: 0.').optional(),
            maxSurge: intOrPercent('So many may be too many; absent: 1.').optional(),
          },
          { minProperties: 1 },
        ).optional(),
      },
      { minProperties: 1 },
    ).optional(),
  },
  { minProperties: 1 },
);

const spec = object(
  'Which machines shall exist, and how they are replaced.',
  {
    clusterName,
    replicas: int32('Number of machines; absent: 1.').optional(),
    rollout: rollout.optional(),
    selector: labelSelector('The machines that belong to it; must match the labels of the template.'),
    template: machineTemplate,
    machineNaming: machineNaming.optional(),
    remediation: object(
      'How unhealthy machines are replaced.',
      { maxInFlight: intOrPercent('At most so many at once; absent: no limit.').optional() },
      { minProperties: 1 },
    ).optional(),
    deletion: machineSetDeletion.optional(),
    paused: flag('Stops rollouts; scaling goes on.').optional(),
  },
  { rules: poolRules },
);

const status = object(
  'Which machines exist.',
  {
    conditions: conditions.optional(),
    observedGeneration: observedGeneration.optional(),
    selector: serializedSelector.optional(),
    ...counters,
    versions: versions.optional(),
    phase: oneOf('What it is doing.', ['ScalingUp', 'ScalingDown', 'Running', 'Failed', 'Unknown']).optional(),
    deprecated: deprecated({
      updatedReplicas: int32('Machines made from the current template.').optional(),
      readyReplicas: int32('Machines whose Node is ready.').optional(),
      availableReplicas: int32('Machines whose Node has been ready for long enough.').optional(),
      unavailableReplicas: int32('Machines that are missing or not available.').optional(),
    }).optional(),
  },
  { minProperties: 1 },
);

/** Bounds of a rolling update that says nothing (`capi.md` 2.3). */
export const DEFAULT_MAX_SURGE = 1;
export const DEFAULT_MAX_UNAVAILABLE = 0;

interface DeploymentSpecDraft extends PoolSpecDraft {
  rollout?:
    | {
        strategy?:
          | {
              type?: string | undefined;
              rollingUpdate?:
                | { maxSurge?: number | string | undefined; maxUnavailable?: number | string | undefined }
                | undefined;
            }
          | undefined;
      }
    | undefined;
}

type DeploymentDraft = PoolDraft & { spec?: DeploymentSpecDraft | undefined };

function defaultRollout(spec: DeploymentSpecDraft): void {
  spec.rollout ??= {};
  spec.rollout.strategy ??= {};
  const { strategy } = spec.rollout;
  strategy.type ??= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  strategy.rollingUpdate ??= {};
  strategy.rollingUpdate.maxSurge ??= DEFAULT_MAX_SURGE;
  strategy.rollingUpdate.maxUnavailable ??= DEFAULT_MAX_UNAVAILABLE;
}

export const MachineDeployment = defineKind(
  {
    ...clusterApi,
    kind: 'MachineDeployment',
    plural: 'machinedeployments',
    about: 'A pool of equal machines that are replaced step by step when their template changes.',
    shortNames: ['md'],
    spec,
    status,
    subresources: { status: true, scale: true },
    printerColumns: [
      { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterName' },
      available,
      ...replicaColumns.filter((column) => column.name !== 'Available' || column.type === 'integer'),
      paused,
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      age,
      { name: 'Version', type: 'string', jsonPath: '.spec.template.spec.version' },
    ],
  },
  (deployment: DeploymentDraft, old: PoolDraft | undefined) => {
    const { spec } = deployment;
    if (spec === undefined) return;
    defaultClusterLabel(deployment);
    defaultReplicas(deployment, old);
    defaultRollout(spec);
    defaultSelector(deployment, DEPLOYMENT_NAME_LABEL);
    // Unlike a MachineSet, a MachineDeployment always selects by cluster too.
    if (spec.clusterName !== undefined) selectBy(spec, CLUSTER_NAME_LABEL, spec.clusterName);
    defaultTemplateVersion(spec.template);
  },
);

export type MachineDeployment = ObjectOf<typeof MachineDeployment>;

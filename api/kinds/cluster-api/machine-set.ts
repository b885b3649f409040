import { defineKind, type ObjectOf } from '../../define-kind';
import { SET_NAME_LABEL } from '../../labels';
import { int32, object, oneOf } from '../../schema';
import {
  conditions,
  counters,
  deprecated,
  deprecatedFailure,
  labelSelector,
  machineNaming,
  observedGeneration,
  serializedSelector,
  versions,
} from '../shapes';
import { age, clusterApi, paused, replicaColumns } from './group';
import { clusterName, machineTemplate, poolRules } from './machine-spec';
import {
  defaultClusterLabel,
  defaultReplicas,
  defaultSelector,
  defaultTemplateVersion,
  type PoolDraft,
} from './pool-defaults';

export const machineSetDeletion = object(
  'How machines are chosen for deletion.',
  {
    order: oneOf('Which machine goes first when scaling down; absent: Random.', [
      'Random',
      'Newest',
      'Oldest',
    ]).optional(),
  },
  { minProperties: 1 },
);

const spec = object(
  'Which machines shall exist.',
  {
    clusterName,
    replicas: int32('Number of machines; absent: 1.').optional(),
    selector: labelSelector('The machines that belong to it; must match the labels of the template.'),
    template: machineTemplate,
    machineNaming: machineNaming.optional(),
    deletion: machineSetDeletion.optional(),
  },
  { rules: poolRules },
);

const status = object(
  'Which machines exist.',
  {
    conditions: conditions.optional(),
    selector: serializedSelector.optional(),
    ...counters,
    versions: versions.optional(),
    observedGeneration: observedGeneration.optional(),
    deprecated: deprecated({
      ...deprecatedFailure,
      fullyLabeledReplicas: int32('Machines with all labels of the template.').optional(),
      readyReplicas: int32('Machines whose Node is ready.').optional(),
      availableReplicas: int32('Machines whose Node has been ready for long enough.').optional(),
    }).optional(),
  },
  { minProperties: 1 },
);

export const MachineSet = defineKind(
  {
    ...clusterApi,
    kind: 'MachineSet',
    plural: 'machinesets',
    about: 'A number of equal machines.',
    shortNames: ['ms'],
    spec,
    status,
    subresources: { status: true, scale: true },
    printerColumns: [
      { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterName' },
      ...replicaColumns,
      paused,
      age,
      { name: 'Version', type: 'string', jsonPath: '.spec.template.spec.version' },
    ],
  },
  (machineSet: PoolDraft, old: PoolDraft | undefined) => {
    defaultClusterLabel(machineSet);
    defaultReplicas(machineSet, old);
    defaultSelector(machineSet, SET_NAME_LABEL);
    defaultTemplateVersion(machineSet.spec?.template);
  },
);

export type MachineSet = ObjectOf<typeof MachineSet>;

import { defineKind, type ObjectOf } from '../../define-kind';
import { flag, int32, list, object, oneOf, type Rule, text } from '../../schema';
import {
  aggregatedVersions,
  conditions,
  contractReference,
  counters,
  deprecated,
  deprecatedFailure,
  failureDomains,
  gates,
  observedGeneration,
} from '../shapes';
import { topology } from './cluster-topology';
import { age, available, clusterApi, paused } from './group';

const networkRanges = (about: string) =>
  object(about, {
    cidrBlocks: list('Ranges in CIDR notation, at most one per IP family.', text('One range.', { min: 1, max: 43 }), {
      min: 1,
      max: 100,
    }),
  });

export const controlPlaneEndpoint = object(
  'Where the API server of the cluster is reached.',
  {
    host: text('Address or name.', { min: 1, max: 512 }).optional(),
    port: int32('Port.', { min: 1, max: 65535 }).optional(),
  },
  { minProperties: 1 },
);

/** Who provides what may change, but not be given up: its objects would be left behind. */
function staysSet(
  field: 'controlPlaneRef' | 'infrastructureRef' | 'topology',
): Rule<{ [name in typeof field]?: unknown }> {
  return {
    cel: `!has(oldSelf.${field}) || has(self.${field})`,
    message: 'cannot be removed',
    field,
    reason: 'FieldValueForbidden',
    transition: true,
    holds: (self, old) => old?.[field] === undefined || self[field] !== undefined,
  };
}

const spec = object(
  'What the cluster shall be.',
  {
    paused: flag('Stops all controllers from touching anything of this cluster.').optional(),
    clusterNetwork: object(
      'Networks inside the cluster.',
      {
        apiServerPort: int32('Port the API server shall listen on.', { min: 1, max: 65535 }).optional(),
        services: networkRanges('Ranges Services get their addresses from.').optional(),
        pods: networkRanges('Ranges Pods get their addresses from.').optional(),
        serviceDomain: text('Domain of Services.', { min: 1, max: 253 }).optional(),
      },
      { minProperties: 1 },
    ).optional(),
    controlPlaneEndpoint: controlPlaneEndpoint.optional(),
    controlPlaneRef: contractReference('The object that runs the control plane.').optional(),
    infrastructureRef: contractReference('The object that provides networks and the endpoint.').optional(),
    topology: topology.optional(),
    availabilityGates: gates('Further conditions that must be good before the cluster is available.').optional(),
  },
  { minProperties: 1, rules: (['controlPlaneRef', 'infrastructureRef', 'topology'] as const).map(staysSet) },
);

const machinesStatus = (about: string) =>
  object(about, {
    desiredReplicas: int32('Machines that are wanted.').optional(),
    ...counters,
    versions: aggregatedVersions.optional(),
    upgradePlan: list(
      'Versions an upgrade in progress will pass through.',
      object('One step.', { version: text('Kubernetes version.', { min: 1, max: 256 }) }),
      { min: 1, max: 32 },
    ).optional(),
  });

const status = object(
  'What the cluster is.',
  {
    conditions: conditions.optional(),
    initialization: object(
      'First steps, never taken back.',
      {
        infrastructureProvisioned: flag('Networks and endpoint exist.').optional(),
        controlPlaneInitialized: flag('The API server has answered.').optional(),
      },
      { minProperties: 1 },
    ).optional(),
    controlPlane: machinesStatus('All control-plane machines together.').optional(),
    workers: machinesStatus('All worker machines together.').optional(),
    failureDomains: failureDomains.optional(),
    phase: oneOf('Where the cluster is in its life.', [
      'Pending',
      'Provisioning',
      'Provisioned',
      'Deleting',
      'Failed',
      'Unknown',
    ]).optional(),
    observedGeneration: observedGeneration.optional(),
    deprecated: deprecated(deprecatedFailure).optional(),
  },
  { minProperties: 1 },
);

const machineColumns = (short: string, field: string) => [
  { name: `${short} Desired`, type: 'integer' as const, jsonPath: `.status.${field}.desiredReplicas` },
  { name: `${short} Current`, type: 'integer' as const, jsonPath: `.status.${field}.replicas`, priority: 10 },
  { name: `${short} Ready`, type: 'integer' as const, jsonPath: `.status.${field}.readyReplicas`, priority: 10 },
  { name: `${short} Available`, type: 'integer' as const, jsonPath: `.status.${field}.availableReplicas` },
  { name: `${short} Up-to-date`, type: 'integer' as const, jsonPath: `.status.${field}.upToDateReplicas` },
];

export const Cluster = defineKind({
  ...clusterApi,
  kind: 'Cluster',
  plural: 'clusters',
  about: 'One Kubernetes cluster: its networks, its control plane and the infrastructure it stands on.',
  shortNames: ['cl'],
  spec,
  status,
  printerColumns: [
    { name: 'ClusterClass', type: 'string', jsonPath: '.spec.topology.classRef.name' },
    available,
    ...machineColumns('CP', 'controlPlane'),
    ...machineColumns('W', 'workers'),
    paused,
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    age,
    { name: 'Version', type: 'string', jsonPath: '.spec.topology.version' },
  ],
});

export type Cluster = ObjectOf<typeof Cluster>;

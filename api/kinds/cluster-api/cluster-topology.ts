/** `Cluster.spec.topology`: a cluster made from a ClusterClass. Accepted and kept; its controller comes later. */
import { anyJson, flag, int32, intOrPercent, list, object, oneOf, text, time } from '../../schema';
import { DNS_SUBDOMAIN, gates, QUALIFIED_NAME, templateMetadata } from '../shapes';
import { machineDeletion, machineDeletionFields, machineTaints } from './machine-spec';

const variable = object('A variable of the class.', {
  name: text('Name of the variable.', { min: 1, max: 256 }),
  value: anyJson('Its value, in the form the class asks for.'),
});

const variableOverrides = object(
  'Variables that differ for these machines.',
  {
    overrides: list('Values that win over those of the cluster.', variable, {
      min: 1,
      max: 1000,
      keys: ['name'],
    }).optional(),
  },
  { minProperties: 1 },
);

const NOT_ABOUT_HEALTH = ['Ready', 'Available', 'HealthCheckSucceeded', 'OwnerRemediated', 'ExternallyRemediated'];

const checks = object(
  'When a machine counts as unhealthy.',
  {
    nodeStartupTimeoutSeconds: int32('No Node after so many seconds; 0 disables the check.', { min: 0 }).optional(),
    unhealthyNodeConditions: list(
      'Conditions of the Node.',
      object('One condition, held for a time.', {
        type: text('Type of the condition.', { min: 1 }),
        status: text('The bad status.', { min: 1 }),
        timeoutSeconds: int32('For how long.', { min: 0 }),
      }),
      { min: 1, max: 100 },
    ).optional(),
    unhealthyMachineConditions: list(
      'Conditions of the Machine.',
      object('One condition, held for a time.', {
        type: text('Type of the condition.', {
          min: 1,
          max: 316,
          pattern: QUALIFIED_NAME,
          rules: [
            {
              cel: `!(self in [${NOT_ABOUT_HEALTH.map((type) => `'${type}'`).join(',')}])`,
              message: `must not be one of ${NOT_ABOUT_HEALTH.join(', ')}, which depend on health themselves`,
              holds: (type) => !NOT_ABOUT_HEALTH.includes(type),
            },
          ],
        }),
        status: oneOf('The bad status.', ['True', 'False', 'Unknown']),
        timeoutSeconds: int32('For how long.', { min: 0 }),
      }),
      { min: 1, max: 100 },
    ).optional(),
  },
  { minProperties: 1 },
);

const remediationFields = {
  triggerIf: object(
    'Remediate only while not too many machines are unhealthy.',
    {
      unhealthyLessThanOrEqualTo: intOrPercent('At most so many.').optional(),
      unhealthyInRange: text('Between so many, such as [1-3].', {
        min: 1,
        max: 32,
        pattern: '^\\[[0-9]+-[0-9]+\\]$',
      }).optional(),
    },
    { minProperties: 1 },
  ).optional(),
  templateRef: object('Template of an external remediation.', {
    apiVersion: text('API version of the template.', {
      min: 1,
      max: 317,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$',
    }),
    kind: text('Kind of the template.', { min: 1, max: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
    name: text('Name of the template.', { min: 1, max: 253, pattern: DNS_SUBDOMAIN }),
  }).optional(),
};

const healthCheckFields = {
  enabled: flag('Whether machines are checked; absent: as the class says.').optional(),
  checks: checks.optional(),
};

const controlPlane = object(
  'The control plane.',
  {
    metadata: templateMetadata('Labels and annotations of the control plane and its machines.').optional(),
    replicas: int32('Number of machines.').optional(),
    rollout: object(
      'When machines are replaced.',
      { after: time('Replace machines made before this.').optional() },
      { minProperties: 1 },
    ).optional(),
    healthCheck: object(
      'Which machines are replaced because they are unhealthy.',
      {
        ...healthCheckFields,
        remediation: object('What is done then.', remediationFields, { minProperties: 1 }).optional(),
      },
      { minProperties: 1 },
    ).optional(),
    deletion: machineDeletion.optional(),
    taints: machineTaints.optional(),
    readinessGates: gates('Further conditions that must be good before a machine is ready.').optional(),
    variables: variableOverrides.optional(),
  },
  { minProperties: 1 },
);

const poolFields = {
  metadata: templateMetadata('Labels and annotations of the pool and its machines.').optional(),
  class: text('Name of the worker class.', { min: 1, max: 256 }),
  name: text('Name of the pool, unique in the cluster.', { min: 1, max: 63, pattern: DNS_SUBDOMAIN }),
  replicas: int32('Number of machines.').optional(),
  minReadySeconds: int32('How long a machine must be ready before it counts as available.', { min: 0 }).optional(),
  taints: machineTaints.optional(),
  variables: variableOverrides.optional(),
};

const machineDeployment = object('A pool of worker machines.', {
  ...poolFields,
  failureDomain: text('Failure domain of its machines.', { min: 1, max: 256 }).optional(),
  healthCheck: object(
    'Which machines are replaced because they are unhealthy.',
    {
      ...healthCheckFields,
      remediation: object(
        'What is done then.',
        { maxInFlight: intOrPercent('At most so many at once.').optional(), ...remediationFields },
        { minProperties: 1 },
      ).optional(),
    },
    { minProperties: 1 },
  ).optional(),
  deletion: object(
    'How machines are deleted.',
    {
      order: oneOf('Which machine goes first when scaling down.', ['Random', 'Newest', 'Oldest']).optional(),
      ...machineDeletionFields,
    },
    { minProperties: 1 },
  ).optional(),
  readinessGates: gates('Further conditions that must be good before a machine is ready.').optional(),
  rollout: object(
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
              maxUnavailable: intOrPercent('So many may be missing.').optional(),
              maxSurge: intOrPercent('So many may be too many.').optional(),
            },
            { minProperties: 1 },
          ).optional(),
        },
        { minProperties: 1 },
      ).optional(),
    },
    { minProperties: 1 },
  ).optional(),
});

const machinePool = object('A pool of worker machines that the provider manages as one.', {
  ...poolFields,
  failureDomains: list('Failure domains of its machines.', text('Name of one.', { min: 1, max: 256 }), {
    min: 1,
    max: 100,
  }).optional(),
  deletion: machineDeletion.optional(),
});

export const topology = object('Makes the cluster from a ClusterClass.', {
  classRef: object('The class.', {
    name: text('Name of the ClusterClass.', { min: 1, max: 253, pattern: DNS_SUBDOMAIN }),
    namespace: text('Its namespace; absent: that of the cluster.', {
      min: 1,
      max: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    }).optional(),
  }),
  version: text('Kubernetes version.', { min: 1, max: 256 }),
  controlPlane: controlPlane.optional(),
  workers: object(
    'The workers.',
    {
      machineDeployments: list('Pools of single machines.', machineDeployment, {
        min: 1,
        max: 2000,
        keys: ['name'],
      }).optional(),
      machinePools: list('Pools the provider manages.', machinePool, { min: 1, max: 2000, keys: ['name'] }).optional(),
    },
    { minProperties: 1 },
  ).optional(),
  variables: list('Values for the variables of the class.', variable, { min: 1, max: 1000, keys: ['name'] }).optional(),
});

/**
 * v1beta1, v1beta2 and v1beta3 of the provider's kinds, as CAPC has them (`capc.md` 1). What it requires and we can do
 * without is optional here; the rules are those of v1beta4, which admission applies to every version.
 */
import type * as z from 'zod';
import type { OtherVersion } from '../../define-kind';
import { dictionary, flag, list, object, text, texts, time } from '../../schema';
import { machineFields } from './cloudstack-machine-spec';
import { endpoint, failureDomainFields, failureDomainSpec, oldZone, ready, vpc } from './shapes';

const { project: _project, ...beforeProjects } = failureDomainFields;
const failureDomainV1beta2 = object('A place that fails independently of others.', {
  ...beforeProjects,
  zone: oldZone,
});
const { networks: _networks, ...machineV1beta2 } = machineFields;
const {
  failureDomainName: _name,
  uncompressedUserData: _userData,
  affinityGroupIDs,
  cloudstackAffinityRef,
  ...commonMachine
} = machineV1beta2;

const identityRef = object('Credentials; unused.', { kind: text('Kind.', { min: 1 }), name: text('Name.') }).optional();

const machineV1beta1 = {
  ...commonMachine,
  affinitygroupids: affinityGroupIDs,
  cloudstackaffinityref: cloudstackAffinityRef,
  zoneID: text('Id of the zone.').optional(),
  zoneName: text('Name of the zone.').optional(),
  identityRef,
};

const onlyReady = object('What exists of it.', { ready: ready.optional() });
const offeredDomains = dictionary(
  'Failure domains by name.',
  object('One failure domain.', {
    controlPlane: flag('Whether control-plane machines may be put here.').optional(),
    attributes: texts('What the provider adds, for itself.').optional(),
  }),
).optional();
const clusterStatus = { ready: ready.optional(), failureDomains: offeredDomains };

function versions(v1beta1: Shapes, v1beta2: Shapes, v1beta3: Shapes): readonly OtherVersion[] {
  return [
    { version: 'v1beta1', ...v1beta1 },
    { version: 'v1beta2', ...v1beta2 },
    { version: 'v1beta3', ...v1beta3 },
  ];
}

interface Shapes {
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
}

const domains = (domain: z.ZodType) => list('Places its machines may be in.', domain, { type: 'unset' });

export const clusterVersions = versions(
  {
    spec: object('Where a cluster stands.', {
      zones: list('Zones its machines may be in.', oldZone, { type: 'unset' }),
      account: text('Account to act as.').optional(),
      domain: text("Path of the account's domain.").optional(),
      identityRef,
      controlPlaneEndpoint: endpoint.optional(),
    }),
    status: object('What exists of it.', {
      ...clusterStatus,
      zones: dictionary('Zones by id.', oldZone).optional(),
      domainID: text('Id of the domain.').optional(),
      publicIPID: text("Id of the endpoint's public address.").optional(),
      publicIPNetworkID: text('Id of its network.').optional(),
      loadBalancerRuleID: text("Id of the API server's load balancer rule.").optional(),
    }),
  },
  {
    spec: object('Where a cluster stands.', {
      failureDomains: domains(failureDomainV1beta2),
      controlPlaneEndpoint: endpoint.optional(),
    }),
    status: object('What exists of it.', clusterStatus),
  },
  {
    spec: object('Where a cluster stands.', {
      failureDomains: domains(failureDomainSpec),
      controlPlaneEndpoint: endpoint.optional(),
      syncWithACS: flag("Whether the cluster is shown among CloudStack's own Kubernetes clusters.").optional(),
    }),
    status: object('What exists of it.', {
      ...clusterStatus,
      cloudStackClusterId: text("Id among CloudStack's own Kubernetes clusters.").optional(),
    }),
  },
);

export const failureDomainVersions = versions(
  { spec: failureDomainV1beta2 },
  { spec: failureDomainV1beta2, status: onlyReady },
  { spec: failureDomainSpec, status: onlyReady },
).slice(1);

const machineStatus = {
  ready: ready.optional(),
  addresses: list(
    'Addresses of the machine.',
    object('One address.', { type: text('What kind of address.'), address: text('The address.') }),
    { type: 'unset' },
  ).optional(),
  instanceState: text("State of the virtual machine, in CloudStack's words.").optional(),
  instanceStateLastUpdated: time('When that changed last.').optional(),
};
const outcome = {
  status: text('Success or Failure of the last step.').optional(),
  reason: text('Why it failed.').optional(),
};

const machineSpec = (fields: z.ZodRawShape) => object('The virtual machine.', fields);
const laterStatus = object('What exists of it.', { ...machineStatus, ...outcome });

export const machineVersions = versions(
  {
    spec: machineSpec(machineV1beta1),
    status: object('What exists of it.', { ...machineStatus, zoneID: text('Id of the zone.').optional() }),
  },
  { spec: machineSpec(machineV1beta2), status: laterStatus },
  { spec: machineSpec(machineFields), status: laterStatus },
);

const noStatus = object('Not used.', {});
const template = (fields: z.ZodRawShape) => ({
  spec: object('The template.', {
    template: object('What is copied.', {
      metadata: object('Labels and annotations of the copies.', {
        labels: texts('Labels the copies get.').optional(),
        annotations: texts('Annotations the copies get.').optional(),
      }).optional(),
      spec: machineSpec(fields),
    }),
  }),
  status: noStatus,
});

export const machineTemplateVersions = versions(
  template(machineV1beta1),
  template(machineV1beta2),
  template(machineFields),
);

const networkV1beta1 = {
  name: text('Its name.').optional(),
  id: text('Its id.').optional(),
  controlPlaneEndpoint: endpoint.optional(),
};
const networkV1beta2 = { ...networkV1beta1, failureDomainName: text('The failure domain it belongs to.') };
const networkStatus = {
  ready: ready.optional(),
  publicIPID: text("Id of the endpoint's public address.").optional(),
  loadBalancerRuleID: text("Id of the API server's load balancer rule.").optional(),
};

export const isolatedNetworkVersions = versions(
  { spec: object('The network.', networkV1beta1), status: object('What exists of it.', networkStatus) },
  { spec: object('The network.', networkV1beta2), status: object('What exists of it.', networkStatus) },
  {
    spec: object('The network.', {
      ...networkV1beta2,
      gateway: text('Gateway.').optional(),
      netmask: text('Netmask.').optional(),
      offering: text('Offering, when it is made.').optional(),
      vpc: vpc.optional(),
    }),
    status: object('What exists of it.', {
      ...networkStatus,
      routingMode: text('Static or Dynamic; empty: addresses are translated.').optional(),
      firewallRulesOpened: flag('Whether traffic to the outside is open.').optional(),
    }),
  },
);

const groupV1beta1 = {
  type: text('host affinity or host anti-affinity.').optional(),
  name: text('Its name.').optional(),
  id: text('Its id.').optional(),
};
const groupV1beta2 = {
  ...groupV1beta1,
  failureDomainName: text('The failure domain whose credentials are used.').optional(),
};
const groupShapes = { spec: object('The group.', groupV1beta2), status: onlyReady };

export const affinityGroupVersions = versions(
  { spec: object('The group.', groupV1beta1), status: onlyReady },
  groupShapes,
  groupShapes,
);

const checker = {
  spec: object('The machine.', { instanceID: text('Id of the virtual machine.').optional() }),
  status: onlyReady,
};

export const stateCheckerVersions = versions(checker, checker, checker);

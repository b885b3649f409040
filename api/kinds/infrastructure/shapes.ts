/** Shapes that kinds of the CloudStack provider share. Lengths are CloudStack's own: its names have 255. */
import type * as z from 'zod';
import { flag, int32, object, type Rule, text } from '../../schema';
import { DNS_SUBDOMAIN } from '../shapes';

/** A name or id in CloudStack, whose columns hold 255 characters. */
export function cloudText(about: string) {
  return text(about, { max: 255 });
}

/** `ready` of CAPC: true once, never taken back. Kept for its readers. */
export const ready = flag('Whether it was ready once.');

/** The first step of contract v1beta2. */
export const initialization = object('First steps, never taken back.', {
  provisioned: flag('Whether it was complete once.').optional(),
});

export const endpoint = object('Where the API server of the cluster is reached.', {
  host: text('Address or name; empty: a free public address is acquired.').optional(),
  port: int32('Port; 0: 6443.').optional(),
});

/** A thing of CloudStack by name or by id. */
interface Named {
  id?: string | undefined;
  name?: string | undefined;
}

export function isNamed(thing: Named): boolean {
  return (thing.id ?? '') !== '' || (thing.name ?? '') !== '';
}

export const namedRule: Rule<Named> = {
  cel: "(has(self.id) && self.id != '') || (has(self.name) && self.name != '')",
  message: 'must have a name or an id',
  reason: 'FieldValueRequired',
  holds: isNamed,
};

export const vpc = object('The VPC a network is a tier of.', {
  id: cloudText('Its id; wins over the name.').optional(),
  name: cloudText('Its name; made when no VPC has it.').optional(),
  cidr: cloudText('Range of a VPC that is made.').optional(),
  offering: cloudText('Offering of a VPC that is made; absent: Default VPC offering.').optional(),
});

/** What every version says about a network. */
const oldNetworkFields = {
  id: cloudText('Its id; used when no network has the name.').optional(),
  name: cloudText('Its name; an isolated network is made when none has it.').optional(),
  type: cloudText('Isolated, Shared or L2, as CloudStack says.').optional(),
};

export const oldNetwork = object('The network machines are attached to first.', oldNetworkFields);

const network = object(
  'The network machines are attached to first.',
  {
    ...oldNetworkFields,
    gateway: cloudText('Gateway of a network that is made.').optional(),
    netmask: cloudText('Netmask of a network that is made.').optional(),
    offering: cloudText('Offering of a network that is made.').optional(),
    routingMode: cloudText('Static or Dynamic; empty: addresses are translated.').optional(),
    vpc: vpc.optional(),
  },
  { rules: [namedRule] },
);

// `namespace` is reserved in CEL, so the API server knows the field by its escaped name.
const secretRule: Rule<{ name?: string | undefined; namespace?: string | undefined }> = {
  cel: "has(self.name) && self.name != '' && has(self.__namespace__) && self.__namespace__ != ''",
  message: 'must have a name and a namespace',
  reason: 'FieldValueRequired',
  holds: (secret) => (secret.name ?? '') !== '' && (secret.namespace ?? '') !== '',
};

const zoneFields = { id: cloudText('Id of the zone.').optional(), name: cloudText('Name of the zone.').optional() };

/** A zone as v1beta1 and v1beta2 know it. */
export const oldZone = object('Zone and network.', { ...zoneFields, network: oldNetwork });

/** A failure domain: in the spec of a cluster, and the spec of CloudStackFailureDomain. */
export const failureDomainFields = {
  name: text('Name machines refer to it by.', { min: 1, max: 253, pattern: DNS_SUBDOMAIN }),
  zone: object('Zone and network.', { ...zoneFields, network }),
  account: cloudText('Account to act as; needs rights over its domain.').optional(),
  domain: cloudText("Path of the account's domain, with or without ROOT/.").optional(),
  project: cloudText('Name of the project everything is made in.').optional(),
  acsEndpoint: object(
    'The Secret with the CloudStack credentials.',
    {
      name: cloudText('Its name.').optional(),
      namespace: cloudText('Its namespace.').optional(),
    },
    { atomic: true, rules: [secretRule] },
  ),
};

export const failureDomainSpec = object('A place that fails independently of others.', failureDomainFields);

export type FailureDomainSpec = z.infer<typeof failureDomainSpec>;
export type NetworkSpec = z.infer<typeof network>;
export type VpcSpec = z.infer<typeof vpc>;

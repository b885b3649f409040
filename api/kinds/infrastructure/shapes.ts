/** Shapes that kinds of the CloudStack provider share. No lengths are limited: CAPC never did (`capc.md` 1.1). */
import type * as z from 'zod';
import { flag, int32, object, type Rule, text } from '../../schema';

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
  holds: isNamed,
};

export const vpc = object('The VPC a network is a tier of.', {
  id: text('Its id; wins over the name.').optional(),
  name: text('Its name; made when no VPC has it.').optional(),
  cidr: text('Range of a VPC that is made.').optional(),
  offering: text('Offering of a VPC that is made; absent: Default VPC offering.').optional(),
});

const network = object(
  'The network machines are attached to first.',
  {
    id: text('Its id; used when no network has the name.').optional(),
    name: text('Its name; an isolated network is made when none has it.').optional(),
    type: text('Isolated, Shared or L2, as CloudStack says.').optional(),
    gateway: text('Gateway of a network that is made.').optional(),
    netmask: text('Netmask of a network that is made.').optional(),
    offering: text('Offering of a network that is made.').optional(),
    routingMode: text('Static or Dynamic; empty: addresses are translated.').optional(),
    vpc: vpc.optional(),
  },
  { rules: [namedRule] },
);

/** A failure domain: in the spec of a cluster, and the spec of CloudStackFailureDomain. */
export const failureDomainFields = {
  name: text('Name machines refer to it by.'),
  zone: object('Zone and network.', {
    id: text('Id of the zone.').optional(),
    name: text('Name of the zone.').optional(),
    network,
  }),
  account: text('Account to act as; needs rights over its domain.').optional(),
  domain: text("Path of the account's domain, with or without ROOT/.").optional(),
  project: text('Name of the project everything is made in.').optional(),
  acsEndpoint: object(
    'The Secret with the CloudStack credentials.',
    {
      name: text('Its name.').optional(),
      namespace: text('Its namespace.').optional(),
    },
    { atomic: true },
  ),
};

export const failureDomainSpec = object('A place that fails independently of others.', failureDomainFields);

export type FailureDomainSpec = z.infer<typeof failureDomainSpec>;
export type NetworkSpec = z.infer<typeof network>;
export type VpcSpec = z.infer<typeof vpc>;

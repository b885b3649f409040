/** The spec of CloudStackMachine, also inside its template. */
import type * as z from 'zod';
import { flag, int64, list, object, type Rule, text, texts } from '../../schema';
import { frozen, frozenBelow } from './frozen';
import { namedRule } from './shapes';

const id = text('Its id; wins over the name.').optional();
const name = text('Its name.').optional();
const named = (about: string) => object(about, { id, name }, { rules: [namedRule] });

const diskOffering = object('Offering of one data disk.', {
  id,
  name,
  customSizeInGB: int64('Size in GB, when the offering leaves it open.', { min: 0 }).optional(),
  mountPath: text('Where it is mounted; a note only, mounting is up to cloud-init.').optional(),
  device: text('Its device; a note only.').optional(),
  filesystem: text('Its file system; a note only.').optional(),
  label: text('Label of its file system; a note only.').optional(),
});

const nic = object('A network interface.', {
  name: text('Name of its network.'),
  id: text('Id of its network; wins over the name.').optional(),
  ip: text('Static IPv4 address.').optional(),
});

export const machineFields = {
  name: text('Unused; kept for CAPC.').optional(),
  id: text('Unused; kept for CAPC.').optional(),
  instanceID: text('Id of the virtual machine, written by the provider.').optional(),
  offering: named('Its compute offering.'),
  template: named('Its template.'),
  diskOffering: diskOffering.optional(),
  networks: list('Its network interfaces; absent: one, in the network of the failure domain.', nic).optional(),
  sshKey: text('Name of an SSH key pair in CloudStack.').optional(),
  details: texts('Details for deployVirtualMachine.').optional(),
  affinityGroupIDs: list('Affinity groups that exist already.', text('Id of a group.')).optional(),
  affinity: text('pro, anti or no: a group the provider looks after.').optional(),
  cloudstackAffinityRef: object(
    'The affinity group in use, written by the provider.',
    {
      apiVersion: text('API version.').optional(),
      kind: text('Kind.').optional(),
      namespace: text('Namespace.').optional(),
      name: text('Name.').optional(),
      uid: text('UID.').optional(),
      resourceVersion: text('Resource version.').optional(),
      fieldPath: text('Field.').optional(),
    },
    { atomic: true },
  ).optional(),
  providerID: text('cloudstack:/// and the id of the virtual machine, written by the provider.').optional(),
  failureDomainName: text('Its failure domain; absent: the provider picks one.').optional(),
  uncompressedUserData: flag('Whether user data is delivered without gzip, as Ignition needs.').optional(),
};

interface Affinities {
  affinity?: string | undefined;
  affinityGroupIDs?: string[] | undefined;
}

const MANAGED_AFFINITY = '^([pP][rR][oO]|[aA][nN][tT][iI])$';

const affinityIsKnown: Rule<Affinities> = {
  cel: "!has(self.affinity) || self.affinity.matches('^([nN][oO]|[pP][rR][oO]|[aA][nN][tT][iI])?$')",
  message: 'must be pro, anti, no or empty',
  field: 'affinity',
  holds: ({ affinity }) => ['', 'no', 'pro', 'anti'].includes((affinity ?? '').toLowerCase()),
};

const oneAffinity: Rule<Affinities> = {
  cel: `!has(self.affinityGroupIDs) || self.affinityGroupIDs.size() == 0 || !has(self.affinity) || !self.affinity.matches('${MANAGED_AFFINITY}')`,
  message: 'cannot be set beside affinity pro or anti',
  field: 'affinityGroupIDs',
  reason: 'FieldValueForbidden',
  holds: ({ affinity, affinityGroupIDs }) =>
    (affinityGroupIDs ?? []).length === 0 || !new RegExp(MANAGED_AFFINITY).test(affinity ?? ''),
};

/** What a running machine was made from; a change needs a new machine. */
const rules = [
  affinityIsKnown,
  oneAffinity,
  frozen('offering'),
  frozen('template'),
  frozenBelow('diskOffering', 'id', "''"),
  frozenBelow('diskOffering', 'name', "''"),
  frozenBelow('diskOffering', 'mountPath', "''"),
  frozenBelow('diskOffering', 'device', "''"),
  frozenBelow('diskOffering', 'filesystem', "''"),
  frozenBelow('diskOffering', 'label', "''"),
  frozen('sshKey', "''"),
  frozen('details', '{}'),
  frozen('affinity', "''"),
  frozen('affinityGroupIDs', '[]'),
];

export const cloudStackMachineSpec = object('The virtual machine.', machineFields, { rules });

export type CloudStackMachineSpec = z.infer<typeof cloudStackMachineSpec>;

import type { PrinterColumn } from '../../define-kind';
import { defineKind, type ObjectOf } from '../../define-kind';
import { list, object, text, time } from '../../schema';
import { conditions } from '../shapes';
import { cloudStackMachineSpec } from './cloudstack-machine-spec';
import { infrastructure } from './group';
import { machineVersions } from './old-versions';
import { initialization, ready } from './shapes';

const status = object('What exists of it.', {
  conditions: conditions.optional(),
  initialization: initialization.optional(),
  ready: ready.optional(),
  addresses: list(
    'Addresses of the machine, in the order of its interfaces.',
    object('One address.', { type: text('What kind of address.'), address: text('The address.') }),
  ).optional(),
  failureDomain: text('The failure domain the machine is in.').optional(),
  instanceState: text("State of the virtual machine, in CloudStack's words.").optional(),
  instanceStateLastUpdated: time('When that changed last.').optional(),
  status: text('Success or Failure of the last step, as CAPC wrote it.').optional(),
  reason: text('Why it failed.').optional(),
});

/** The columns CAPC shows, and the age. */
const printerColumns: readonly PrinterColumn[] = [
  { name: 'Cluster', type: 'string', jsonPath: '.metadata.labels.cluster\\.x-k8s\\.io/cluster-name' },
  { name: 'InstanceState', type: 'string', jsonPath: '.status.instanceState' },
  { name: 'Ready', type: 'string', jsonPath: '.status.ready' },
  { name: 'ProviderID', type: 'string', jsonPath: '.spec.providerID' },
  { name: 'Machine', type: 'string', jsonPath: '.metadata.ownerReferences[?(@.kind=="Machine")].name' },
];

export const CloudStackMachine = defineKind({
  ...infrastructure,
  otherVersions: machineVersions,
  kind: 'CloudStackMachine',
  plural: 'cloudstackmachines',
  about: 'One virtual machine in CloudStack.',
  shortNames: ['csm'],
  categories: ['cluster-api'],
  spec: cloudStackMachineSpec,
  status,
  printerColumns,
});

export type CloudStackMachine = ObjectOf<typeof CloudStackMachine>;

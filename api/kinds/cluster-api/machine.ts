import type { ObjectMeta } from '../../../machinery/kube-object';
import { defineKind, type ObjectOf } from '../../define-kind';
import { flag, int64, list, object, oneOf, text, time } from '../../schema';
import { conditions, DNS_SUBDOMAIN, deprecated, deprecatedFailure, observedGeneration } from '../shapes';
import { age, clusterApi, paused } from './group';
import { machineSpec } from './machine-spec';
import { defaultClusterLabel, defaultTemplateVersion } from './pool-defaults';

const nodeInfo = object('What the kubelet says about its host.', {
  machineID: text('machine-id of the host.'),
  systemUUID: text('UUID of the hardware.'),
  bootID: text('Changes with every boot.'),
  kernelVersion: text('Version of the kernel.'),
  osImage: text('Name of the operating system.'),
  containerRuntimeVersion: text('Container runtime and its version.'),
  kubeletVersion: text('Version of the kubelet.'),
  kubeProxyVersion: text('Version of kube-proxy.'),
  operatingSystem: text('Family of the operating system.'),
  architecture: text('Architecture of the processor.'),
  swap: object('Swap space.', { capacity: int64('Bytes.').optional() }).optional(),
});

const status = object(
  'What the machine is.',
  {
    conditions: conditions.optional(),
    initialization: object(
      'First steps, never taken back.',
      {
        infrastructureProvisioned: flag('The virtual machine exists.').optional(),
        bootstrapDataSecretCreated: flag('The bootstrap data exists.').optional(),
      },
      { minProperties: 1 },
    ).optional(),
    nodeRef: object('The Node of this machine.', {
      name: text('Name of the Node.', { min: 1, max: 253, pattern: DNS_SUBDOMAIN }),
    }).optional(),
    nodeInfo: nodeInfo.optional(),
    lastUpdated: time('When the phase changed last.').optional(),
    failureDomain: text('The failure domain the machine really is in.', { min: 1, max: 256 }).optional(),
    addresses: list(
      'Addresses of the machine.',
      object('One address.', {
        type: oneOf('What kind of address.', ['Hostname', 'ExternalIP', 'InternalIP', 'ExternalDNS', 'InternalDNS']),
        address: text('The address.', { min: 1, max: 256 }),
      }),
      { max: 256 },
    ).optional(),
    phase: oneOf('Where the machine is in its life.', [
      'Pending',
      'Provisioning',
      'Provisioned',
      'Running',
      'Updating',
      'Deleting',
      'Deleted',
      'Failed',
      'Unknown',
    ]).optional(),
    certificatesExpiryDate: time('When the certificates of a control-plane machine expire.').optional(),
    observedGeneration: observedGeneration.optional(),
    deletion: object('When the steps of deletion began.', {
      nodeDrainStartTime: time('Draining began.').optional(),
      waitForNodeVolumeDetachStartTime: time('Waiting for volumes began.').optional(),
      waitForPreDrainHookStartTime: time('Waiting for pre-drain hooks began.').optional(),
      waitForPreTerminateHookStartTime: time('Waiting for pre-terminate hooks began.').optional(),
    }).optional(),
    deprecated: deprecated(deprecatedFailure).optional(),
  },
  { minProperties: 1 },
);

/** Before validation nothing of a spec can be counted on. */
interface MachineDraft {
  metadata: ObjectMeta;
  spec?:
    | {
        clusterName?: string | undefined;
        version?: string | undefined;
        deletion?: { nodeDeletionTimeoutSeconds?: number | undefined } | undefined;
      }
    | undefined;
}

export const Machine = defineKind(
  {
    ...clusterApi,
    kind: 'Machine',
    plural: 'machines',
    about: 'One machine of a cluster, from its creation to its deletion.',
    shortNames: ['ma'],
    spec: machineSpec,
    status,
    printerColumns: [
      { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterName' },
      { name: 'Node Name', type: 'string', jsonPath: '.status.nodeRef.name' },
      { name: 'Provider ID', type: 'string', jsonPath: '.spec.providerID', priority: 10 },
      { name: 'Failure domain', type: 'string', jsonPath: '.status.failureDomain' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Available', type: 'string', jsonPath: '.status.conditions[?(@.type=="Available")].status' },
      { name: 'Up-to-date', type: 'string', jsonPath: '.status.conditions[?(@.type=="UpToDate")].status' },
      {
        name: 'Internal-IP',
        type: 'string',
        jsonPath: '.status.addresses[?(@.type=="InternalIP")].address',
        priority: 10,
      },
      {
        name: 'External-IP',
        type: 'string',
        jsonPath: '.status.addresses[?(@.type=="ExternalIP")].address',
        priority: 10,
      },
      { name: 'OS-Image', type: 'string', jsonPath: '.status.nodeInfo.osImage', priority: 10 },
      paused,
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      age,
      { name: 'Version', type: 'string', jsonPath: '.spec.version' },
    ],
  },
  (machine: MachineDraft) => {
    const { spec } = machine;
    if (spec === undefined) return;
    defaultClusterLabel(machine);
    defaultTemplateVersion(machine);
    spec.deletion ??= {};
    spec.deletion.nodeDeletionTimeoutSeconds ??= DEFAULT_NODE_DELETION_TIMEOUT_SECONDS;
  },
);

export type Machine = ObjectOf<typeof Machine>;

/** How long deleting a Node may take when the machine does not say (`capi.md` 2.2). */
export const DEFAULT_NODE_DELETION_TIMEOUT_SECONDS = 10;

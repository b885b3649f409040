import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { mapAt, mapsAt } from '../builtins/strategy';
import { age, at, type Cells, column, count, createdAt, NONE, or, selectorText, size, text } from './cells';
import { eventCells } from './event-cells';

const containers =
  (field: 'name' | 'image') =>
  (object: KubeObject): string =>
    mapsAt(mapAt(mapAt(mapAt(object, 'spec'), 'template'), 'spec'), 'containers')
      .map((container) => String(container[field]))
      .join(',');

const workloadWide: readonly Cells[] = [
  column('Containers', containers('name')),
  column('Images', containers('image')),
  column('Selector', selectorText('spec', 'selector')),
];

function podStatus(pod: KubeObject): string {
  const status = mapAt(pod, 'status');
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  let reason = String(status['reason'] ?? status['phase'] ?? 'Unknown');
  for (const container of mapsAt(status, 'containerStatuses')) {
    const state = mapAt(container, 'state');
    const waiting = mapAt(state, 'waiting')['reason'];
    const terminated = mapAt(state, 'terminated')['reason'];
    if (waiting !== undefined) reason = String(waiting);
    else if (terminated !== undefined) reason = String(terminated);
  }
  return reason;
}

function nodeStatus(node: KubeObject): string {
  const ready = mapsAt(mapAt(node, 'status'), 'conditions').find((condition) => condition['type'] === 'Ready');
  const base = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return mapAt(node, 'spec')['unschedulable'] === true ? `${base},SchedulingDisabled` : base;
}

const ROLE = 'node-role.kubernetes.io/';
const nodeRoles = (node: KubeObject): string =>
  Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(ROLE))
    .map((label) => label.slice(ROLE.length))
    .sort()
    .join(',') || NONE;

const nodeAddress =
  (type: string) =>
  (node: KubeObject): string =>
    String(mapsAt(mapAt(node, 'status'), 'addresses').find((address) => address['type'] === type)?.['address'] ?? NONE);

const servicePorts = (service: KubeObject): string =>
  mapsAt(mapAt(service, 'spec'), 'ports')
    .map(
      (port) =>
        `${String(port['port'])}${port['nodePort'] === undefined ? '' : `:${String(port['nodePort'])}`}/${String(port['protocol'])}`,
    )
    .join(',') || NONE;

/** Addresses with ports: the first three, and how many more there are. */
function endpoints(object: KubeObject): string {
  const all = mapsAt(object, 'subsets').flatMap((subset) => {
    const addresses = mapsAt(subset, 'addresses').map((address) => String(address['ip']));
    const ports = mapsAt(subset, 'ports').map((port) => String(port['port']));
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((address) => `${address}:${port}`));
  });
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown || NONE;
}

const ACCESS_MODES: { readonly [mode: string]: string } = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(part: 'spec' | 'status') {
  return (volume: KubeObject): string => {
    const modes = mapAt(volume, part)['accessModes'];
    const given: readonly unknown[] = Array.isArray(modes) ? modes : [];
    return Object.entries(ACCESS_MODES)
      .filter(([mode]) => given.includes(mode))
      .map(([, short]) => short)
      .join(',');
  };
}

function readinessGates(pod: KubeObject): string {
  const gates = mapsAt(mapAt(pod, 'spec'), 'readinessGates');
  if (gates.length === 0) return NONE;
  const conditions = mapsAt(mapAt(pod, 'status'), 'conditions');
  const passed = gates.filter((gate) =>
    conditions.some(({ type, status }) => type === gate['conditionType'] && status === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}

const replicas = (field: string) => count('status', field);
const roleOf = (binding: KubeObject): string => {
  const role = mapAt(binding, 'roleRef');
  return `${String(role['kind'])}/${String(role['name'])}`;
};
const subjects =
  (kind: string) =>
  (binding: KubeObject): string =>
    mapsAt(binding, 'subjects')
      .filter((subject) => subject['kind'] === kind)
      .map((subject) =>
        kind === 'ServiceAccount'
          ? `${String(subject['namespace'])}/${String(subject['name'])}`
          : String(subject['name']),
      )
      .join(', ');
const bindings: readonly Cells[] = [
  column('Role', roleOf),
  age,
  column('Users', subjects('User')),
  column('Groups', subjects('Group')),
  column('ServiceAccounts', subjects('ServiceAccount')),
];

/** By `group/resource`; a column that is called Name shows just that. */
export const builtinCells: { readonly [resource: string]: readonly Cells[] } = {
  '/pods': [
    column('Ready', (pod) => {
      const total = mapsAt(mapAt(pod, 'spec'), 'containers').length;
      const ready = mapsAt(mapAt(pod, 'status'), 'containerStatuses').filter(
        (status) => status['ready'] === true,
      ).length;
      return `${ready}/${total}`;
    }),
    column('Status', podStatus),
    column('Restarts', (pod) =>
      String(
        mapsAt(mapAt(pod, 'status'), 'containerStatuses').reduce(
          (sum, status) => sum + Number(status['restartCount'] ?? 0),
          0,
        ),
      ),
    ),
    age,
    column('IP', text('status', 'podIP')),
    column('Node', text('spec', 'nodeName')),
    column('Nominated Node', text('status', 'nominatedNodeName')),
    column('Readiness Gates', readinessGates),
  ],
  '/nodes': [
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    age,
    column('Version', at('status', 'nodeInfo', 'kubeletVersion')),
    column('Internal-IP', nodeAddress('InternalIP')),
    column('External-IP', nodeAddress('ExternalIP')),
    column('OS-Image', or('<unknown>', 'status', 'nodeInfo', 'osImage')),
    column('Kernel-Version', or('<unknown>', 'status', 'nodeInfo', 'kernelVersion')),
    column('Container-Runtime', or('<unknown>', 'status', 'nodeInfo', 'containerRuntimeVersion')),
  ],
  '/namespaces': [column('Status', at('status', 'phase')), age],
  '/secrets': [column('Type', at('type')), column('Data', size('data')), age],
  '/configmaps': [column('Data', size('data', 'binaryData')), age],
  '/serviceaccounts': [column('Secrets', size('secrets')), age],
  '/services': [
    column('Type', at('spec', 'type')),
    column('Cluster-IP', text('spec', 'clusterIP')),
    column('External-IP', (service) => {
      const addresses = mapsAt(mapAt(mapAt(service, 'status'), 'loadBalancer'), 'ingress').map((entry) =>
        String(entry['ip'] ?? entry['hostname']),
      );
      if (addresses.length > 0) return addresses.join(',');
      return valueAt(service, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : NONE;
    }),
    column('Port(s)', servicePorts),
    age,
    column('Selector', selectorText('spec', 'selector')),
  ],
  '/endpoints': [column('Endpoints', endpoints), age],
  '/events': eventCells,
  'events.k8s.io/events': eventCells,
  '/persistentvolumes': [
    column('Capacity', or('', 'spec', 'capacity', 'storage')),
    column('Access Modes', accessModes('spec')),
    column('Reclaim Policy', or('', 'spec', 'persistentVolumeReclaimPolicy')),
    column('Status', or('', 'status', 'phase')),
    column('Claim', (volume) => {
      const claim = mapAt(mapAt(volume, 'spec'), 'claimRef');
      return claim['name'] === undefined ? '' : `${String(claim['namespace'])}/${String(claim['name'])}`;
    }),
    column('StorageClass', or('', 'spec', 'storageClassName')),
    column('VolumeAttributesClass', or('<unset>', 'spec', 'volumeAttributesClassName')),
    column('Reason', or('', 'status', 'reason')),
    age,
    column('VolumeMode', or('<unset>', 'spec', 'volumeMode')),
  ],
  '/persistentvolumeclaims': [
    column('Status', or('', 'status', 'phase')),
    column('Volume', or('', 'spec', 'volumeName')),
    column('Capacity', or('', 'status', 'capacity', 'storage')),
    // Those it got, not those it asks for.
    column('Access Modes', accessModes('status')),
    column('StorageClass', or('', 'spec', 'storageClassName')),
    column('VolumeAttributesClass', or('<unset>', 'spec', 'volumeAttributesClassName')),
    age,
    column('VolumeMode', or('<unset>', 'spec', 'volumeMode')),
  ],
  'apps/deployments': [
    column('Ready', (object) => `${replicas('readyReplicas')(object)}/${count('spec', 'replicas')(object)}`),
    column('Up-to-date', replicas('updatedReplicas')),
    column('Available', replicas('availableReplicas')),
    age,
    ...workloadWide,
  ],
  'apps/replicasets': [
    column('Desired', count('spec', 'replicas')),
    column('Current', replicas('replicas')),
    column('Ready', replicas('readyReplicas')),
    age,
    ...workloadWide,
  ],
  'apps/daemonsets': [
    column('Desired', replicas('desiredNumberScheduled')),
    column('Current', replicas('currentNumberScheduled')),
    column('Ready', replicas('numberReady')),
    column('Up-to-date', replicas('updatedNumberScheduled')),
    column('Available', replicas('numberAvailable')),
    column('Node Selector', selectorText('spec', 'template', 'spec', 'nodeSelector')),
    age,
    ...workloadWide,
  ],
  'apps/statefulsets': [
    column('Ready', (object) => `${replicas('readyReplicas')(object)}/${count('spec', 'replicas')(object)}`),
    age,
    column('Containers', containers('name')),
    column('Images', containers('image')),
  ],
  'coordination.k8s.io/leases': [column('Holder', at('spec', 'holderIdentity')), age],
  'policy/poddisruptionbudgets': [
    column('Min Available', (object) => String(valueAt(object, 'spec', 'minAvailable') ?? 'N/A')),
    column('Max Unavailable', (object) => String(valueAt(object, 'spec', 'maxUnavailable') ?? 'N/A')),
    column('Allowed Disruptions', replicas('disruptionsAllowed')),
    age,
  ],
  'storage.k8s.io/volumeattachments': [
    column('Attacher', at('spec', 'attacher')),
    column('PV', at('spec', 'source', 'persistentVolumeName')),
    column('Node', at('spec', 'nodeName')),
    column('Attached', (object) => valueAt(object, 'status', 'attached') === true),
    age,
  ],
  'rbac.authorization.k8s.io/roles': [createdAt],
  'rbac.authorization.k8s.io/clusterroles': [createdAt],
  'rbac.authorization.k8s.io/rolebindings': bindings,
  'rbac.authorization.k8s.io/clusterrolebindings': bindings,
  'apiextensions.k8s.io/customresourcedefinitions': [createdAt],
  'admissionregistration.k8s.io/validatingwebhookconfigurations': [column('Webhooks', size('webhooks')), age],
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': [column('Webhooks', size('webhooks')), age],
};

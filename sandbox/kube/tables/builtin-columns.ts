import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { formatSelector, type LabelSelector } from '../../../machinery/selectors';
import { mapAt, mapsAt } from '../builtins/strategy';
import { ageOf } from './age';

/** A column of a Table and how its cells are made. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  /** Above 0: shown with `-o wide` only. */
  readonly priority?: number | undefined;
  cell(object: KubeObject, nowMs: number): unknown;
}

const NONE = '<none>';

const age: Column = {
  name: 'Age',
  type: 'string',
  cell: (object, nowMs) => ageOf(object.metadata.creationTimestamp, nowMs),
};
const createdAt: Column = {
  name: 'Created At',
  type: 'date',
  cell: (object) => object.metadata.creationTimestamp ?? '',
};

const at =
  (...path: readonly (string | number)[]) =>
  (object: KubeObject): unknown =>
    valueAt(object, ...path);
const text =
  (...path: readonly (string | number)[]) =>
  (object: KubeObject): string => {
    const value = valueAt(object, ...path);
    return value === undefined || value === null || value === '' ? NONE : String(value);
  };
const count =
  (...path: readonly (string | number)[]) =>
  (object: KubeObject): number => {
    const value = valueAt(object, ...path);
    return typeof value === 'number' ? value : 0;
  };
const size =
  (...fields: readonly string[]) =>
  (object: KubeObject): number =>
    fields.reduce((sum, field) => {
      const value = object[field];
      return sum + (Array.isArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : 0);
    }, 0);
const string = (name: string, cell: Column['cell'], priority = 0): Column => ({ name, type: 'string', priority, cell });
const integer = (name: string, cell: Column['cell']): Column => ({ name, type: 'integer', cell });
/** A count whose column calls itself a text. */
const asText = (name: string, cell: Column['cell']): Column => ({ name, type: 'string', cell });

const selectorText =
  (...path: readonly string[]) =>
  (object: KubeObject): string => {
    const value = valueAt(object, ...path);
    if (!isJsonObject(value)) return NONE;
    const selector = (
      'matchLabels' in value || 'matchExpressions' in value ? value : { matchLabels: value }
    ) as LabelSelector;
    return formatSelector(selector) || NONE;
  };

const containers =
  (field: 'name' | 'image') =>
  (object: KubeObject): string =>
    mapsAt(mapAt(mapAt(mapAt(object, 'spec'), 'template'), 'spec'), 'containers')
      .map((container) => String(container[field]))
      .join(',');

const workloadWide: readonly Column[] = [
  string('Containers', containers('name'), 1),
  string('Images', containers('image'), 1),
  string('Selector', selectorText('spec', 'selector'), 1),
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

const eventObject = (event: KubeObject): string => {
  const object = mapAt(event, event['regarding'] === undefined ? 'involvedObject' : 'regarding');
  return `${String(object['kind'] ?? '').toLowerCase()}/${String(object['name'] ?? '')}`;
};
const eventAge = (event: KubeObject, nowMs: number): string =>
  ageOf(
    event['lastTimestamp'] ?? event['deprecatedLastTimestamp'] ?? event['eventTime'] ?? event['firstTimestamp'],
    nowMs,
  );
const events: readonly Column[] = [
  string('Last Seen', eventAge),
  string('Type', (event) => event['type'] ?? ''),
  string('Reason', (event) => event['reason'] ?? ''),
  string('Object', eventObject),
  string('Subobject', (event) => mapAt(event, 'involvedObject')['fieldPath'] ?? '', 1),
  string('Source', (event) => mapAt(event, 'source')['component'] ?? event['reportingComponent'] ?? '', 1),
  string('Message', (event) => String(event['message'] ?? event['note'] ?? '').trim()),
  string('First Seen', (event, nowMs) => ageOf(event['firstTimestamp'] ?? event['eventTime'], nowMs), 1),
  string('Count', (event) => String(event['count'] ?? event['deprecatedCount'] ?? 1), 1),
  string('Name', (event) => event.metadata.name, 1),
];

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
const bindings: readonly Column[] = [
  string('Role', roleOf),
  age,
  string('Users', subjects('User'), 1),
  string('Groups', subjects('Group'), 1),
  string('ServiceAccounts', subjects('ServiceAccount'), 1),
];

/** Columns behind the name, by `group/resource`. */
export const builtinColumns: { readonly [resource: string]: readonly Column[] } = {
  '/pods': [
    string('Ready', (pod) => {
      const total = mapsAt(mapAt(pod, 'spec'), 'containers').length;
      const ready = mapsAt(mapAt(pod, 'status'), 'containerStatuses').filter(
        (status) => status['ready'] === true,
      ).length;
      return `${ready}/${total}`;
    }),
    string('Status', podStatus),
    string('Restarts', (pod) =>
      String(
        mapsAt(mapAt(pod, 'status'), 'containerStatuses').reduce(
          (sum, status) => sum + Number(status['restartCount'] ?? 0),
          0,
        ),
      ),
    ),
    age,
    string('IP', text('status', 'podIP'), 1),
    string('Node', text('spec', 'nodeName'), 1),
    string('Nominated Node', text('status', 'nominatedNodeName'), 1),
    string('Readiness Gates', () => NONE, 1),
  ],
  '/nodes': [
    string('Status', nodeStatus),
    string('Roles', nodeRoles),
    age,
    string('Version', at('status', 'nodeInfo', 'kubeletVersion')),
    string('Internal-IP', nodeAddress('InternalIP'), 1),
    string('External-IP', nodeAddress('ExternalIP'), 1),
    string('OS-Image', text('status', 'nodeInfo', 'osImage'), 1),
    string('Kernel-Version', text('status', 'nodeInfo', 'kernelVersion'), 1),
    string('Container-Runtime', text('status', 'nodeInfo', 'containerRuntimeVersion'), 1),
  ],
  '/namespaces': [string('Status', at('status', 'phase')), age],
  '/secrets': [string('Type', at('type')), { ...integer('Data', size('data')), type: 'string' }, age],
  '/configmaps': [{ ...integer('Data', size('data', 'binaryData')), type: 'string' }, age],
  '/serviceaccounts': [{ ...integer('Secrets', size('secrets')), type: 'string' }, age],
  '/services': [
    string('Type', at('spec', 'type')),
    string('Cluster-IP', text('spec', 'clusterIP')),
    string('External-IP', (service) => {
      const addresses = mapsAt(mapAt(mapAt(service, 'status'), 'loadBalancer'), 'ingress').map((entry) =>
        String(entry['ip'] ?? entry['hostname']),
      );
      if (addresses.length > 0) return addresses.join(',');
      return valueAt(service, 'spec', 'type') === 'LoadBalancer' ? '<pending>' : NONE;
    }),
    string('Port(s)', servicePorts),
    age,
    string('Selector', selectorText('spec', 'selector'), 1),
  ],
  '/endpoints': [
    string(
      'Endpoints',
      (object) =>
        mapsAt(object, 'subsets')
          .flatMap((subset) =>
            mapsAt(subset, 'addresses').flatMap((address) =>
              mapsAt(subset, 'ports').map((port) => `${String(address['ip'])}:${String(port['port'])}`),
            ),
          )
          .join(',') || NONE,
    ),
    age,
  ],
  '/events': events,
  'events.k8s.io/events': events,
  '/persistentvolumes': [
    string('Capacity', at('spec', 'capacity', 'storage')),
    string('Access Modes', (volume) => String(valueAt(volume, 'spec', 'accessModes') ?? '')),
    string('Reclaim Policy', at('spec', 'persistentVolumeReclaimPolicy')),
    string('Status', at('status', 'phase')),
    string('Claim', (volume) => {
      const claim = mapAt(mapAt(volume, 'spec'), 'claimRef');
      return claim['name'] === undefined ? '' : `${String(claim['namespace'])}/${String(claim['name'])}`;
    }),
    string('StorageClass', at('spec', 'storageClassName')),
    age,
  ],
  '/persistentvolumeclaims': [
    string('Status', at('status', 'phase')),
    string('Volume', at('spec', 'volumeName')),
    string('Capacity', at('status', 'capacity', 'storage')),
    string('Access Modes', (claim) => String(valueAt(claim, 'spec', 'accessModes') ?? '')),
    string('StorageClass', at('spec', 'storageClassName')),
    age,
  ],
  'apps/deployments': [
    string('Ready', (object) => `${replicas('readyReplicas')(object)}/${count('spec', 'replicas')(object)}`),
    asText('Up-to-date', replicas('updatedReplicas')),
    asText('Available', replicas('availableReplicas')),
    age,
    ...workloadWide,
  ],
  'apps/replicasets': [
    integer('Desired', count('spec', 'replicas')),
    integer('Current', replicas('replicas')),
    integer('Ready', replicas('readyReplicas')),
    age,
    ...workloadWide,
  ],
  'apps/daemonsets': [
    integer('Desired', replicas('desiredNumberScheduled')),
    integer('Current', replicas('currentNumberScheduled')),
    integer('Ready', replicas('numberReady')),
    integer('Up-to-date', replicas('updatedNumberScheduled')),
    integer('Available', replicas('numberAvailable')),
    string('Node Selector', selectorText('spec', 'template', 'spec', 'nodeSelector')),
    age,
    ...workloadWide,
  ],
  'apps/statefulsets': [
    string('Ready', (object) => `${replicas('readyReplicas')(object)}/${count('spec', 'replicas')(object)}`),
    age,
    string('Containers', containers('name'), 1),
    string('Images', containers('image'), 1),
  ],
  'coordination.k8s.io/leases': [string('Holder', at('spec', 'holderIdentity')), age],
  'policy/poddisruptionbudgets': [
    string('Min Available', (object) => String(valueAt(object, 'spec', 'minAvailable') ?? 'N/A')),
    string('Max Unavailable', (object) => String(valueAt(object, 'spec', 'maxUnavailable') ?? 'N/A')),
    integer('Allowed Disruptions', replicas('disruptionsAllowed')),
    age,
  ],
  'storage.k8s.io/volumeattachments': [
    string('Attacher', at('spec', 'attacher')),
    string('PV', at('spec', 'source', 'persistentVolumeName')),
    string('Node', at('spec', 'nodeName')),
    { name: 'Attached', type: 'boolean', cell: (object) => valueAt(object, 'status', 'attached') === true },
    age,
  ],
  'rbac.authorization.k8s.io/roles': [createdAt],
  'rbac.authorization.k8s.io/clusterroles': [createdAt],
  'rbac.authorization.k8s.io/rolebindings': bindings,
  'rbac.authorization.k8s.io/clusterrolebindings': bindings,
  'apiextensions.k8s.io/customresourcedefinitions': [createdAt],
  'admissionregistration.k8s.io/validatingwebhookconfigurations': [integer('Webhooks', size('webhooks')), age],
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': [integer('Webhooks', size('webhooks')), age],
};

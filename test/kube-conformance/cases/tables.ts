import { at, type Scene } from '../scene';
import type { Topic } from '../topic';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const labels = { a: 'b', c: 'd' };
const workload = {
  selector: { matchLabels: labels },
  template: {
    metadata: { labels },
    spec: {
      nodeSelector: { x: 'y' },
      containers: [
        { name: 'c', image: 'i' },
        { name: 'd', image: 'j' },
      ],
    },
  },
};

/** `apiVersion`, plural and fields of an object of each kind that prints itself in columns of its own. */
const objects = (s: Scene): readonly (readonly [apiVersion: string, plural: string, fields: object])[] => [
  ['v1', 'configmaps', { data: { a: '1', b: '2' } }],
  ['v1', 'secrets', { stringData: { a: '1' } }],
  ['v1', 'serviceaccounts', {}],
  [
    'v1',
    'services',
    {
      spec: {
        clusterIP: 'None',
        selector: labels,
        ports: [
          { port: 80, name: 'p' },
          { port: 53, protocol: 'UDP', name: 'q' },
        ],
      },
    },
  ],
  [
    'v1',
    'endpoints',
    {
      subsets: [
        {
          addresses: [{ ip: '1.2.3.4' }, { ip: '1.2.3.5' }],
          ports: [
            { port: 80, name: 'x' },
            { port: 81, name: 'y' },
          ],
        },
      ],
    },
  ],
  [
    'v1',
    'persistentvolumeclaims',
    { spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } } },
  ],
  [
    'v1',
    'pods',
    {
      spec: {
        readinessGates: [{ conditionType: 'x' }],
        containers: [
          { name: 'c', image: 'i' },
          { name: 'd', image: 'i' },
        ],
      },
    },
  ],
  [
    'v1',
    'events',
    {
      involvedObject: { kind: 'Pod', name: 'p', namespace: s.ns, fieldPath: 'spec.x' },
      reason: 'R',
      message: ' m ',
      type: 'Normal',
      source: { component: 'c', host: 'h' },
      count: 3,
    },
  ],
  ['apps/v1', 'deployments', { spec: workload }],
  ['apps/v1', 'replicasets', { spec: { replicas: 0, ...workload } }],
  ['apps/v1', 'statefulsets', { spec: { serviceName: 'x', ...workload } }],
  ['apps/v1', 'daemonsets', { spec: workload }],
  ['coordination.k8s.io/v1', 'leases', { spec: { holderIdentity: 'me' } }],
  ['policy/v1', 'poddisruptionbudgets', { spec: { minAvailable: '50%', selector: { matchLabels: labels } } }],
  ['rbac.authorization.k8s.io/v1', 'roles', { rules: [] }],
  [
    'rbac.authorization.k8s.io/v1',
    'rolebindings',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'Group', name: 'g' },
        { kind: 'ServiceAccount', name: 'sa', namespace: 'x' },
        { kind: 'User', name: 'v' },
      ],
    },
  ],
];

/** What kubectl prints: headers with their documentation, and cells. */
export const tableCases: Topic = (conforms) => {
  conforms('table-kinds', 'every kind with columns of its own, as a row', async (s) => {
    const tables: { [plural: string]: unknown } = {};
    for (const [apiVersion, plural, fields] of objects(s)) {
      await s.post(s.at(apiVersion, plural), { metadata: { name: 'o' }, ...fields });
      const table = await s.get(s.at(apiVersion, plural, 'o'), { accept: TABLE });
      tables[plural] = [table.code, at(table, 'columnDefinitions'), at(table, 'rows', 0, 'cells')];
    }
    const other = await s.get(s.at('events.k8s.io/v1', 'events', 'o'), { accept: TABLE });
    return { ...tables, otherEvents: [at(other, 'columnDefinitions'), at(other, 'rows', 0, 'cells')] };
  });

  conforms('table-cluster', 'rows of kinds without namespace', async (s) => {
    const name = `${s.ns}-1`;
    await s.post('/api/v1/nodes', {
      metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/x': '' } },
      spec: { unschedulable: true },
    });
    await s.merge(`/api/v1/nodes/${name}/status`, {
      status: {
        addresses: [{ type: 'InternalIP', address: '1.2.3.4' }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    });
    await s.post('/api/v1/persistentvolumes', {
      metadata: { name },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        hostPath: { path: '/x' },
      },
    });
    const row = async (path: string) => {
      const table = await s.get(path, { accept: TABLE });
      return [table.code, at(table, 'columnDefinitions'), at(table, 'rows', 0, 'cells')];
    };
    return {
      node: await row(`/api/v1/nodes/${name}`),
      volume: await row(`/api/v1/persistentvolumes/${name}`),
      namespace: await row(`/api/v1/namespaces/${s.ns}`),
      definition: await row('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.conformance.capstan.dev'),
    };
  });
};

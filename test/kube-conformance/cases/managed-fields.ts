import { type Answer, bodyOf, managersOf, uidOf } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const managers = (...answers: readonly Answer[]) =>
  answers.map((answer) => [answer.code, managersOf(answer) ?? 'none']);

const deployment = (spec = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', labels: { app: 'd' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'd' } },
    template: {
      metadata: { labels: { app: 'd' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'main:1',
            env: [{ name: 'A', value: '1' }],
            ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP', name: 'dns' }],
            args: ['--a', '--b'],
          },
        ],
        tolerations: [{ key: 'k', operator: 'Exists' }],
      },
    },
    ...spec,
  },
});

/** Who owns which field after sequences of writes: every field of every entry as the real server has it. */
export const managedFieldsCases: Topic = (conforms) => {
  conforms('managers-create', 'a creation owns what it sets, defaults included', async (s) => ({
    widget: managers(await s.post(s.at(WIDGETS, 'widgets'), widget('w', { parts: [{ name: 'a' }], tags: ['x', 'y'] }))),
    deployment: managers(await s.post(s.at('apps/v1', 'deployments'), deployment())),
    service: managers(
      await s.post(s.at('v1', 'services'), {
        metadata: { name: 's' },
        spec: {
          ports: [{ port: 80 }, { port: 443, name: 'tls' }].map((port, i) => ({ name: `p${i}`, ...port })),
          clusterIP: 'None',
        },
      }),
    ),
    secret: managers(await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, stringData: { a: 'b' } })),
  }));

  conforms('managers-names', 'the manager is the option, else the user agent up to its slash', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    return managers(
      await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { a: '1' } })),
      await s.merge(`${path}?fieldManager=merger`, { data: { b: '2' } }),
      await s.json(`${path}?fieldManager=json`, [{ op: 'add', path: '/data/c', value: '3' }]),
      await s.strategic(`${path}?fieldManager=strategic`, { data: { d: '4' } }),
      await s.merge(path, { data: { e: '5' } }),
    );
  });

  conforms('managers-invalid-name', 'a manager name must be short and printable', async (s) => ({
    long: await s.post(`${s.at('v1', 'configmaps')}?fieldManager=${'x'.repeat(129)}`, s.configMap('a')),
    unprintable: await s.post(`${s.at('v1', 'configmaps')}?fieldManager=a%0Ab`, s.configMap('a')),
  }));

  conforms('managers-update-takes', 'an update takes what it changes and leaves the rest', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(
      `${s.at('v1', 'configmaps')}?fieldManager=one`,
      s.configMap('a', { data: { a: '1', b: '2' } }),
    );
    const updated = await s.put(`${path}?fieldManager=two`, {
      ...bodyOf(created),
      data: { a: '1', b: 'changed', c: '3' },
    });
    const removed = await s.put(`${path}?fieldManager=three`, { ...bodyOf(updated), data: { c: '3' } });
    return managers(created, updated, removed);
  });

  conforms('managers-apply-then-update', 'an update takes fields over from an apply', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const applied = await s.apply(path, 'applier', widget('w', { color: 'blue', options: { a: '1', b: '2' } }));
    const patched = await s.merge(`${path}?fieldManager=editor`, {
      spec: { color: 'green', options: { b: '9', c: '3' } },
    });
    const again = await s.apply(path, 'applier', widget('w', { options: { a: '1' } }));
    return managers(applied, patched, again);
  });

  conforms('managers-status', 'status is owned under its subresource', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const status = { phase: 'Up', conditions: [{ type: 'Ready', status: 'True' }] };
    return managers(
      await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, { status })),
      await s.merge(`${path}/status?fieldManager=controller`, { status }),
      await s.merge(`${path}/status?fieldManager=other`, { status: { phase: 'Down' } }),
      await s.apply(`${path}/status`, 'applier', {
        apiVersion: WIDGETS,
        kind: 'Widget',
        metadata: { name: 'w' },
        status: { observedGeneration: 1 },
      }),
      await s.merge(`${path}?fieldManager=controller`, { spec: { size: 5 } }),
    );
  });

  conforms('managers-scale', 'scale owns the replicas', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'applier', widget('w', { replicas: 2 }));
    await s.merge(`${path}/scale?fieldManager=scaler`, { spec: { replicas: 5 } });
    const scaled = await s.get(path);
    const applied = await s.apply(path, 'applier', widget('w', { replicas: 5 }));
    const conflict = await s.apply(path, 'applier', widget('w', { replicas: 6 }));
    return { managers: managers(scaled, applied), conflict };
  });

  conforms('managers-lists', 'map lists, sets and atomic lists are owned by their kind', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const spec = {
      parts: [{ name: 'a', amount: 1 }, { name: 'b' }],
      ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }],
      tags: ['x', 'y'],
      steps: ['one', 'two'],
      address: { host: 'h', port: 1 },
      any: { free: [1, { form: true }] },
      nested: { deep: { value: 'v' } },
      numbers: { one: 1 },
      port: '80%',
    };
    return managers(
      await s.apply(path, 'one', widget('w', spec)),
      await s.apply(path, 'two', widget('w', { parts: [{ name: 'b', note: 'n' }, { name: 'c' }], tags: ['y', 'z'] })),
      await s.apply(path, 'one', widget('w', { parts: [{ name: 'b' }], tags: ['x'] })),
    );
  });

  conforms('managers-removed', 'a manager without fields is forgotten', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    return managers(
      await s.apply(path, 'one', s.configMap('a', { data: { a: '1' } })),
      await s.apply(path, 'two', s.configMap('a', { data: { b: '2' } })),
      await s.apply(path, 'one', s.configMap('a')),
      await s.merge(`${path}?fieldManager=three`, { data: { b: null } }),
    );
  });

  conforms('managers-metadata', 'labels, annotations, finalizers and owners are owned one by one', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const uid = uidOf(await s.get(`/api/v1/namespaces/${s.ns}`));
    const owner = { apiVersion: 'v1', kind: 'Namespace', name: s.ns, uid };
    return managers(
      await s.apply(
        path,
        'one',
        s.configMap(
          'a',
          {},
          {
            labels: { a: '1' },
            annotations: { n: '1' },
            finalizers: ['capstan.dev/a'],
            ownerReferences: [owner],
          },
        ),
      ),
      await s.apply(path, 'two', s.configMap('a', {}, { labels: { b: '1' }, finalizers: ['capstan.dev/b'] })),
      await s.merge(`${path}?fieldManager=three`, {
        metadata: { finalizers: ['capstan.dev/a'], annotations: { n: '2' } },
      }),
      await s.merge(`${path}?fieldManager=three`, { metadata: { finalizers: null, ownerReferences: null } }),
    );
  });

  conforms('managers-deployment-apply', 'a Deployment applied by two is owned in every list', async (s) => {
    const path = s.at('apps/v1', 'deployments', 'd');
    const first = await s.apply(path, 'one', deployment());
    const side = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }], nodeSelector: { a: 'b' } } } },
    };
    const second = await s.apply(path, 'two', side);
    const third = await s.strategic(`${path}?fieldManager=three`, {
      spec: {
        template: { spec: { containers: [{ name: 'main', image: 'main:2', env: [{ name: 'B', value: '2' }] }] } },
      },
    });
    return managers(first, second, third);
  });

  conforms('managers-deployment-status', "a Deployment's status has its own entry", async (s) => {
    const path = s.at('apps/v1', 'deployments', 'd');
    await s.post(s.at('apps/v1', 'deployments'), deployment());
    const status = { replicas: 2, conditions: [{ type: 'Available', status: 'True', reason: 'r', message: 'm' }] };
    return managers(
      await s.merge(`${path}/status?fieldManager=kube-controller-manager`, { status }),
      await s.merge(`${path}/scale?fieldManager=scaler`, { spec: { replicas: 4 } }),
      await s.get(path),
    );
  });

  conforms('managers-node', 'a Node written by kubelet and by a controller', async (s) => {
    const name = `${s.ns}-1`;
    const path = `/api/v1/nodes/${name}`;
    return managers(
      await s.post('/api/v1/nodes?fieldManager=kubelet', {
        metadata: { name, labels: { a: 'b' } },
        spec: { providerID: 'x://1' },
      }),
      await s.strategic(`${path}/status?fieldManager=kubelet`, {
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          capacity: { cpu: '2', memory: '4Gi' },
        },
      }),
      await s.merge(`${path}?fieldManager=manager`, { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }),
      await s.merge(`${path}?fieldManager=kubectl`, { spec: { unschedulable: true } }),
    );
  });

  conforms('managers-null', 'null and empty fields in an update', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    return managers(
      await s.post(s.at(WIDGETS, 'widgets'), widget('w', { maybe: null, options: {}, tags: [], nested: { deep: {} } })),
      await s.merge(path, { spec: { options: { a: '1' }, tags: ['a'], nested: null } }),
      await s.merge(path, { spec: { options: null, tags: [], maybe: 'x' } }),
    );
  });

  conforms('managers-force-shared', 'force takes fields; equal values are shared', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    return managers(
      await s.apply(path, 'one', s.configMap('a', { data: { a: '1', b: '1' } })),
      await s.apply(path, 'two', s.configMap('a', { data: { a: '1', c: '1' } })),
      await s.apply(path, 'two', s.configMap('a', { data: { a: '2', b: '2' } }), '&force=true'),
      await s.apply(path, 'one', s.configMap('a', { data: { a: '2', b: '2' } })),
    );
  });

  conforms('managers-crd', 'a CRD is owned by who made it and by the server', async (s) => {
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${s.group}` },
      spec: {
        group: s.group,
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string' } } } },
          },
        ],
      },
    };
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${s.group}`;
    await s.apply(path, 'installer', crd);
    const established = await s.until(
      () => s.get(path),
      (answer) =>
        JSON.stringify(answer.body).includes('"type":"Established","status":"True"') ||
        /"status":"True","type":"Established"/.test(JSON.stringify(answer.body)) ||
        JSON.stringify(answer.body).includes('InitialNamesAccepted'),
    );
    return managers(established);
  });

  conforms('managers-rbac-lease', 'RBAC, Leases, Events and PodDisruptionBudgets', async (s) =>
    managers(
      await s.post(s.at('rbac.authorization.k8s.io/v1', 'roles'), {
        metadata: { name: 'r' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
      await s.post(s.at('rbac.authorization.k8s.io/v1', 'rolebindings'), {
        metadata: { name: 'r' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ kind: 'User', name: 'u' }],
      }),
      await s.post(s.at('coordination.k8s.io/v1', 'leases'), {
        metadata: { name: 'l' },
        spec: { holderIdentity: 'me', leaseDurationSeconds: 15 },
      }),
      await s.post(s.at('v1', 'events'), {
        metadata: { name: 'e' },
        involvedObject: { namespace: s.ns, kind: 'Pod', name: 'p' },
        reason: 'R',
        message: 'm',
        type: 'Normal',
      }),
      await s.post(s.at('policy/v1', 'poddisruptionbudgets'), {
        metadata: { name: 'p' },
        spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
      }),
    ),
  );
};

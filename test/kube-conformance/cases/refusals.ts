import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

/** Refusals word for word: code, reason, message, details and causes. */
export const refusalCases: Topic = (conforms) => {
  conforms('refuse-not-found', 'what does not exist', async (s) => ({
    configMap: await s.get(s.at('v1', 'configmaps', 'a')),
    deployment: await s.get(s.at('apps/v1', 'deployments', 'a')),
    widget: await s.get(s.at(WIDGETS, 'widgets', 'a')),
    namespace: await s.get('/api/v1/namespaces/nowhere'),
    crd: await s.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a.b'),
  }));

  conforms('refuse-unknown-path', 'kinds, groups, versions and paths that are not served', async (s) => ({
    resource: await s.get(s.at('v1', 'nothings')),
    version: await s.get('/apis/apps/v9/deployments'),
    group: await s.get('/apis/nowhere.dev/v1/things'),
    groupRoot: await s.get('/apis/nowhere.dev'),
    path: await s.get('/nowhere'),
    widgetVersion: await s.get('/apis/conformance.capstan.dev/v9/widgets'),
    widgetKind: await s.get('/apis/conformance.capstan.dev/v1/things'),
    post: await s.post(s.at('v1', 'nothings'), {}),
    namespacedCluster: await s.get(s.at('v1', 'nodes')),
  }));

  conforms('refuse-exists', 'what exists already', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return {
      configMap: await s.post(s.at('v1', 'configmaps'), s.configMap('a')),
      widget: await s.post(s.at(WIDGETS, 'widgets'), widget('w')),
      namespace: await s.post('/api/v1/namespaces', { metadata: { name: s.ns } }),
      invalidAndExists: await s.post(s.at(WIDGETS, 'widgets'), widget('w', { size: 0 })),
    };
  });

  conforms('refuse-no-namespace', 'a namespace that does not exist', async (s) => ({
    configMap: await s.post('/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'a' } }),
    widget: await s.post(`/apis/${WIDGETS}/namespaces/nowhere/widgets`, widget('w')),
    apply: await s.apply('/api/v1/namespaces/nowhere/configmaps/a', 'm', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
    }),
  }));

  conforms('refuse-wrong-namespace', 'an object that names another namespace', async (s) => ({
    configMap: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { namespace: 'default' })),
    widget: await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { namespace: 'default' })),
  }));

  conforms('refuse-wrong-kind', 'an object of another kind or version', async (s) => ({
    kind: await s.post(s.at('v1', 'configmaps'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
    version: await s.post(s.at('v1', 'configmaps'), { apiVersion: 'v9', kind: 'ConfigMap', metadata: { name: 'a' } }),
    widget: await s.post(s.at(WIDGETS, 'widgets'), { ...widget('w'), kind: 'Gadget' }),
    group: await s.post(s.at(WIDGETS, 'widgets'), { ...widget('w'), apiVersion: 'other.dev/v1' }),
    none: await s.post(s.at(WIDGETS, 'widgets'), { metadata: { name: 'w' }, spec: { size: 1 } }),
    putKind: await s.put(s.at('v1', 'configmaps', 'a'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
  }));

  conforms('refuse-names', 'names that are not allowed', async (s) => ({
    configMap: await s.post(s.at('v1', 'configmaps'), s.configMap('Not_A_Name')),
    long: await s.post(s.at('v1', 'configmaps'), s.configMap('x'.repeat(254))),
    service: await s.post(s.at('v1', 'services'), { metadata: { name: '1a' }, spec: { ports: [{ port: 1 }] } }),
    namespace: await s.post('/api/v1/namespaces', { metadata: { name: 'a.b' } }),
    widget: await s.post(s.at(WIDGETS, 'widgets'), widget('Not_A_Name')),
    path: await s.put(s.at('v1', 'configmaps', 'b'), s.configMap('a')),
    role: await s.post(s.at('rbac.authorization.k8s.io/v1', 'roles'), { metadata: { name: 'a/b' }, rules: [] }),
  }));

  conforms('refuse-verbs', 'verbs that a path does not have', async (s) => ({
    postNamed: await s.post(s.at('v1', 'configmaps', 'a'), s.configMap('a')),
    putCollection: await s.put(s.at('v1', 'configmaps'), s.configMap('a')),
    patchCollection: await s.merge(s.at('v1', 'configmaps'), {}),
    deleteAll: await s.delete('/api/v1/namespaces'),
    widgetPost: await s.post(s.at(WIDGETS, 'widgets', 'w'), widget('w')),
    widgetPut: await s.put(s.at(WIDGETS, 'widgets'), widget('w')),
    getReview: await s.get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'),
    createAll: await s.post('/api/v1/configmaps', s.configMap('a')),
    createAllWidgets: await s.post(`/apis/${WIDGETS}/widgets`, widget('w')),
  }));

  conforms('refuse-media-types', 'media types that are not understood', async (s) => ({
    accept: await s.get(s.at('v1', 'configmaps'), { accept: 'text/html' }),
    body: await s.post(s.at('v1', 'configmaps'), 'x', { type: 'text/plain' }),
    bodyWidget: await s.post(s.at(WIDGETS, 'widgets'), 'x', { type: 'text/plain' }),
  }));

  conforms('refuse-large', 'annotations that are too long', (s) =>
    s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { annotations: { a: 'x'.repeat(262_145) } })),
  );

  conforms('refuse-invalid-builtin', 'invalid builtin objects with every cause', async (s) => ({
    deployment: await s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: { replicas: -1, template: { spec: {} } },
    }),
    selector: await s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'c' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    }),
    configMapKey: await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { 'not ok': 'x' } })),
    secretData: await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, data: { a: 'no base64!' } }),
    role: await s.post(s.at('rbac.authorization.k8s.io/v1', 'roles'), {
      metadata: { name: 'r' },
      rules: [{ apiGroups: [''], resources: ['pods'] }],
    }),
    binding: await s.post(s.at('rbac.authorization.k8s.io/v1', 'rolebindings'), {
      metadata: { name: 'r' },
      subjects: [],
      roleRef: { kind: 'Thing', name: '' },
    }),
    lease: await s.post(s.at('coordination.k8s.io/v1', 'leases'), {
      metadata: { name: 'l' },
      spec: { leaseDurationSeconds: 0 },
    }),
    budget: await s.post(s.at('policy/v1', 'poddisruptionbudgets'), {
      metadata: { name: 'p' },
      spec: { minAvailable: 1, maxUnavailable: 1 },
    }),
    service: await s.post(s.at('v1', 'services'), {
      metadata: { name: 's' },
      spec: { ports: [{ port: 0 }, { port: 70000 }] },
    }),
  }));

  conforms('refuse-decode', 'builtin fields of the wrong type', async (s) => ({
    configMap: await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { a: 1 } })),
    deployment: await s.post(s.at('apps/v1', 'deployments'), { metadata: { name: 'd' }, spec: { replicas: 'three' } }),
    labels: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { labels: { a: true } })),
    widgetLabels: await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { labels: { a: true } })),
    name: await s.post(s.at('v1', 'configmaps'), { metadata: { name: 5 } }),
  }));

  conforms('refuse-immutable-builtin', 'fields of builtin kinds that do not change', async (s) => {
    await s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    await s.post(s.at('rbac.authorization.k8s.io/v1', 'rolebindings'), {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' },
    });
    return {
      selector: await s.merge(s.at('apps/v1', 'deployments', 'd'), {
        spec: { selector: { matchLabels: { a: 'c' } }, template: { metadata: { labels: { a: 'c' } } } },
      }),
      role: await s.merge(s.at('rbac.authorization.k8s.io/v1', 'rolebindings', 'r'), { roleRef: { name: 'b' } }),
    };
  });

  conforms('refuse-unnamed', 'updates without a name, and bodies without anything', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('a'));
    await s.post(s.at('v1', 'pods'), { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    const bare = { apiVersion: WIDGETS, kind: 'Widget' };
    const put = async (...path: [string, string, ...string[]]) => {
      const body = path[1] === 'widgets' ? bare : {};
      const nameless = await s.put(s.at(...path), body);
      return [nameless, await s.put(s.at(...path), { ...body, metadata: null }), await s.put(s.at(...path), '')];
    };
    return {
      configMap: await put('v1', 'configmaps', 'a'),
      widget: await put(WIDGETS, 'widgets', 'a'),
      widgetStatus: await put(WIDGETS, 'widgets', 'a', 'status'),
      podStatus: await put('v1', 'pods', 'a', 'status'),
      created: [await s.post(s.at('v1', 'configmaps'), ''), await s.post(s.at(WIDGETS, 'widgets'), '')],
      kinds: [
        await s.post(s.at(WIDGETS, 'widgets'), { kind: 'Other' }),
        await s.post(s.at(WIDGETS, 'widgets'), { kind: 'Other', apiVersion: WIDGETS }),
        await s.post(s.at('v1', 'configmaps'), { kind: 'Other' }),
      ],
      statusOfNothing: await s.apply(s.at(WIDGETS, 'widgets', 'x', 'status'), 'm', { ...bare, kind: 'Other' }),
    };
  });
};

import { type Answer, at, bodyOf, type Fields, uidOf } from '../scene';
import type { Topic } from '../topic';

/** Builtin kinds we use, and what they alone do. */
export const kindCases: Topic = (conforms) => {
  conforms('secret-string-data', 'stringData becomes data and is not shown', async (s) => {
    const made = await s.post(s.at('v1', 'secrets'), {
      metadata: { name: 's' },
      stringData: { a: 'text' },
      data: { a: 'b2xk', b: 'b2xk' },
    });
    return { made, patched: await s.merge(s.at('v1', 'secrets', 's'), { stringData: { b: 'new' } }) };
  });

  conforms('secret-types', 'types have their required keys', async (s) => {
    const make = (type: string, data: object) =>
      s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, type, stringData: data });
    return {
      tls: await make('kubernetes.io/tls', {}),
      docker: await make('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'no json' }),
      ownType: (await make('cluster.x-k8s.io/secret', { value: 'x' })).code,
      change: await s.merge(s.at('v1', 'secrets', 's'), { type: 'Opaque' }),
    };
  });

  conforms('secret-immutable', 'an immutable Secret stays as it is, apart from its metadata', async (s) => {
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, immutable: true, stringData: { a: 'b' } });
    const path = s.at('v1', 'secrets', 's');
    return {
      data: await s.merge(path, { stringData: { a: 'c' } }),
      flag: await s.merge(path, { immutable: false }),
      label: (await s.merge(path, { metadata: { labels: { a: 'b' } } })).code,
    };
  });

  conforms('configmap-immutable', 'an immutable ConfigMap, and binary data', async (s) => {
    const made = await s.post(
      s.at('v1', 'configmaps'),
      s.configMap('a', { immutable: true, binaryData: { b: 'AAE=' }, data: { a: '1' } }),
    );
    return {
      made,
      changed: await s.merge(s.at('v1', 'configmaps', 'a'), { data: { a: '2' } }),
      both: await s.post(s.at('v1', 'configmaps'), s.configMap('b', { data: { k: '' }, binaryData: { k: 'AAE=' } })),
    };
  });

  conforms('event-core', 'Events of the core group, also read as events.k8s.io', async (s) => {
    const time = '2026-01-01T00:00:00Z';
    const made = await s.post(s.at('v1', 'events'), {
      metadata: { name: 'e' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: s.ns, name: 'p', uid: 'u' },
      reason: 'R',
      message: 'm',
      type: 'Warning',
      source: { component: 'capstan' },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    });
    const patched = await s.strategic(s.at('v1', 'events', 'e'), { count: 2 });
    return { made, patched, read: await s.get(s.at('events.k8s.io/v1', 'events', 'e')) };
  });

  conforms('event-refused', 'Events that do not fit are refused', async (s) => ({
    namespace: await s.post(s.at('v1', 'events'), {
      metadata: { name: 'e' },
      involvedObject: { namespace: 'default', name: 'p' },
      reason: 'R',
    }),
    noNamespace: await s.post(s.at('v1', 'events'), {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p' },
      reason: 'R',
    }),
    modern: await s.post(s.at('events.k8s.io/v1', 'events'), {
      metadata: { name: 'e' },
      regarding: { namespace: s.ns, name: 'p' },
    }),
  }));

  conforms('event-modern', 'Events of events.k8s.io', (s) =>
    s.post(s.at('events.k8s.io/v1', 'events'), {
      metadata: { name: 'e' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'capstan.dev/x',
      reportingInstance: 'x-1',
      action: 'Doing',
      reason: 'Done',
      type: 'Normal',
      note: 'n',
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: s.ns, name: 'p' },
    }),
  );

  conforms('lease', 'a Lease is taken by who writes first', async (s) => {
    const time = '2026-01-01T00:00:00.000000Z';
    const spec = {
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 0,
    };
    const made = await s.post(s.at('coordination.k8s.io/v1', 'leases'), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec,
    });
    const body = bodyOf(made);
    const path = s.at('coordination.k8s.io/v1', 'leases', 'l');
    const first = await s.put(path, { ...body, spec: { ...spec, holderIdentity: 'two', leaseTransitions: 1 } });
    return { made, first, second: await s.put(path, { ...body, spec: { ...spec, holderIdentity: 'three' } }) };
  });

  conforms('lease-time', 'times of a Lease have microseconds', async (s) => {
    const spec = { holderIdentity: 'one', renewTime: '2026-01-01T00:00:00Z' };
    const made = await s.post(s.at('coordination.k8s.io/v1', 'leases'), { metadata: { name: 'l' }, spec });
    return [made.code, String(at(made, 'spec', 'renewTime')).length];
  });

  conforms('namespace', 'a Namespace gets its label, finalizer and phase', async (s) => {
    await s.post('/api/v1/namespaces', { metadata: { name: `${s.ns}-b` } });
    return s.get(`/api/v1/namespaces/${s.ns}-b`);
  });

  conforms('service', 'a headless Service gets its defaults', (s) =>
    s.post(s.at('v1', 'services'), {
      metadata: { name: 's' },
      spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] },
    }),
  );

  conforms('service-ports', 'several ports need names', (s) =>
    s.post(s.at('v1', 'services'), {
      metadata: { name: 's' },
      spec: { clusterIP: 'None', ports: [{ port: 80 }, { port: 81 }] },
    }),
  );

  conforms('deployment', 'a Deployment gets its defaults', (s) =>
    s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: {
            containers: [
              {
                name: 'c',
                image: 'i:latest',
                ports: [{ containerPort: 80 }],
                livenessProbe: { httpGet: { path: '/', port: 80 } },
                env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
                resources: { requests: { cpu: '0.1', memory: '1Gi' } },
              },
            ],
            volumes: [
              { name: 'v', secret: { secretName: 's' } },
              { name: 'e', emptyDir: {} },
            ],
          },
        },
      },
    }),
  );

  conforms('pod', 'a Pod gets its defaults, tolerations and phase', (s) =>
    s.post(s.at('v1', 'pods'), { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
  );

  conforms('daemonset', 'a DaemonSet gets its defaults', (s) =>
    s.post(s.at('apps/v1', 'daemonsets'), {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    }),
  );

  conforms('node', 'a Node is what its kubelet says', async (s) => {
    const made = await s.post('/api/v1/nodes', { metadata: { name: s.ns }, spec: { podCIDR: '10.0.0.0/24' } });
    const patched = await s.merge(`/api/v1/nodes/${s.ns}`, {
      spec: { providerID: 'cloudstack:///1', taints: [{ key: 'a', effect: 'NoSchedule' }] },
    });
    return {
      made,
      patched,
      changed: await s.merge(`/api/v1/nodes/${s.ns}`, { spec: { providerID: 'cloudstack:///2' } }),
    };
  });

  conforms('service-account', 'a ServiceAccount and a token of it', async (s) => {
    const made = await s.post(s.at('v1', 'serviceaccounts'), { metadata: { name: 'robot' } });
    const issued = await s.post(s.at('v1', 'serviceaccounts', 'robot', 'token'), {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    });
    const token = String(at(issued, 'status', 'token'));
    const review = await s.post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
    const used = await s.get(s.at('v1', 'secrets'), { token });
    return {
      made,
      issued: [issued.code, bodyOf(issued).kind, at(issued, 'spec', 'expirationSeconds')],
      user: [
        at(review, 'status', 'user', 'username'),
        at(review, 'status', 'user', 'groups'),
        at(review, 'status', 'authenticated'),
      ],
      used,
    };
  });

  conforms('token-request', 'a request for a token is checked before one is given', async (s) => {
    await s.post(s.at('v1', 'serviceaccounts'), { metadata: { name: 'robot' } });
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 'secret' } });
    const pod = (name: string, serviceAccountName: string) =>
      s.post(s.at('v1', 'pods'), {
        metadata: { name },
        spec: { serviceAccountName, containers: [{ name: 'c', image: 'i' }] },
      });
    await pod('own', 'robot');
    await pod('other', 'default');
    const ask = async (spec: unknown, rest: Fields = {}, query = '') => {
      const answer = await s.post(`${s.at('v1', 'serviceaccounts', 'robot', 'token')}${query}`, { spec, ...rest });
      if (answer.code !== 201) return answer;
      const { managedFields: _, ...metadata } = bodyOf(answer).metadata;
      return { code: answer.code, metadata, spec: at(answer, 'spec') };
    };
    const bind = (kind: string, name: string, rest: Fields = {}) =>
      ask({ boundObjectRef: { kind, apiVersion: 'v1', name, ...rest } });
    return {
      short: await ask({ expirationSeconds: 599 }),
      none: await ask({ expirationSeconds: 0 }),
      least: await ask({ expirationSeconds: 600 }),
      long: await ask({ expirationSeconds: 2 ** 32 + 1 }),
      word: await ask({ expirationSeconds: '1h' }),
      usual: await ask({}),
      unknown: await ask({ nonsense: 1 }, {}, '?fieldValidation=Strict'),
      missing: await s.post(s.at('v1', 'serviceaccounts', 'nobody', 'token'), { spec: { expirationSeconds: 1 } }),
      otherName: await ask({}, { metadata: { name: 'other' } }),
      otherNamespace: await ask({}, { metadata: { namespace: 'default' } }),
      otherUid: await ask({}, { metadata: { uid: 'other' } }),
      ownUid: await ask({}, { metadata: { uid: uidOf(await s.get(s.at('v1', 'serviceaccounts', 'robot'))) } }),
      otherUidOfShort: await ask({ expirationSeconds: 1 }, { metadata: { uid: 'other' } }),
      ofVersion: await ask({ boundObjectRef: { kind: 'Secret', apiVersion: 'v7', name: 'secret' } }),
      ofGroup: await ask({ boundObjectRef: { kind: 'Secret', apiVersion: 'apps/v1', name: 'secret' } }),
      otherKind: await ask({}, { kind: 'Thing', apiVersion: 'authentication.k8s.io/v1' }),
      otherVersion: await ask({}, { kind: 'TokenRequest', apiVersion: 'v1' }),
      list: await s.post(s.at('v1', 'serviceaccounts', 'robot', 'token'), []),
      ofPod: await bind('Pod', 'own'),
      ofForeignPod: await bind('Pod', 'other'),
      ofMissingPod: await bind('Pod', 'nowhere'),
      ofSecret: await bind('Secret', 'secret'),
      ofMissingSecret: await bind('Secret', 'nowhere'),
      ofOtherSecret: await bind('Secret', 'secret', { uid: 'other' }),
      ofMissingNode: await bind('Node', 'nowhere'),
      ofNoName: await bind('Pod', ''),
      ofConfigMap: await bind('ConfigMap', 'a'),
      shortOfMissing: await ask({ expirationSeconds: 1, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'x' } }),
    };
  });

  conforms('token-use', 'a token for others, or bound to what is gone, is none', async (s) => {
    await s.post(s.at('v1', 'serviceaccounts'), { metadata: { name: 'robot' } });
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 'secret' } });
    const issued = async (spec: Fields) =>
      String(at(await s.post(s.at('v1', 'serviceaccounts', 'robot', 'token'), { spec }), 'status', 'token'));
    const boundObjectRef = { kind: 'Secret', apiVersion: 'v1', name: 'secret' };
    const [forOthers, bound, unused] = [
      await issued({ audiences: ['others'] }),
      await issued({ boundObjectRef }),
      await issued({ boundObjectRef }),
    ];
    const use = (token: string) => s.get(s.at('v1', 'secrets'), { token });
    const [others, before] = [await use(forOthers), await use(bound)];
    await s.delete(s.at('v1', 'secrets', 'secret'));
    // A token that was good is good for ten seconds more: this one was never asked about.
    const after = await s.until(
      () => use(unused),
      (answer) => answer.code === 401,
    );
    return { others, before: before.code, after };
  });

  conforms('budget', 'a PodDisruptionBudget gets its status by its controller alone', (s) =>
    s.post(s.at('policy/v1', 'poddisruptionbudgets'), { metadata: { name: 'p' }, spec: { maxUnavailable: '50%' } }),
  );

  conforms('endpoints-deprecated', 'who uses Endpoints is warned', async (s) => {
    const [all, one] = [s.at('v1', 'endpoints'), s.at('v1', 'endpoints', 'a')];
    const answers = [
      await s.post(all, { metadata: { name: 'a' }, subsets: [] }),
      await s.get(all),
      await s.get(one),
      await s.merge(one, { metadata: { labels: { a: 'b' } } }),
      await s.get(s.at('v1', 'endpoints', 'none')),
      await s.delete(one),
      await s.delete(all),
    ];
    return answers.map(({ code, warnings }) => [code, warnings ?? 'none']);
  });

  conforms('pod-template', 'a template of pods leaves for its pods what they derive', async (s) => {
    const container = {
      name: 'c',
      image: 'i',
      resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
      ports: [{ containerPort: 80 }],
    };
    const spec = { hostNetwork: true, containers: [container], initContainers: [{ ...container, name: 'd' }] };
    const template = { metadata: { labels: { a: 'b' } }, spec };
    const selector = { matchLabels: { a: 'b' } };
    const made: Record<string, unknown> = {};
    for (const resource of ['deployments', 'daemonsets', 'replicasets', 'statefulsets']) {
      const answer = await s.post(s.at('apps/v1', resource), {
        metadata: { name: 'x' },
        spec: { selector, template, ...(resource === 'statefulsets' ? { serviceName: 'x' } : {}) },
      });
      made[resource] = at(answer, 'spec', 'template') ?? answer;
    }
    const pod = await s.post(s.at('v1', 'pods'), { metadata: { name: 'p' }, spec });
    return { ...made, containers: at(pod, 'spec', 'containers'), initContainers: at(pod, 'spec', 'initContainers') };
  });

  conforms('role-binding', 'subjects and roles of a binding are of the kinds there are', async (s) => {
    const rbac = 'rbac.authorization.k8s.io';
    const role = { apiGroup: rbac, kind: 'Role', name: 'r' };
    const make = (roleRef: object, ...subjects: object[]) =>
      s.post(s.at(`${rbac}/v1`, 'rolebindings'), { metadata: { generateName: 'b' }, roleRef, subjects });
    const causes = async (answer: Promise<Answer>) => {
      const answered = await answer;
      return [answered.code, { causes: at(answered, 'details', 'causes') ?? 'none' }];
    };
    const user = { kind: 'User', name: 'u' };
    return {
      group: await causes(make({ ...role, apiGroup: 'v1' }, user)),
      noGroup: await causes(make({ kind: 'Role', name: 'r' }, user)),
      kind: await causes(make({ ...role, kind: 'Rule', name: '' }, user)),
      name: await causes(make({ ...role, name: 'a/b' }, user)),
      noKind: await causes(make(role, { name: 'x', namespace: 'default' })),
      otherKind: await causes(make(role, { kind: 'Robot', name: 'x' }, user)),
      account: await causes(make(role, { kind: 'ServiceAccount', name: 'Not Valid' })),
      accountGroup: await causes(make(role, { kind: 'ServiceAccount', name: 'a', namespace: 'n', apiGroup: rbac })),
      userGroup: await causes(make(role, { kind: 'User', name: '', apiGroup: 'v1' })),
      good: await causes(
        make(role, user, { kind: 'Group', name: 'g' }, { kind: 'ServiceAccount', name: 'a', namespace: 'n' }),
      ),
    };
  });

  conforms('role-empty', 'a Role without rules has null for them', async (s) => {
    const roles = s.at('rbac.authorization.k8s.io/v1', 'roles');
    const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    return {
      created: at(await s.post(roles, { metadata: { name: 'a' }, rules: [] }), 'rules'),
      tried: at(await s.post(`${roles}?dryRun=All`, { metadata: { name: 'b' }, rules: [] }), 'rules'),
      filled: at(await s.merge(`${roles}/a`, { rules: [rule] }), 'rules'),
      emptied: at(await s.merge(`${roles}/a`, { rules: [] }), 'rules'),
      read: at(await s.get(`${roles}/a`), 'rules'),
    };
  });

  conforms('event-names', 'names of Events are parts of a path', async (s) => {
    const make = async (name: string) => {
      const involvedObject = { kind: 'ConfigMap', name: 'a', namespace: s.ns };
      const answer = await s.post(s.at('v1', 'events'), { metadata: { name }, involvedObject, type: 'Normal' });
      return [answer.code, at(answer, 'details', 'causes') ?? 'none'];
    };
    return {
      upper: await make('Node_A.17'),
      slash: await make('a/b'),
      percent: await make('a%b'),
      dots: await make('..'),
    };
  });

  conforms('role-rules', 'rules are of resources or of paths', async (s) => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const paths = { nonResourceURLs: ['/healthz'], verbs: ['get'] };
    const causes = async (answer: Promise<Answer>) => {
      const answered = await answer;
      return [answered.code, { causes: at(answered, 'details', 'causes') ?? 'none' }];
    };
    const make = (rule: object) => {
      const kinds = [`${rbac}/clusterroles`, `${rbac}/namespaces/${s.ns}/roles`];
      return Promise.all(
        kinds.map((path) => causes(s.post(`${path}?dryRun=All`, { metadata: { name: s.ns }, rules: [rule] }))),
      );
    };
    return {
      paths: await make(paths),
      both: await make({ ...paths, resources: ['pods'], apiGroups: [''] }),
      named: await make({ ...paths, resourceNames: ['a'] }),
      nothing: await make({}),
    };
  });

  conforms('event-time', 'an Event of the core group with a time says who reports what', async (s) => {
    const involvedObject = { kind: 'ConfigMap', name: 'a', namespace: s.ns };
    const make = async (fields: object) => {
      const metadata = { generateName: 'e-' };
      const body = { metadata, involvedObject, type: 'Normal', eventTime: '2024-01-01T00:00:00.000000Z', ...fields };
      const answer = await s.post(s.at('v1', 'events'), body);
      return [answer.code, { causes: at(answer, 'details', 'causes') ?? 'none' }];
    };
    const whole = { reportingComponent: 'capstan.dev/x', reportingInstance: 'x', action: 'Do', reason: 'Done' };
    return {
      bare: await make({}),
      whole: await make(whole),
      elsewhere: await make({ ...whole, involvedObject: { ...involvedObject, namespace: 'default' } }),
      nowhere: await make({ ...whole, involvedObject: { kind: 'Node', name: 'n' } }),
      names: await make({ ...whole, reportingComponent: 'not valid' }),
      long: await make({ ...whole, action: 'x'.repeat(129), reason: 'x'.repeat(129), message: 'x'.repeat(1025) }),
      longInstance: await make({ ...whole, reportingInstance: 'x'.repeat(129) }),
      timeless: await make({ eventTime: null, involvedObject: { kind: 'Node', name: 'n' } }),
    };
  });
};

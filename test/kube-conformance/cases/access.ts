import { ALICE_TOKEN, at, type Scene } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS } from '../widgets';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** Lets a user do something in the case's namespace. */
async function grant(s: Scene, user: string, rules: readonly object[]): Promise<void> {
  await s.post(s.at(RBAC, 'roles'), { metadata: { name: user }, rules });
  await s.post(s.at(RBAC, 'rolebindings'), {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
  });
}

/** Who may do what, and how a refusal reads. */
export const accessCases: Topic = (conforms) => {
  conforms('access-denied', 'a user without rights is told which one is missing', async (s) => ({
    list: await s.get(s.at('v1', 'configmaps'), { as: 'bob' }),
    get: await s.get(s.at('v1', 'configmaps', 'a'), { as: 'bob' }),
    create: await s.post(s.at(WIDGETS, 'widgets'), { metadata: { name: 'a' } }, { as: 'bob' }),
    status: await s.merge(s.at(WIDGETS, 'widgets', 'a', 'status'), {}, { as: 'bob' }),
    cluster: await s.get('/api/v1/nodes', { as: 'bob' }),
    allNamespaces: await s.get('/apis/apps/v1/deployments', { as: 'bob' }),
    watch: await s.get(`${s.at('v1', 'secrets')}?watch=true`, { as: 'bob' }),
    collection: await s.delete(s.at('v1', 'configmaps'), undefined, { as: 'bob' }),
    namespace: await s.get(`/api/v1/namespaces/${s.ns}`, { as: 'bob' }),
    path: await s.get('/metrics', { as: 'bob' }),
    unknownKind: await s.get(s.at('nowhere.dev/v1', 'things'), { as: 'bob' }),
  }));

  conforms('access-token', 'a token names its user; a wrong one nobody', async (s) => ({
    alice: await s.get(s.at('v1', 'configmaps'), { token: ALICE_TOKEN }),
    wrong: await s.get(s.at('v1', 'configmaps'), { token: 'wrong' }),
    health: await s.get('/healthz', { token: ALICE_TOKEN }),
  }));

  conforms('access-anonymous', 'nobody is anonymous', async (s) => ({
    system: await s.get(s.at('v1', 'configmaps'), { as: 'system:anonymous' }),
  }));

  conforms('access-granted', 'a Role grants its verbs on its resources in its namespace', async (s) => {
    await grant(s, 'carol', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create'] }]);
    const allowed = await s.until(
      () => s.post(s.at('v1', 'configmaps'), s.configMap('a'), { as: 'carol' }),
      (answer) => answer.code !== 403,
    );
    return {
      allowed: allowed.code,
      get: (await s.get(s.at('v1', 'configmaps', 'a'), { as: 'carol' })).code,
      list: await s.get(s.at('v1', 'configmaps'), { as: 'carol' }),
      patch: await s.merge(s.at('v1', 'configmaps', 'a'), {}, { as: 'carol' }),
      elsewhere: await s.get('/api/v1/namespaces/default/configmaps/a', { as: 'carol' }),
    };
  });

  conforms('access-names', 'a Role may name objects and subresources', async (s) => {
    await grant(s, 'dave', [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get', 'update'] },
      { apiGroups: ['conformance.capstan.dev'], resources: ['widgets/status'], verbs: ['patch'] },
    ]);
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.until(
      () => s.get(s.at('v1', 'configmaps', 'a'), { as: 'dave' }),
      (answer) => answer.code !== 403,
    );
    return {
      named: (await s.get(s.at('v1', 'configmaps', 'a'), { as: 'dave' })).code,
      other: await s.get(s.at('v1', 'configmaps', 'b'), { as: 'dave' }),
      list: await s.get(s.at('v1', 'configmaps'), { as: 'dave' }),
      listNamed: (await s.get(`${s.at('v1', 'configmaps')}?fieldSelector=metadata.name%3Da`, { as: 'dave' })).code,
      status: await s.merge(s.at(WIDGETS, 'widgets', 'none', 'status'), {}, { as: 'dave' }),
      object: await s.merge(s.at(WIDGETS, 'widgets', 'none'), {}, { as: 'dave' }),
    };
  });

  conforms('access-cluster-role', 'a ClusterRole bound in a namespace counts there', async (s) => {
    await s.post(`/apis/${RBAC}/clusterroles`, {
      metadata: { name: s.ns },
      rules: [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['/metrics'], verbs: ['get'] },
      ],
    });
    await s.post(s.at(RBAC, 'rolebindings'), {
      metadata: { name: 'x' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: s.ns },
      subjects: [
        { kind: 'Group', name: 'team', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'User', name: 'erin' },
      ],
    });
    const inside = await s.until(
      () => s.get(s.at('v1', 'secrets'), { as: 'erin' }),
      (answer) => answer.code !== 403,
    );
    return {
      inside: inside.code,
      nodes: (await s.get('/api/v1/nodes', { as: 'erin' })).code,
      path: (await s.get('/metrics', { as: 'erin' })).code,
    };
  });

  conforms('access-escalation', 'nobody grants what they do not have', async (s) => {
    await grant(s, 'frank', [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] },
    ]);
    const role = {
      metadata: { name: 'more' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
    };
    await s.until(
      () => s.get(s.at(RBAC, 'roles'), { as: 'frank' }),
      (answer) => answer.code !== 403,
    );
    return {
      role: await s.post(s.at(RBAC, 'roles'), role, { as: 'frank' }),
      binding: await s.post(
        s.at(RBAC, 'rolebindings'),
        {
          metadata: { name: 'b' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
        },
        { as: 'frank' },
      ),
    };
  });

  conforms('access-can-i', 'a user asks what it may do', async (s) => {
    await grant(s, 'grace', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]);
    const ask = (resourceAttributes: object, as = 'grace') =>
      s.post(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
        { as },
      );
    const attributes = { namespace: s.ns, verb: 'get', resource: 'configmaps' };
    const allowed = await s.until(
      () => ask(attributes),
      (answer) => at(answer, 'status', 'allowed') === true,
    );
    return {
      allowed,
      denied: await ask({ ...attributes, verb: 'delete' }),
      admin: await s.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        spec: { resourceAttributes: attributes },
      }),
    };
  });

  conforms('access-reviews', 'reviews of others, by namespace, of paths and that are not complete', async (s) => {
    const review = (kind: string, path: string, spec: object) =>
      s.post(path, { apiVersion: 'authorization.k8s.io/v1', kind, spec });
    return {
      subject: await review('SubjectAccessReview', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        user: 'nobody',
        resourceAttributes: { namespace: s.ns, verb: 'list', resource: 'pods' },
      }),
      masters: await review('SubjectAccessReview', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        user: 'x',
        groups: ['system:masters'],
        resourceAttributes: { verb: 'list', resource: 'pods' },
      }),
      local: await review('LocalSubjectAccessReview', s.at('authorization.k8s.io/v1', 'localsubjectaccessreviews'), {
        user: 'nobody',
        resourceAttributes: { namespace: s.ns, verb: 'list', resource: 'pods' },
      }),
      path: await review('SelfSubjectAccessReview', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        nonResourceAttributes: { path: '/healthz', verb: 'get' },
      }),
      empty: await review('SelfSubjectAccessReview', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {}),
      noUser: await review('SubjectAccessReview', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        resourceAttributes: { verb: 'get', resource: 'pods' },
      }),
    };
  });

  conforms('access-rules', 'the rules of a user in a namespace', async (s) => {
    await grant(s, 'heidi', [
      { apiGroups: ['conformance.capstan.dev'], resources: ['widgets'], verbs: ['get', 'list'] },
    ]);
    const ask = () =>
      s.post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: s.ns } }, { as: 'heidi' });
    const answer = await s.until(ask, (one) => JSON.stringify(one.body).includes('conformance.capstan.dev'));
    const rules = at(answer, 'status', 'resourceRules');
    return Array.isArray(rules)
      ? rules.filter((rule) => JSON.stringify(rule).includes('conformance.capstan.dev'))
      : answer;
  });

  conforms('access-rules-administrator', 'the rules of who may do everything are told once', async (s) => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
    const answer = await s.post(path, { spec: { namespace: s.ns } });
    return ['resourceRules', 'nonResourceRules'].map((field) => {
      const rules = at(answer, 'status', field);
      return Array.isArray(rules) ? rules.filter((rule) => JSON.stringify(rule).includes('"*"')) : answer;
    });
  });

  conforms('access-whoami', 'a user asks who it is', async (s) => {
    const answer = await s.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token: ALICE_TOKEN });
    return [answer.code, bodyOfUser(answer.body)];
  });

  conforms('access-impersonation', 'impersonation needs the right to it', (s) =>
    s.get(s.at('v1', 'configmaps'), { token: ALICE_TOKEN, as: 'admin' }),
  );
};

const bodyOfUser = (body: unknown): unknown => {
  const { status } = body as { status?: { userInfo?: { username?: string; groups?: string[] } } };
  return [status?.userInfo?.username ?? 'nobody', status?.userInfo?.groups ?? []];
};

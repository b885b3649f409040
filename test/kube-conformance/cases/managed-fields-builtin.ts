import { type Answer, managersOf } from '../scene';
import type { Topic } from '../topic';

const managers = (...answers: readonly Answer[]) =>
  answers.map((answer) => ({ code: answer.code, ...managersOf(answer) }));

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

/** The same for builtin kinds, whose lists have keys of their own. */
export const builtinManagedFieldsCases: Topic = (conforms) => {
  conforms('managers-deployment-create', 'a Deployment is owned with its defaults', async (s) =>
    managers(await s.post(s.at('apps/v1', 'deployments'), deployment())),
  );

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

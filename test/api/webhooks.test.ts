import { crds } from '../../api/crds';
import { answerWebhook, webhookConfigurations } from '../../api/webhooks';

const endpoint = { url: 'https://127.0.0.1:9443', caBundle: 'Y2E=' };

test('the CRDs of kinds with several versions name the conversion webhook', () => {
  const withWebhook = crds({ conversion: endpoint });
  const alone = crds({ conversion: 'none' });

  for (const crd of withWebhook) {
    const client = crd.spec.conversion?.webhook?.clientConfig;
    expect(client).toEqual(
      crd.spec.versions.length === 1 ? undefined : { url: 'https://127.0.0.1:9443/convert', caBundle: 'Y2E=' },
    );
  }
  expect(alone.map((crd) => crd.spec.versions.length)).toEqual(alone.map(() => 1));
  expect(alone.some((crd) => crd.spec.conversion !== undefined)).toBe(false);
});

test('in a cluster the webhooks are reached through a Service', () => {
  const service = { namespace: 'capstan-system', name: 'capstan-webhook' };

  const [mutating, validating] = webhookConfigurations({ endpoint: { service } });

  expect(mutating.webhooks?.[0]?.clientConfig).toEqual({ service: { ...service, path: '/mutate' } });
  expect(validating.webhooks?.[0]?.clientConfig).toEqual({ service: { ...service, path: '/validate' } });
});

test('beside an upstream Cluster API only our own groups are asked about', () => {
  const groups = ['infrastructure.cluster.x-k8s.io', 'capstan.dev'];

  const [mutating] = webhookConfigurations({ endpoint, groups });

  expect(mutating.webhooks?.[0]?.rules?.flatMap((rule) => rule.apiGroups).sort()).toEqual([...groups].sort());
});

test('requests are answered by path, whatever the query', () => {
  const object = {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta4',
    kind: 'CloudStackMachine',
    metadata: { name: 'm' },
    spec: { offering: {}, template: { name: 't' } },
  };
  const admission = { kind: 'AdmissionReview', request: { uid: 'u', operation: 'CREATE', object, oldObject: null } };
  const conversion = {
    kind: 'ConversionReview',
    request: { uid: 'u', desiredAPIVersion: 'infrastructure.cluster.x-k8s.io/v1beta3', objects: [object] },
  };

  expect(answerWebhook('/validate?timeout=10s', admission)).toMatchObject({ response: { uid: 'u', allowed: false } });
  expect(answerWebhook('/mutate', admission)).toMatchObject({ response: { uid: 'u', allowed: true } });
  expect(answerWebhook('/convert?timeout=30s', conversion)).toMatchObject({
    response: { result: { status: 'Success' } },
  });
  expect(answerWebhook('/other', admission)).toBeUndefined();
  expect(answerWebhook('/convert', admission)).toBeUndefined();
});

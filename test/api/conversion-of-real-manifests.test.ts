import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { ConversionUnknown, convert, reviewConversion } from '../../api/conversion';
import { kindFor } from '../../api/crds';
import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { conformanceFolder, describeWithData } from './conformance';

const machine: KubeObject = {
  apiVersion: 'cluster.x-k8s.io/v1beta1',
  kind: 'Machine',
  metadata: { name: 'm', namespace: 'ns' },
  spec: {
    clusterName: 'c',
    bootstrap: { configRef: { apiVersion: 'bootstrap.cluster.x-k8s.io/v1beta1', kind: 'KubeadmConfig', name: 'm' } },
    infrastructureRef: {
      apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta3',
      kind: 'CloudStackMachine',
      name: 'm',
    },
    nodeDrainTimeout: '90s',
  },
};

test('durations become seconds, references lose their version, and nothing needs to be noted', () => {
  const written = { ...machine, spec: { ...specOf(machine), nodeDrainTimeout: '1m30s' } };

  const hub = convert(written, 'cluster.x-k8s.io/v1beta2');

  expect(hub).toEqual({
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    metadata: { name: 'm', namespace: 'ns' },
    spec: {
      clusterName: 'c',
      bootstrap: { configRef: { apiGroup: 'bootstrap.cluster.x-k8s.io', kind: 'KubeadmConfig', name: 'm' } },
      infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'CloudStackMachine', name: 'm' },
      deletion: { nodeDrainTimeoutSeconds: 90 },
    },
  });
});

test('a client of the old version changes one field, and what it could not see stays', () => {
  const template: KubeObject = {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta4',
    kind: 'CloudStackMachine',
    metadata: { name: 'm', namespace: 'ns' },
    spec: {
      offering: { name: 'small' },
      template: { name: 'kube' },
      networks: [{ name: 'a' }, { name: 'b', ip: '10.0.0.1' }],
    },
    status: { ready: true, failureDomain: 'fd', instanceState: 'Running' },
  };

  const old = convert(template, 'infrastructure.cluster.x-k8s.io/v1beta2');
  expect(specOf(old)['networks']).toBeUndefined();
  const edited = { ...old, spec: { ...specOf(old), sshKey: 'mine' } };
  const back = convert(edited, 'infrastructure.cluster.x-k8s.io/v1beta4');

  expect(back).toEqual({ ...template, spec: { ...specOf(template), sshKey: 'mine' } });
});

test('an annotation written by CAPC itself is read as v1beta3', () => {
  const old: KubeObject = {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1',
    kind: 'CloudStackMachine',
    metadata: {
      name: 'm',
      namespace: 'ns',
      annotations: {
        'cluster.x-k8s.io/conversion-data': JSON.stringify({
          spec: { offering: { name: 'small' }, template: { name: 'kube' }, failureDomainName: 'fd-1' },
          status: { ready: true },
        }),
      },
    },
    spec: { offering: { name: 'small' }, template: { name: 'kube' } },
    status: { ready: true },
  };

  const hub = convert(old, 'infrastructure.cluster.x-k8s.io/v1beta4');

  expect(hub).toMatchObject({
    spec: { failureDomainName: 'fd-1' },
    status: { ready: true, initialization: { provisioned: true } },
  });
  expect(hub.metadata.annotations).toBeUndefined();
});

test('a damaged annotation is ignored', () => {
  const old = {
    ...machine,
    metadata: { ...machine.metadata, annotations: { 'cluster.x-k8s.io/conversion-data': '{' } },
  };

  expect(convert(old, 'cluster.x-k8s.io/v1beta2').spec).toMatchObject({ clusterName: 'c' });
});

test('a review is answered object by object, and a failure is told instead of thrown', () => {
  const request = { uid: 'u', desiredAPIVersion: 'cluster.x-k8s.io/v1beta2', objects: [machine] };
  const review = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' as const, request };

  expect(reviewConversion(review).response).toMatchObject({
    uid: 'u',
    result: { status: 'Success' },
    convertedObjects: [{ apiVersion: 'cluster.x-k8s.io/v1beta2' }],
  });
  expect(reviewConversion({ ...review, request: { ...request, desiredAPIVersion: 'x/v1' } }).response).toMatchObject({
    uid: 'u',
    result: { status: 'Failed', message: expect.stringContaining('x/v1') },
  });
  expect(() => convert(machine, 'cluster.x-k8s.io/v9')).toThrow(ConversionUnknown);
});

describeWithData('the flavours CAPC ships', () => {
  test.each(['cluster-template.yaml', 'cluster-template-with-kube-vip.yaml'])(
    '%s is valid in the hub versions',
    (file) => {
      const text = readFileSync(join(conformanceFolder, 'capc-v0.6.1/templates', file), 'utf8');
      const objects = loadAll(substituted(text)).filter(isKubeObject);

      const problems = objects.flatMap((object) => {
        const kind = kindFor(object.apiVersion, object.kind);
        if (kind === undefined) return [`${object.apiVersion} ${object.kind} is unknown`];
        const hub = convert(object, kind.apiVersion);
        return kind
          .problems(kind.withDefaults(hub))
          .map((problem) => `${object.kind}: ${problem.path} ${problem.message}`);
      });

      expect(objects.length).toBeGreaterThanOrEqual(6);
      expect(problems).toEqual([]);
    },
  );
});

const VALUES: { readonly [name: string]: string } = {
  CLUSTER_NAME: 'demo',
  KUBERNETES_VERSION: 'v1.34.2',
  CONTROL_PLANE_MACHINE_COUNT: '1',
  WORKER_MACHINE_COUNT: '1',
  CLUSTER_ENDPOINT_PORT: '6443',
};

/** `${NAME}` and `${NAME=default}`, as clusterctl replaces them. */
function substituted(text: string): string {
  return text.replace(
    /\$\{(\w+)(?::?=([^}]*))?\}/g,
    (_all, name: string, fallback?: string) => VALUES[name] ?? fallback ?? 'some',
  );
}

function isKubeObject(value: unknown): value is KubeObject {
  return isJsonObject(value) && typeof value['kind'] === 'string' && typeof value['apiVersion'] === 'string';
}

function specOf(object: KubeObject): { [key: string]: unknown } {
  const { spec } = object;
  return isJsonObject(spec) ? spec : {};
}

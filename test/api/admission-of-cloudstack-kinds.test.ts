import { admit, reviewMutation, reviewValidation } from '../../api/admission';
import type { CloudStackCluster, CloudStackMachine, MachineDeployment } from '../../api/kinds';
import { cloneJson } from '../../machinery/json';

const failureDomain = {
  name: 'fd-1',
  zone: { name: 'zone-1', network: { name: 'net' } },
  acsEndpoint: { name: 'credentials', namespace: 'default' },
};

const cluster: CloudStackCluster = {
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta4',
  kind: 'CloudStackCluster',
  metadata: { name: 'c', namespace: 'default' },
  spec: { failureDomains: [failureDomain], controlPlaneEndpoint: { host: '', port: 0 } },
};

const machine: CloudStackMachine = {
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta4',
  kind: 'CloudStackMachine',
  metadata: { name: 'm', namespace: 'default' },
  spec: { offering: { name: 'small' }, template: { name: 'kube' }, diskOffering: { name: 'disk' } },
};

function changed<T>(object: T, change: (copy: T) => void): T {
  const copy = cloneJson(object);
  change(copy);
  return copy;
}

function blamed(object: CloudStackCluster | CloudStackMachine, oldObject?: CloudStackCluster | CloudStackMachine) {
  const operation = oldObject === undefined ? 'CREATE' : 'UPDATE';
  return admit({ operation, object, oldObject }).causes.map((cause) => `${cause.reason} ${cause.field}`);
}

test.each<[string, (copy: CloudStackCluster) => void, string[]]>([
  ['no failure domain', ({ spec }) => void spec.failureDomains.pop(), ['FieldValueInvalid spec.failureDomains']],
  [
    'a name that is no DNS name',
    ({ spec }) => void spec.failureDomains.push({ ...failureDomain, name: 'Not_A_Name' }),
    ['FieldValueInvalid spec.failureDomains[1].name'],
  ],
  [
    'two failure domains of one name',
    ({ spec }) => void spec.failureDomains.push(failureDomain),
    ['FieldValueDuplicate spec.failureDomains[1]'],
  ],
  [
    'a network without name and id',
    ({ spec }) => void spec.failureDomains.push({ ...failureDomain, name: 'b', zone: { network: {} } }),
    ['FieldValueRequired spec.failureDomains[1].zone.network'],
  ],
  [
    'credentials without namespace',
    ({ spec }) => void spec.failureDomains.push({ ...failureDomain, name: 'b', acsEndpoint: { name: 'x' } }),
    ['FieldValueRequired spec.failureDomains[1].acsEndpoint'],
  ],
])('a cluster is refused on creation: %s', (_name, change, expected) => {
  expect(blamed(changed(cluster, change))).toEqual(expected);
});

test.each<[string, (copy: CloudStackCluster) => void, string[]]>([
  ['nothing changes', () => {}, []],
  [
    'the endpoint is filled in',
    ({ spec }) => void Object.assign(spec, { controlPlaneEndpoint: { host: '10.0.0.1', port: 6443 } }),
    [],
  ],
  ['a failure domain is added', ({ spec }) => void spec.failureDomains.unshift({ ...failureDomain, name: 'new' }), []],
  [
    'a failure domain moves to another network',
    ({ spec }) =>
      void Object.assign(spec, {
        failureDomains: [{ ...failureDomain, zone: { name: 'zone-1', network: { name: 'other' } } }],
      }),
    ['FieldValueForbidden spec.failureDomains[0].zone.network.name'],
  ],
  [
    'no failure domain survives',
    ({ spec }) => void Object.assign(spec, { failureDomains: [{ ...failureDomain, name: 'other' }] }),
    ['FieldValueForbidden spec.failureDomains'],
  ],
])('a cluster is updated: %s', (_name, change, expected) => {
  expect(blamed(changed(cluster, change), cluster)).toEqual(expected);
});

test('a known endpoint stays', () => {
  const known = changed(
    cluster,
    ({ spec }) => void Object.assign(spec, { controlPlaneEndpoint: { host: '10.0.0.1', port: 6443 } }),
  );
  const moved = changed(
    cluster,
    ({ spec }) => void Object.assign(spec, { controlPlaneEndpoint: { host: '10.0.0.2', port: 7443 } }),
  );
  expect(blamed(moved, known)).toEqual([
    'FieldValueForbidden spec.controlPlaneEndpoint.host',
    'FieldValueForbidden spec.controlPlaneEndpoint.port',
  ]);
});

test.each<[string, (copy: CloudStackMachine) => void, string[]]>([
  [
    'the provider writes what it knows',
    ({ spec }) => void Object.assign(spec, { instanceID: 'i', providerID: 'cloudstack:///i' }),
    [],
  ],
  ['an empty text is the same as none', ({ spec }) => void Object.assign(spec, { sshKey: '' }), []],
  [
    'the offering changes',
    ({ spec }) => void Object.assign(spec, { offering: { name: 'big' } }),
    ['FieldValueForbidden spec.offering'],
  ],
  ['a disk is taken away', ({ spec }) => void delete spec.diskOffering, ['FieldValueForbidden spec.diskOffering.name']],
  [
    'details appear',
    ({ spec }) => void Object.assign(spec, { details: { a: 'b' } }),
    ['FieldValueForbidden spec.details'],
  ],
  ['networks change, as in CAPC', ({ spec }) => void Object.assign(spec, { networks: [{ name: 'a' }] }), []],
])('a machine is updated: %s', (_name, change, expected) => {
  expect(blamed(changed(machine, change), machine)).toEqual(expected);
});

test.each<[string, (copy: CloudStackMachine) => void, string[]]>([
  ['no offering', ({ spec }) => void Object.assign(spec, { offering: {} }), ['FieldValueRequired spec.offering']],
  [
    'an unknown affinity',
    ({ spec }) => void Object.assign(spec, { affinity: 'soft' }),
    ['FieldValueInvalid spec.affinity'],
  ],
  [
    'groups beside a managed group',
    ({ spec }) => void Object.assign(spec, { affinity: 'anti', affinityGroupIDs: ['g'] }),
    ['FieldValueForbidden spec.affinityGroupIDs'],
  ],
  [
    'a negative disk',
    ({ spec }) => void Object.assign(spec, { diskOffering: { name: 'd', customSizeInGB: -1 } }),
    ['FieldValueInvalid spec.diskOffering.customSizeInGB'],
  ],
])('a machine is refused on creation: %s', (_name, change, expected) => {
  expect(blamed(changed(machine, change))).toEqual(expected);
});

test('an object in an old version is judged in the hub version', () => {
  const old = {
    ...changed(cluster, ({ spec }) => void spec.failureDomains.pop()),
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta3',
  };

  expect(admit({ operation: 'CREATE', object: old }).allowed).toBe(false);
});

const deployment: MachineDeployment = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'MachineDeployment',
  metadata: { name: 'md', namespace: 'default' },
  spec: {
    clusterName: 'c',
    selector: {},
    template: {
      spec: {
        clusterName: 'c',
        bootstrap: { dataSecretName: 's' },
        infrastructureRef: {
          apiGroup: 'infrastructure.cluster.x-k8s.io',
          kind: 'CloudStackMachineTemplate',
          name: 't',
        },
      },
    },
  },
};

test('what an API server leaves out it sends as null', () => {
  const review = (request: { operation: 'CREATE' | 'DELETE'; object: CloudStackCluster | null; oldObject: null }) =>
    reviewValidation({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', ...request },
    }).response;

  expect(review({ operation: 'CREATE', object: cluster, oldObject: null })).toEqual({ uid: 'u', allowed: true });
  expect(review({ operation: 'DELETE', object: null, oldObject: null })).toEqual({ uid: 'u', allowed: true });
});

test('the mutating webhook answers with a patch, and with none when nothing is to do', () => {
  const review = (object: MachineDeployment) =>
    reviewMutation({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', operation: 'CREATE', object },
    }).response;

  const patch: unknown = JSON.parse(Buffer.from(review(deployment)?.patch ?? '', 'base64').toString());
  expect(patch).toMatchObject([
    { op: 'add', path: '/spec', value: { replicas: 1 } },
    { op: 'add', path: '/metadata/labels', value: { 'cluster.x-k8s.io/cluster-name': 'c' } },
  ]);

  const defaulted = admit({ operation: 'CREATE', object: deployment }).object;
  expect(defaulted).toBeDefined();
  if (defaulted !== undefined) {
    const again = reviewMutation({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', operation: 'CREATE', object: defaulted },
    });
    expect(again.response).toEqual({ uid: 'u', allowed: true });
  }
});

test('the validating webhook names every field and the way out', () => {
  const object = changed(cluster, ({ spec }) => void spec.failureDomains.pop());

  const { response } = reviewValidation({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u', operation: 'CREATE', object },
  });

  expect(response).toMatchObject({
    uid: 'u',
    allowed: false,
    status: { code: 422, reason: 'Invalid', details: { causes: [{ field: 'spec.failureDomains' }] } },
  });
});

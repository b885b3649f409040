import fc from 'fast-check';
import { contractOf, crdNameOf, viewControlPlane, viewInfraCluster } from '../../machinery/contract';
import { fnv1a32 } from '../../machinery/fnv';
import { isLabelValue, labelValueOf } from '../../machinery/label-values';
import { generateName, NameTemplateInvalid, renderName } from '../../machinery/names';
import { SeededRandom } from '../../machinery/random';
import { compareApiVersions, compareVersions, countVersions, parseVersion } from '../../machinery/versions';

test('generated names are 63 characters at most and end in five of the alphabet', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 0, maxLength: 90 }), fc.nat(), (base, seed) => {
      const name = generateName(base, new SeededRandom(seed));

      expect(name.length).toBeLessThanOrEqual(63);
      expect(name.slice(-5)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    }),
  );
});

test('a naming template is rendered, cut when it is long, and refused when it cannot work', () => {
  const variables = { 'machineSet.name': 'a'.repeat(60), 'cluster.name': 'c' };
  const random = new SeededRandom(1);

  expect(renderName('{{ .cluster.name }}-{{ .random }}', variables, random)).toMatch(/^c-.{5}$/);
  expect(renderName('{{ .machineSet.name }}-{{ .random }}', variables, random)).toHaveLength(63);
  expect(() => renderName('{{ .cluster.name }}', variables, random)).toThrow(NameTemplateInvalid);
  expect(() => renderName('{{ .nobody }}-{{ .random }}', variables, random)).toThrow(/known are/);
  expect(() => renderName('UPPER-{{ .random }}', variables, random)).toThrow(/DNS-1123/);
});

test('names that are no label values become hashes, always the same', () => {
  expect(labelValueOf('short')).toBe('short');
  expect(labelValueOf('x'.repeat(64))).toMatch(/^hash_[\w-]{6}_z$/);
  fc.assert(fc.property(fc.string({ maxLength: 120 }), (name) => expect(isLabelValue(labelValueOf(name))).toBe(true)));
});

test('FNV-1a agrees with the published vectors', () => {
  expect(fnv1a32('')).toBe(0x811c9dc5);
  expect(fnv1a32('a')).toBe(0xe40c292c);
  expect(fnv1a32('foobar')).toBe(0xbf9cf968);
});

test('versions are ordered as Semantic Versioning says', () => {
  const ordered = [
    'v1.33.9',
    'v1.34.0-alpha.1',
    'v1.34.0-alpha.beta',
    'v1.34.0-beta.2',
    'v1.34.0-beta.11',
    'v1.34.0-rc.1',
    'v1.34.0',
    'v1.34.10',
  ];
  const parsed = ordered.map((text) => parseVersion(text));

  for (const [index, left] of parsed.entries()) {
    for (const [other, right] of parsed.entries()) {
      if (left === undefined || right === undefined) throw new Error('not parsed');
      expect(compareVersions(left, right)).toBe(Math.sign(index - other));
    }
  }
  expect(parseVersion('1.34')).toBeUndefined();
  expect(parseVersion('v01.34.0')).toBeUndefined();
});

test('API versions: stable before beta before alpha, then numbers', () => {
  const texts = ['v1alpha1', 'v1', 'v2beta1', 'v1beta2', 'v1beta10'];

  expect([...texts].sort(compareApiVersions)).toEqual(['v1alpha1', 'v1beta2', 'v1beta10', 'v2beta1', 'v1']);
});

test('counted versions go from old to new', () => {
  expect(countVersions(['v1.34.1', 'v1.33.4', undefined, 'v1.34.1'])).toEqual([
    { version: 'v1.33.4', replicas: 1 },
    { version: 'v1.34.1', replicas: 2 },
  ]);
});

test('contract labels: the newest contract with a value wins', () => {
  expect(contractOf({ 'cluster.x-k8s.io/v1beta1': 'v1_v2', 'cluster.x-k8s.io/v1beta2': '' })).toEqual({
    contract: 'v1beta1',
    versions: ['v1', 'v2'],
  });
  expect(contractOf({})).toBeUndefined();
  expect(crdNameOf('x.io', 'CloudStackCluster')).toBe('cloudstackclusters.x.io');
  expect(crdNameOf('x.io', 'DevProxy')).toBe('devproxies.x.io');
});

test('both contracts give the same view', () => {
  const base = {
    apiVersion: 'x.io/v1',
    kind: 'C',
    metadata: { name: 'c' },
    spec: { controlPlaneEndpoint: { host: 'h', port: 6443 }, replicas: 3 },
  };

  expect(
    viewInfraCluster(
      { ...base, status: { ready: true, failureDomains: { b: { controlPlane: true }, a: {} } } },
      'v1beta1',
    ),
  ).toEqual(
    viewInfraCluster(
      {
        ...base,
        status: {
          initialization: { provisioned: true },
          failureDomains: [{ name: 'a' }, { name: 'b', controlPlane: true }],
        },
      },
      'v1beta2',
    ),
  );
  expect(viewControlPlane({ ...base, status: { initialized: true, unavailableReplicas: 1 } }, 'v1beta1')).toMatchObject(
    {
      initialized: true,
      availableReplicas: 2,
    },
  );
});

/** Objects that a structural schema allows, made up by fast-check. */
import * as fc from 'fast-check';
import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

type Schema = { [keyword: string]: unknown };

const WORDS = ['a', 'b', 'c1', 'zone-1', 'x.y', 'Ä', 'true', '0', 'Pro', 'anti', 'LVM', 'Ready'];
const DURATIONS = ['0s', '10s', '90s', '1m30s', '1h0m0s', '1.5s', '2h'];
const API_VERSIONS = [
  'cluster.x-k8s.io/v1beta1',
  'infrastructure.cluster.x-k8s.io/v1beta3',
  'infrastructure.cluster.x-k8s.io/v1beta1',
  'controlplane.cluster.x-k8s.io/v1alpha4',
];

/** Values a schema allows as far as conversion cares: patterns and formats are not looked at. */
export function arbitraryOf(schema: Schema, field = ''): fc.Arbitrary<unknown> {
  const { enum: options, properties, items, additionalProperties, type } = schema;
  if (Array.isArray(options)) return fc.constantFrom(...options);
  if (schema['x-kubernetes-int-or-string'] === true) return fc.oneof(fc.nat(9), fc.constantFrom('10%', '2'));
  if (schema['x-kubernetes-preserve-unknown-fields'] === true)
    return fc.constantFrom<unknown>(1, 'x', { k: [1] }, [{}]);
  if (type === 'array') return arbitraryList(schema, isJsonObject(items) ? items : {}, field);
  if (isJsonObject(additionalProperties)) {
    return fc.dictionary(fc.constantFrom(...WORDS), arbitraryOf(additionalProperties), { maxKeys: 2 });
  }
  if (isJsonObject(properties)) return arbitraryObject(schema, properties);
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer')
    return fc.integer({ min: typeof schema['minimum'] === 'number' ? schema['minimum'] : 0, max: 40 });
  if (type === 'object') return fc.constant({});
  return arbitraryText(schema, field);
}

function arbitraryText(schema: Schema, field: string): fc.Arbitrary<string> {
  if (schema['format'] === 'date-time') return fc.constantFrom('2026-01-31T12:00:00Z', '2025-07-01T00:00:00Z');
  if (/(?:timeout|ttl|period)/i.test(field)) return fc.constantFrom(...DURATIONS);
  if (field === 'apiVersion') return fc.constantFrom(...API_VERSIONS);
  const words = fc.constantFrom(...WORDS);
  return Number(schema['minLength'] ?? 0) > 0 ? words : fc.oneof(words, fc.constant(''));
}

function arbitraryList(schema: Schema, items: Schema, field: string): fc.Arbitrary<unknown> {
  const limits = {
    minLength: Number(schema['minItems'] ?? 0),
    maxLength: Math.max(2, Number(schema['minItems'] ?? 0)),
  };
  const keys = schema['x-kubernetes-list-map-keys'];
  if (!Array.isArray(keys)) return fc.array(arbitraryOf(items, field), limits);
  // The first key alone is unique where a CEL rule asks for it (`extraArgs`), so it is made unique everywhere.
  const selector = (item: unknown) => (isJsonObject(item) ? item[String(keys[0])] : item);
  return fc.uniqueArray(arbitraryOf(items, field), { ...limits, selector });
}

function arbitraryObject(schema: Schema, properties: Schema): fc.Arbitrary<unknown> {
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const fields = Object.fromEntries(
    Object.entries(properties)
      .filter((entry): entry is [string, Schema] => isJsonObject(entry[1]))
      .map(([name, field]) => [name, arbitraryOf(field, name)]),
  );
  const record = fc.record(fields, { requiredKeys: required });
  return Number(schema['minProperties'] ?? 0) === 0 ? record : record.filter((value) => Object.keys(value).length > 0);
}

/** Whole objects of a kind in a version with this schema. */
export function arbitraryKubeObject(apiVersion: string, kind: string, schema: Schema): fc.Arbitrary<KubeObject> {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const part = (name: string) => {
    const partSchema = properties[name];
    return isJsonObject(partSchema) ? arbitraryOf(partSchema) : fc.constant(undefined);
  };
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const optional = (name: string) => (required.includes(name) ? part(name) : fc.option(part(name), { nil: undefined }));
  return fc
    .record({ spec: optional('spec'), status: optional('status'), labels: fc.option(fc.constant({ a: 'b' })) })
    .map(({ spec, status, labels }) => ({
      apiVersion,
      kind,
      metadata: { name: 'thing', namespace: 'ns', ...(labels === null ? {} : { labels }) },
      ...(spec === undefined ? {} : { spec }),
      ...(status === undefined ? {} : { status }),
    }));
}

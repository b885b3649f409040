import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { type Answer, type Client, type Fields, Scene } from './scene';

/** Kind shared by cases; each has its objects in a namespace of its own. */
export const WIDGETS = 'conformance.capstan.dev/v1';

const text = { type: 'string' };
const integer = { type: 'integer' };

/** One field for every rule that our CRDs use. */
const WIDGET_SPEC = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    replicas: { type: 'integer', format: 'int32', default: 1 },
    color: { type: 'string', enum: ['red', 'green', 'blue'], default: 'red' },
    label: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 8 },
    frozen: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }] },
    maybe: { type: 'string', nullable: true },
    defaulted: { type: 'string', nullable: true, default: 'here' },
    port: { 'x-kubernetes-int-or-string': true },
    ratio: { type: 'number' },
    enabled: { type: 'boolean' },
    at: { type: 'string', format: 'date-time' },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
    parts: {
      type: 'array',
      maxItems: 4,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: text, amount: { ...integer, default: 1 }, note: text },
      },
    },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        required: ['port'],
        properties: { port: integer, protocol: { type: 'string', default: 'TCP' }, name: text },
      },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    steps: { type: 'array', items: text },
    options: { type: 'object', additionalProperties: text },
    numbers: { type: 'object', additionalProperties: integer },
    address: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { host: text, port: integer } },
    nested: {
      type: 'object',
      properties: { deep: { type: 'object', properties: { value: text, level: { ...integer, default: 7 } } } },
    },
    selector: {
      type: 'object',
      properties: { matchLabels: { type: 'object', additionalProperties: text } },
    },
  },
};

export const WIDGET_SCHEMA = {
  type: 'object',
  properties: {
    spec: WIDGET_SPEC,
    status: {
      type: 'object',
      properties: {
        phase: text,
        replicas: integer,
        selector: text,
        observedGeneration: { type: 'integer', format: 'int64' },
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: {
            type: 'object',
            required: ['type', 'status'],
            properties: { type: text, status: { type: 'string', enum: ['True', 'False', 'Unknown'] }, reason: text },
          },
        },
      },
    },
  },
};

export interface CrdShape {
  readonly group: string;
  readonly kind: string;
  readonly schema: Fields;
  readonly scope?: 'Namespaced' | 'Cluster';
  /** Fields of the only version, `v1`. */
  readonly version?: Fields;
  /** Fields of the spec of the CRD. */
  readonly spec?: Fields;
}

/** A CustomResourceDefinition with one version, `v1`. */
export function crdOf({ group, kind, schema, scope = 'Namespaced', version = {}, spec = {} }: CrdShape): KubeObject {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope,
      names: { kind, singular, plural: `${singular}s`, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      ...spec,
    },
  };
}

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Creates a CRD and waits until its objects are served. */
export async function install(scene: Scene, crd: KubeObject): Promise<Answer> {
  const created = await scene.post(CRDS, crd);
  if (created.code !== 201) return created;
  const group = String(valueAt(crd, 'spec', 'group'));
  const plural = String(valueAt(crd, 'spec', 'names', 'plural'));
  const versions = valueAt(crd, 'spec', 'versions');
  for (const version of Array.isArray(versions) ? versions : []) {
    if (valueAt(version, 'served') !== true) continue;
    await scene.until(
      () => scene.get(`/apis/${group}/${String(valueAt(version, 'name'))}/${plural}`),
      (answer) => answer.code === 200,
    );
  }
  return created;
}

/** The kind {@link WIDGETS}, with status, scale and columns. */
export async function installWidgets(client: Client): Promise<void> {
  const crd = crdOf({
    group: 'conformance.capstan.dev',
    kind: 'Widget',
    schema: WIDGET_SCHEMA,
    version: {
      subresources: {
        status: {},
        scale: {
          specReplicasPath: '.spec.replicas',
          statusReplicasPath: '.status.replicas',
          labelSelectorPath: '.status.selector',
        },
      },
      additionalPrinterColumns: [
        { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
        { name: 'Color', type: 'string', jsonPath: '.spec.color', description: 'What it looks like' },
        { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        { name: 'Tags', type: 'string', jsonPath: '.spec.tags', priority: 1 },
      ],
    },
  });
  const installed = await install(new Scene(client, 'suite'), crd);
  if (installed.code !== 201) throw new Error(`the Widget CRD is refused: ${JSON.stringify(installed)}`);
}

/** A Widget with a valid spec. */
export const widget = (name: string, spec: Fields = {}, fields: Fields = {}, metadata: Fields = {}): KubeObject => ({
  apiVersion: WIDGETS,
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec: { size: 3, ...spec },
  ...fields,
});

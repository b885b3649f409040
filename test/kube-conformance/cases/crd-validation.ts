import type { KubeObject } from '../../../machinery/kube-object';
import { at, type Fields, type Scene } from '../scene';
import type { Topic } from '../topic';
import { CRDS, type CrdShape, crdOf } from '../widgets';

type Shape = Partial<Pick<CrdShape, 'version' | 'spec'>>;

/** What the server says of a CRD with this schema. */
async function verdict(s: Scene, schema: Fields, shape: Shape = {}, edit = (crd: KubeObject): KubeObject => crd) {
  const answer = await s.post(`${CRDS}?dryRun=All`, edit(crdOf({ group: s.group, kind: 'Bad', schema, ...shape })));
  return answer.code === 201
    ? 'accepted'
    : { code: answer.code, message: at(answer, 'message'), causes: at(answer, 'details', 'causes') ?? 'none' };
}

async function verdicts(s: Scene, schemas: { readonly [name: string]: Fields }) {
  const answers: { [name: string]: unknown } = {};
  for (const [name, schema] of Object.entries(schemas)) answers[name] = await verdict(s, schema);
  return answers;
}

const text = { type: 'string' };
const integer = { type: 'integer' };
const specOf = (field: Fields): Fields => ({ type: 'object', properties: { spec: field } });
const ruled = (rule: Fields | string): Fields =>
  specOf({
    type: 'object',
    'x-kubernetes-validations': [typeof rule === 'string' ? { rule } : rule],
    properties: {
      a: text,
      'a-b': text,
      map: {
        type: 'object',
        maxProperties: 3,
        additionalProperties: { type: 'object', properties: { x: integer } },
      },
      list: { type: 'array', maxItems: 3, items: { type: 'object', properties: { y: integer } } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      either: { 'x-kubernetes-int-or-string': true },
    },
  });

/** What is asked of a CRD before anybody may use it. */
export const crdValidationCases: Topic = (conforms) => {
  conforms('crd-patterns', 'patterns that RE2 does not read', (s) =>
    verdicts(
      s,
      Object.fromEntries(
        ['(', ')', '[a', '*a', 'a**', 'a\\', 'a{2,1}', '[z-a]', '(?=a)', '\\1', '(?P<x>a)', '(?i)abc', '\\d+\\z'].map(
          (pattern) => [pattern, specOf({ ...text, pattern })],
        ),
      ),
    ),
  );

  conforms('crd-rules', 'rules that read fields which their schema has not', (s) =>
    verdicts(s, {
      fine: ruled('self.a == "x" && has(self.list) && self.map.all(k, self.map[k].x > 0)'),
      missing: ruled('self.b == "x"'),
      several: ruled('self.b == "x" && self.c == "y"'),
      has: ruled('has(self.b)'),
      inMap: ruled('self.map.all(k, self.map[k].z > 0)'),
      inList: ruled('self.list.all(i, i.z > 0)'),
      filtered: ruled('self.list.filter(i, i.y > 0).all(j, j.q > 1)'),
      escaped: ruled('self.a__dash__b == "x"'),
      free: ruled('self.free.x == 1'),
      either: ruled('self.either == 1'),
      old: ruled('oldSelf.zz == self.a'),
      lines: ruled({ rule: 'self.a ==\n  self.b', message: 'm' }),
      linesWithoutMessage: ruled('self.a ==\n  self.b'),
      message: ruled({ rule: 'self.a == "x"', messageExpression: 'self.zz' }),
      optionalOld: ruled({ rule: 'self.a == "x"', optionalOldSelf: true }),
      reason: ruled({ rule: 'self.a == "x"', reason: 'Because' }),
      empty: ruled(' '),
    }),
  );

  conforms('crd-rules-root', 'rules of the root see names and nothing else of the metadata', (s) => {
    const root = (rule: string) => ({
      type: 'object',
      'x-kubernetes-validations': [{ rule }],
      properties: { spec: { type: 'object' } },
    });
    return verdicts(s, {
      name: root('self.metadata.name == "x" && self.kind == "Bad"'),
      labels: root('self.metadata.name == "x" || self.metadata.labels == {}'),
    });
  });

  conforms('crd-rules-uncorrelated', 'transition rules stand where old and new can be matched', (s) => {
    const rules = { 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
    const items = { ...text, maxLength: 5, ...rules };
    const keyed = { type: 'object', required: ['k'], properties: { k: text }, ...rules };
    return verdicts(s, {
      atomic: specOf({ type: 'array', maxItems: 3, items }),
      map: specOf({
        type: 'array',
        maxItems: 3,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: keyed,
      }),
    });
  });

  conforms('crd-defaults', 'defaults must be valid and pruned', (s) =>
    verdicts(s, {
      type: specOf({ type: 'object', properties: { a: { ...integer, default: 'x' } } }),
      unknown: specOf({ type: 'object', default: { q: 1 }, properties: { a: integer } }),
      enum: specOf({ type: 'object', properties: { a: { ...text, enum: ['x'], default: 'y' } } }),
      required: specOf({ type: 'object', required: ['a'], default: {}, properties: { a: text } }),
      items: specOf({ type: 'array', items: { ...integer, default: 'x' } }),
      fine: specOf({ type: 'object', default: {}, properties: { a: { ...text, default: 'x' } } }),
    }),
  );

  conforms('crd-structure', 'types, maps and lists that contradict themselves', (s) => {
    const item = { type: 'object', properties: { a: text } };
    return verdicts(s, {
      unknownType: specOf({ type: 'objekt' }),
      untypedItem: specOf({ type: 'array', items: {} }),
      rootType: { type: 'string' },
      rootMap: { type: 'object', additionalProperties: text },
      both: specOf({ type: 'object', properties: { a: text }, additionalProperties: text }),
      unique: specOf({ type: 'array', uniqueItems: true, items: text }),
      setOfMaps: specOf({ type: 'array', 'x-kubernetes-list-type': 'set', items: item }),
      keysWithoutType: specOf({ type: 'array', 'x-kubernetes-list-map-keys': ['a'], items: item }),
      unknownKey: specOf({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['b'],
        items: item,
      }),
      metadataName: {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { name: { ...text, maxLength: 5 } } } },
      },
      metadataText: { type: 'object', properties: { metadata: text } },
    });
  });

  conforms('crd-names', 'names, scope and versions', async (s) => {
    const plain = { type: 'object' };
    const edited = (change: Fields, names: Fields = {}) =>
      verdict(s, plain, {}, (crd) => ({
        ...crd,
        spec: {
          ...(crd['spec'] as Fields),
          ...change,
          names: { ...((crd['spec'] as Fields)['names'] as Fields), ...names },
        },
      }));
    return {
      shortNames: await edited({}, { shortNames: ['B_1'], categories: ['X!'] }),
      kind: await edited({}, { kind: 'Bad!' }),
      listKind: await edited({}, { listKind: 'Bad' }),
      scope: await edited({ scope: 'Both' }),
      version: await verdict(s, plain, { version: { name: 'V_1' } }),
      noVersion: await edited({ versions: [] }),
      sameVersions: await edited({
        versions: [true, false].map((storage) => ({
          name: 'v1',
          served: true,
          storage,
          schema: { openAPIV3Schema: plain },
        })),
      }),
    };
  });

  conforms('crd-version-parts', 'columns, scale paths and selectable fields', async (s) => {
    const plain = { type: 'object' };
    const of = (version: Fields) => verdict(s, plain, { version });
    return {
      column: await of({ additionalPrinterColumns: [{ name: '', type: 'text', jsonPath: 'spec' }] }),
      scale: await of({ subresources: { scale: { specReplicasPath: 'x', statusReplicasPath: '.spec.x' } } }),
      selectable: await of({ selectableFields: [{ jsonPath: '.spec.x' }] }),
    };
  });
};

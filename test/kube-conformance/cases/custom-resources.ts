import { at, type Fields, type Scene } from '../scene';
import type { Topic } from '../topic';
import { CRDS, crdOf, install, WIDGETS, widget } from '../widgets';

const create = (s: Scene, name: string, spec: Fields) => s.post(s.at(WIDGETS, 'widgets'), widget(name, spec));

/** Custom resources: defaulting, pruning, validation; and CRDs: rules, conditions, versions. */
export const crdCases: Topic = (conforms) => {
  conforms('crd-default', 'defaults are filled in, deep ones where their parent is', async (s) => ({
    plain: at(await create(s, 'a', {}), 'spec'),
    nested: at(
      await create(s, 'b', {
        nested: { deep: {} },
        parts: [{ name: 'a' }, { name: 'b', amount: 5 }],
        ports: [{ port: 1 }],
      }),
      'spec',
    ),
    noParent: at(await create(s, 'c', { nested: {} }), 'spec'),
  }));

  conforms('crd-null', 'null is dropped where it is not nullable, then defaulted', async (s) => ({
    defaulted: await create(s, 'a', { color: null, options: null, nested: { deep: { level: null } } }),
    nullable: await create(s, 'b', { maybe: null, defaulted: null }),
    selector: await create(s, 'c', { selector: { matchLabels: null } }),
    item: await create(s, 'd', { options: { a: null } }),
    list: await create(s, 'e', { steps: [null] }),
    parts: await create(s, 'f', { parts: null }),
    required: await create(s, 'g', { size: null }),
  }));

  conforms('crd-null-update', 'null by update and patch', async (s) => {
    await create(s, 'a', { maybe: 'x', selector: { matchLabels: { a: 'b' } } });
    const path = s.at(WIDGETS, 'widgets', 'a');
    return {
      json: await s.json(path, [{ op: 'replace', path: '/spec/selector/matchLabels', value: null }]),
      nullable: await s.json(path, [{ op: 'replace', path: '/spec/maybe', value: null }]),
      merge: await s.merge(path, { spec: { maybe: null } }),
    };
  });

  conforms('crd-prune', 'unknown fields are pruned, where it is allowed they stay', async (s) => {
    const body = widget(
      'a',
      { nonsense: 1, parts: [{ name: 'p', extra: true }], any: { keep: { me: 1 } } },
      { other: 1, status: { nope: 1 } },
    );
    return s.post(s.at(WIDGETS, 'widgets'), { ...body, metadata: { ...body.metadata, nonsense: 1 } });
  });

  conforms('crd-validation', 'every broken rule is a cause', async (s) => ({
    size: await create(s, 'a', { size: 0 }),
    max: await create(s, 'a', { size: 11 }),
    enum: await create(s, 'a', { color: 'pink' }),
    pattern: await create(s, 'a', { label: 'A1' }),
    length: await create(s, 'a', { label: 'abcdefghij' }),
    short: await create(s, 'a', { label: 'a' }),
    required: await s.post(s.at(WIDGETS, 'widgets'), {
      apiVersion: WIDGETS,
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: {},
    }),
    items: await create(s, 'a', { parts: [1, 2, 3, 4, 5].map((name) => ({ name: `n${name}` })) }),
    itemRequired: await create(s, 'a', { parts: [{ amount: 1 }] }),
    format: await create(s, 'a', { at: 'yesterday' }),
    nullInMap: await create(s, 'a', { numbers: { a: 'x' } }),
  }));

  conforms('crd-types', 'values of the wrong type', async (s) => ({
    integer: await create(s, 'a', { size: 'three' }),
    fraction: await create(s, 'a', { size: 3.5 }),
    boolean: await create(s, 'a', { enabled: 'true' }),
    object: await create(s, 'a', { nested: 'x' }),
    list: await create(s, 'a', { steps: 'x' }),
    intOrString: await create(s, 'a', { port: true }),
    string: await create(s, 'a', { label: 5 }),
    spec: await s.post(s.at(WIDGETS, 'widgets'), { ...widget('a'), spec: 'x' }),
  }));

  conforms('crd-many-causes', 'several broken rules at once', (s) =>
    create(s, 'a', { size: 0, color: 'pink', label: 'A', parts: [{ amount: 'x' }], numbers: { a: 'b' } }),
  );

  conforms('crd-accepts', 'numbers, int-or-string, dates and free form are kept', (s) =>
    create(s, 'a', {
      ratio: 0.5,
      port: '80%',
      at: '2020-01-01T00:00:00Z',
      any: [1, 'x', { y: null }],
      enabled: false,
      size: 3.0,
    }),
  );

  conforms('crd-sets', 'duplicates in sets and map lists', async (s) => ({
    set: await create(s, 'a', { tags: ['a', 'b', 'a'] }),
    map: await create(s, 'a', { parts: [{ name: 'a' }, { name: 'a' }] }),
    keys: await create(s, 'a', { ports: [{ port: 1 }, { port: 1, protocol: 'TCP' }] }),
    fine: (await create(s, 'a', { ports: [{ port: 1 }, { port: 1, protocol: 'UDP' }] })).code,
  }));

  conforms('crd-ratcheting', 'an old mistake that an update does not touch is let through', async (s) => {
    const schema = (maximum: number) => ({
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { n: { type: 'integer', maximum }, other: { type: 'string' } } },
      },
    });
    const crd = crdOf({ group: s.group, kind: 'Limit', schema: schema(10) });
    await install(s, crd);
    const path = s.at(`${s.group}/v1`, 'limits');
    await s.post(path, { apiVersion: `${s.group}/v1`, kind: 'Limit', metadata: { name: 'a' }, spec: { n: 8 } });
    const name = `limits.${s.group}`;
    await s.json(`${CRDS}/${name}`, [
      { op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: schema(5) },
    ]);
    // Until the new schema is in force.
    await s.until(
      () =>
        s.post(`${path}?dryRun=All`, {
          apiVersion: `${s.group}/v1`,
          kind: 'Limit',
          metadata: { name: 'b' },
          spec: { n: 8 },
        }),
      (answer) => answer.code === 422,
    );
    return {
      untouched: await s.merge(`${path}/a`, { spec: { other: 'x' } }),
      touched: await s.merge(`${path}/a`, { spec: { n: 7 } }),
    };
  });

  conforms('crd-created', 'a CRD gets its defaults and conditions', async (s) => {
    const created = await install(s, crdOf({ group: s.group, kind: 'Thing', schema: { type: 'object' } }));
    const established = await s.get(`${CRDS}/things.${s.group}`);
    const conditions = at(established, 'status', 'conditions');
    return {
      spec: at(created, 'spec'),
      generation: at(established, 'metadata', 'generation'),
      names: at(established, 'status', 'acceptedNames'),
      stored: at(established, 'status', 'storedVersions'),
      conditions: Array.isArray(conditions)
        ? conditions
            .map(
              (one: { type: string; status: string; reason: string; message: string }) =>
                `${one.type} ${one.status} ${one.reason} ${one.message}`,
            )
            .sort()
        : [],
    };
  });

  conforms('crd-invalid', 'CRDs that are not structural or contradict themselves are refused', async (s) => {
    const make = (schema: Fields, rest: Fields = {}) =>
      s.post(CRDS, crdOf({ group: s.group, kind: 'Bad', schema, ...rest }));
    const spec = (field: Fields) => ({ type: 'object', properties: { spec: field } });
    return {
      noType: await make({ properties: { spec: { type: 'object' } } }),
      nestedNoType: await make(spec({ properties: { a: { type: 'string' } } })),
      badDefault: await make(spec({ type: 'object', properties: { a: { type: 'integer', default: 'x' } } })),
      mapKeys: await make(
        spec({
          type: 'array',
          'x-kubernetes-list-type': 'map',
          items: { type: 'object', properties: { a: { type: 'string' } } },
        }),
      ),
      keyNotRequired: await make(
        spec({
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['a'],
          items: { type: 'object', properties: { a: { type: 'string' } } },
        }),
      ),
      items: await make(spec({ type: 'array' })),
      metadata: await make({
        type: 'object',
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      }),
      name: await s.post(CRDS, {
        ...crdOf({ group: s.group, kind: 'Bad', schema: { type: 'object' } }),
        metadata: { name: 'other' },
      }),
      noStorage: await make({ type: 'object' }, { version: { storage: false } }),
      cel: await make(
        spec({
          type: 'object',
          'x-kubernetes-validations': [{ rule: 'self.nothing == 1' }],
          properties: { a: { type: 'string' } },
        }),
      ),
      noSchema: await make({ type: 'object' }, { version: { schema: undefined } }),
      unknownType: await make(spec({ type: 'number', format: 'x', enum: [], pattern: '(' })),
    };
  });

  conforms('crd-protected-group', 'groups of the project need an approval', (s) =>
    s.post(CRDS, crdOf({ group: `${s.ns}.k8s.io`, kind: 'Bad', schema: { type: 'object' } })),
  );

  conforms('crd-cluster-scoped', 'cluster-scoped kinds have no namespace', async (s) => {
    await install(s, crdOf({ group: s.group, kind: 'Wide', schema: { type: 'object' }, scope: 'Cluster' }));
    const body = { apiVersion: `${s.group}/v1`, kind: 'Wide', metadata: { name: 'a' } };
    return {
      created: await s.post(`/apis/${s.group}/v1/wides`, body),
      named: await s.post(`/apis/${s.group}/v1/wides`, { ...body, metadata: { name: 'b', namespace: s.ns } }),
      namespaced: await s.post(s.at(`${s.group}/v1`, 'wides'), body),
    };
  });

  conforms('crd-versions', 'two versions without conversion are the same object', async (s) => {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const crd = crdOf({
      group: s.group,
      kind: 'Dual',
      schema: {},
      spec: {
        versions: [
          { name: 'v1', served: true, storage: true, schema },
          { name: 'v1beta1', served: true, storage: false, schema, deprecated: true, deprecationWarning: 'use v1' },
          { name: 'v1alpha1', served: false, storage: false, schema },
        ],
      },
    });
    await install(s, crd);
    const made = await s.post(s.at(`${s.group}/v1beta1`, 'duals'), {
      apiVersion: `${s.group}/v1beta1`,
      kind: 'Dual',
      metadata: { name: 'a' },
      spec: { a: 1 },
    });
    return {
      made,
      read: await s.get(s.at(`${s.group}/v1`, 'duals', 'a')),
      patched: await s.merge(s.at(`${s.group}/v1`, 'duals', 'a'), { spec: { b: 2 } }),
      notServed: await s.get(s.at(`${s.group}/v1alpha1`, 'duals', 'a')),
      wrongVersion: await s.post(s.at(`${s.group}/v1`, 'duals'), {
        apiVersion: `${s.group}/v1beta1`,
        kind: 'Dual',
        metadata: { name: 'b' },
      }),
      wrongKind: await s.post(s.at(`${s.group}/v1`, 'duals'), {
        apiVersion: `${s.group}/v1`,
        kind: 'Other',
        metadata: { name: 'b' },
      }),
    };
  });

  conforms('crd-delete', 'deleting a CRD deletes its objects and its paths', async (s) => {
    await install(s, crdOf({ group: s.group, kind: 'Thing', schema: { type: 'object' } }));
    const path = s.at(`${s.group}/v1`, 'things');
    await s.post(path, { apiVersion: `${s.group}/v1`, kind: 'Thing', metadata: { name: 'a' } });
    const deleted = await s.delete(`${CRDS}/things.${s.group}`);
    await s.gone(`${CRDS}/things.${s.group}`);
    const after = await s.gone(path);
    return { code: deleted.code, after };
  });

  conforms('crd-names-conflict', 'a second CRD of the same kind in a group is not accepted', async (s) => {
    await install(s, crdOf({ group: s.group, kind: 'Thing', schema: { type: 'object' } }));
    const other = crdOf({
      group: s.group,
      kind: 'Thing',
      schema: { type: 'object' },
      spec: { names: { kind: 'Thing', plural: 'others', singular: 'other' } },
    });
    await s.post(CRDS, { ...other, metadata: { name: `others.${s.group}` } });
    const answer = await s.until(
      () => s.get(`${CRDS}/others.${s.group}`),
      (one) => JSON.stringify(at(one, 'status', 'conditions') ?? []).includes('NamesAccepted'),
    );
    return at(answer, 'status', 'conditions');
  });

  conforms('crd-wrong-everything', 'a value of the wrong type breaks the other rules of its field too', async (s) => {
    const create = async (spec: Fields) => {
      const answer = await s.post(s.at(WIDGETS, 'widgets'), widget('w', spec));
      return [answer.code, { causes: at(answer, 'details', 'causes') }];
    };
    return {
      enum: await create({ color: 5 }),
      enumList: await create({ color: ['red'] }),
      items: await create({ parts: ['a', 1.5, null] }),
      itemsTwice: await create({ parts: ['a', 'a'] }),
      date: await create({ at: 5 }),
      dateOther: [await create({ at: true }), await create({ at: {} }), await create({ at: 1.5 })],
      fraction: [await create({ ratio: 1.5 }), await create({ replicas: 1.5 }), await create({ size: 1.5 })],
      integer: [await create({ replicas: true }), await create({ replicas: {} }), await create({ replicas: ['x'] })],
      text: [await create({ replicas: 'x' }), await create({ size: 'x' }), await create({ ratio: 'x' })],
      large: await create({ replicas: 2_147_483_648 }),
      larger: await create({ replicas: 9_007_199_254_740_991 }),
      tags: await create({ tags: 1e20 }),
    };
  });
};

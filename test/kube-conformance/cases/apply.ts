import { at, type Fields, managersOf, uidOf, versionOf } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Server-side apply: what it makes, merges, takes away and refuses. */
export const applyCases: Topic = (conforms) => {
  conforms('apply-creates', 'an apply creates what is missing', async (s) => ({
    created: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', { data: { k: 'v' } })),
    again: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', { data: { k: 'v' } })),
  }));

  conforms('apply-noop-defaults', 'an apply again of a defaulted object writes nothing', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const first = await s.apply(path, 'm', widget('w', { parts: [{ name: 'a' }] }));
    const second = await s.apply(path, 'm', widget('w', { parts: [{ name: 'a' }] }));
    return { first, same: versionOf(first) === versionOf(second) };
  });

  conforms('apply-manager-required', 'an apply without manager is refused', (s) =>
    s.client.http('PATCH', s.at('v1', 'configmaps', 'a'), s.configMap('a'), { type: 'application/apply-patch+yaml' }),
  );

  conforms('apply-conflict-one', 'a conflict names the field and its manager', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.apply(path, 'one', s.configMap('a', { data: { k: 'v' } }));
    return s.apply(path, 'two', s.configMap('a', { data: { k: 'w' } }));
  });

  conforms('apply-conflict-many', 'conflicts with several managers name them all', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'one', widget('w', { size: 3, parts: [{ name: 'a', amount: 2 }], address: { host: 'x' } }));
    await s.merge(`${path}?fieldManager=editor`, { spec: { color: 'green', steps: ['a'] } });
    await s.merge(`${path}/status?fieldManager=status`, { status: { phase: 'Up' } });
    const refused = await s.apply(
      path,
      'two',
      widget('w', { size: 4, color: 'blue', steps: ['b'], parts: [{ name: 'a', amount: 3 }], address: { host: 'y' } }),
    );
    // Managers come in any order, the fields of each in order.
    const causes = at(refused, 'details', 'causes');
    const byManager = (manager: string) =>
      Array.isArray(causes) ? causes.filter((cause) => String(cause.message).includes(`"${manager}"`)) : [];
    return { code: refused.code, message: at(refused, 'message'), one: byManager('one'), editor: byManager('editor') };
  });

  conforms('apply-conflict-update', 'a conflict with an update tells when', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.post(`${s.at('v1', 'configmaps')}?fieldManager=maker`, s.configMap('a', { data: { k: 'v' } }));
    return s.apply(path, 'two', s.configMap('a', { data: { k: 'w' } }));
  });

  conforms('apply-conflict-status', 'a conflict with a subresource says so', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    await s.merge(`${path}/status?fieldManager=controller`, { status: { phase: 'Up' } });
    return s.apply(`${path}/status`, 'two', {
      apiVersion: WIDGETS,
      kind: 'Widget',
      metadata: { name: 'w' },
      status: { phase: 'Down' },
    });
  });

  conforms('apply-force', 'force overrides and takes ownership', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.apply(path, 'one', s.configMap('a', { data: { k: 'v', l: 'v' } }));
    const forced = await s.apply(path, 'two', s.configMap('a', { data: { k: 'w' } }), '&force=true');
    return { forced, first: await s.apply(path, 'one', s.configMap('a', { data: { k: 'v', l: 'v' } })) };
  });

  conforms('apply-removes', 'what a manager no longer applies goes, unless another has it', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(
      path,
      'one',
      widget('w', { options: { a: '1', b: '2' }, tags: ['x', 'y'], parts: [{ name: 'p' }, { name: 'q' }] }),
    );
    await s.apply(path, 'two', widget('w', { options: { b: '2' }, tags: ['y'], parts: [{ name: 'q', note: 'kept' }] }));
    return s.apply(path, 'one', widget('w'));
  });

  conforms('apply-removes-default', 'a removed field with a default comes back with it', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'one', widget('w', { color: 'blue', replicas: 5 }));
    return s.apply(path, 'one', widget('w'));
  });

  conforms('apply-keeps-foreign', 'fields of others stay', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.post(
      `${s.at('v1', 'configmaps')}?fieldManager=maker`,
      s.configMap('a', { data: { k: 'v' } }, { labels: { x: 'y' } }),
    );
    return s.apply(path, 'two', s.configMap('a', { data: { l: 'w' } }));
  });

  conforms('apply-map-order', 'items of map lists keep the order of the live object', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'one', widget('w', { parts: ['a', 'b', 'c'].map((name) => ({ name })) }));
    const second = await s.apply(path, 'two', widget('w', { parts: ['d', 'c', 'a'].map((name) => ({ name })) }));
    const third = await s.apply(path, 'one', widget('w', { parts: ['c', 'b'].map((name) => ({ name })) }));
    return [at(second, 'spec', 'parts'), at(third, 'spec', 'parts')];
  });

  conforms('apply-set-order', 'elements of sets keep the order of the live object', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'one', widget('w', { tags: ['a', 'b', 'c'] }));
    const second = await s.apply(path, 'two', widget('w', { tags: ['d', 'c', 'a'] }));
    const third = await s.apply(path, 'one', widget('w', { tags: ['c', 'b', 'e'] }));
    return [at(second, 'spec', 'tags'), at(third, 'spec', 'tags')];
  });

  conforms('apply-atomic', 'atomic lists and maps are replaced as a whole', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'one', widget('w', { steps: ['a', 'b'], address: { host: 'h', port: 1 } }));
    return {
      conflict: await s.apply(path, 'two', widget('w', { steps: ['c'] })),
      same: await s.apply(path, 'two', widget('w', { steps: ['a', 'b'] })),
      forced: await s.apply(path, 'three', widget('w', { steps: ['c'], address: { port: 2 } }), '&force=true'),
    };
  });

  conforms('apply-duplicates', 'duplicates in sets and map lists are refused', async (s) => ({
    set: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', { tags: ['a', 'a'] })),
    map: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', { parts: [{ name: 'a' }, { name: 'a' }] })),
    created: await s.post(
      s.at(WIDGETS, 'widgets'),
      widget('w', { tags: ['a', 'a'], parts: [{ name: 'a' }, { name: 'a' }] }),
    ),
  }));

  conforms('apply-key-missing', 'items of map lists need their keys', async (s) => ({
    noKey: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', { parts: [{ amount: 1 }] })),
    defaulted: await s.apply(
      s.at(WIDGETS, 'widgets', 'v'),
      'm',
      widget('v', { ports: [{ port: 1 }, { port: 1, protocol: 'UDP' }] }),
    ),
  }));

  conforms('apply-unknown', 'unknown fields are refused by an apply', async (s) => ({
    widget: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', { nonsense: 1 })),
    deployment: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', { nonsense: { x: 1 } })),
  }));

  conforms('apply-wrong-type', 'values of the wrong type are refused by an apply', async (s) => ({
    list: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', { tags: 'a' })),
    map: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', { options: [] })),
    configMap: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', { data: { a: 1 } })),
  }));

  conforms('apply-faults', 'an apply is told every fault that no undeclared field of the same map hides', async (s) => {
    const deployment = (template: unknown) =>
      s.apply(s.at('apps/v1', 'deployments', 'd'), 'm', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { template },
      });
    return {
      undeclared: await deployment({ metadata: { foo: 1 }, spec: { bar: 1 } }),
      inLists: await deployment({
        spec: {
          containers: [
            { name: 'a', imag: 'i' },
            { name: 'b', prots: [] },
          ],
        },
      }),
      twice: await deployment({ spec: { containers: [{ name: 'a', imag: 'i' }, { name: 'a' }, { name: 'a' }] } }),
      noKey: await deployment({ spec: { containers: [{ name: 'a', imag: 'i' }, 5, { name: 'b', imag: 'i' }] } }),
      atomic: await deployment({ spec: { tolerations: [{ foo: 1 }, { bar: 1 }] } }),
      types: await s.apply(
        s.at(WIDGETS, 'widgets', 'w'),
        'm',
        widget('w', { size: 'x', enabled: 'y', label: { a: [1, 'b', true] }, steps: [1, ['a']], tags: ['a', 'a'] }),
      ),
    };
  });

  conforms('apply-managers-given', 'managedFields in an apply are refused', (s) =>
    s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', {}, { managedFields: [{ manager: 'x' }] })),
  );

  conforms('apply-names', 'name and namespace must agree with the path', async (s) => ({
    name: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('b')),
    namespace: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', {}, { namespace: 'default' })),
    kind: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
    }),
    version: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', {
      apiVersion: 'v2',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
    }),
    none: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', { metadata: { name: 'a' } }),
    unnamed: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', { apiVersion: 'v1', kind: 'ConfigMap' }),
  }));

  conforms('apply-uid', 'an apply with a uid does not create', async (s) =>
    s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', {}, { uid: '11111111-1111-4111-8111-111111111111' })),
  );

  conforms('apply-yaml', 'an apply may be YAML', (s) =>
    s.apply(
      s.at('v1', 'configmaps', 'a'),
      'm',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: |\n    v\n`,
    ),
  );

  conforms('apply-null', 'null in an apply', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const first = await s.apply(
      path,
      'm',
      widget('w', { maybe: null, selector: { matchLabels: null }, options: null, color: null }),
    );
    const labels = await s.apply(
      s.at('v1', 'configmaps', 'a'),
      'm',
      s.configMap('a', { data: null }, { labels: null }),
    );
    return { first, labels };
  });

  conforms('apply-empty', 'empty maps and lists are fields of their own', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const first = await s.apply(path, 'm', widget('w', { options: {}, tags: [], parts: [], steps: [], nested: {} }));
    return { first, second: await s.apply(path, 'm', widget('w', { options: {} })) };
  });

  conforms('apply-status-ignored', 'status in an apply of the object is dropped', async (s) => {
    const applied = await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', widget('w', {}, { status: { phase: 'Up' } }));
    return { status: at(applied, 'status') ?? 'none', managers: managersOf(applied) };
  });

  conforms('apply-status', 'status is applied at its subresource alone', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'm', widget('w'));
    const status = (fields: object) => ({ ...widget('w', { size: 9 }), status: fields });
    return {
      first: await s.apply(`${path}/status`, 'm', status({ phase: 'Up', conditions: [{ type: 'A', status: 'True' }] })),
      other: await s.apply(`${path}/status`, 'n', status({ conditions: [{ type: 'B', status: 'True' }] })),
      less: await s.apply(`${path}/status`, 'm', status({ phase: 'Up' })),
      missing: await s.apply(s.at(WIDGETS, 'widgets', 'x', 'status'), 'm', { ...widget('x'), status: {} }),
    };
  });

  conforms('apply-finalizers', 'finalizers and owners of two managers are merged', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const owner = async (name: string) => {
      const uid = uidOf(await s.post(s.at('v1', 'configmaps'), s.configMap(name)));
      return { apiVersion: 'v1', kind: 'ConfigMap', name, uid };
    };
    const [x, y] = [await owner('x'), await owner('y')];
    await s.apply(path, 'one', s.configMap('a', {}, { finalizers: ['capstan.dev/a'], ownerReferences: [x] }));
    const both = await s.apply(
      path,
      'two',
      s.configMap('a', {}, { finalizers: ['capstan.dev/b'], ownerReferences: [y] }),
    );
    const one = await s.apply(path, 'one', s.configMap('a'));
    return [both, one].map((answer) => [
      at(answer, 'metadata', 'finalizers'),
      at(answer, 'metadata', 'ownerReferences'),
    ]);
  });

  conforms('apply-secret', 'stringData applied is stored as data', async (s) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'b' } };
    const first = await s.apply(s.at('v1', 'secrets', 's'), 'm', secret);
    return { first, again: await s.apply(s.at('v1', 'secrets', 's'), 'm', { ...secret, stringData: { c: 'd' } }) };
  });

  conforms('apply-over-kubectl', 'kubectl changes what it applied without server-side apply', async (s) => {
    const configMap = (name: string, data: object, last?: unknown, more: Fields = {}) =>
      s.configMap(name, { data }, last === undefined ? more : { ...more, annotations: { [LAST_APPLIED]: last } });
    const create = (name: string, data: object, last?: unknown) =>
      s.post(`${s.at('v1', 'configmaps')}?fieldManager=kubectl-client-side-apply`, configMap(name, data, last));
    const apply = async (manager: string, name: string, data: object, more: Fields = {}) => {
      const answer = await s.apply(s.at('v1', 'configmaps', name), manager, configMap(name, data, undefined, more));
      const annotations = at(answer, 'metadata', 'annotations');
      return answer.code === 200 ? { data: at(answer, 'data'), annotations, ...managersOf(answer) } : answer;
    };
    const lastOf = (name: string, data: object) => JSON.stringify(configMap(name, data));
    await create('a', { k: '1', n: '1' }, lastOf('a', { k: '1', n: '1' }));
    await create('b', { k: '1', n: '1' }, lastOf('b', { k: '1', n: '1' }));
    await s.merge(`${s.at('v1', 'configmaps', 'b')}?fieldManager=other`, { data: { n: '2' } });
    await create('old', { k: '1' }, lastOf('old', { k: '1' }).replace('"v1"', '"v0"'));
    await create('broken', { k: '1' }, '{');
    await create('empty', { k: '1' }, '');
    await create('none', { k: '1' });
    await create('same', { k: '1' }, lastOf('same', { k: '1' }));
    const widgetPath = s.at(WIDGETS, 'widgets', 'w');
    const last = JSON.stringify(widget('w', { label: 'one' }));
    await s.post(
      s.at(WIDGETS, 'widgets'),
      widget('w', { label: 'one' }, {}, { annotations: { [LAST_APPLIED]: last } }),
    );
    const annotation = { annotations: { [LAST_APPLIED]: 'x', other: '<&>' } };
    const named = async (manager: string) =>
      at(await s.apply(widgetPath, manager, widget('w', { label: 'two' })), 'metadata', 'annotations') ?? 'refused';
    return {
      other: await apply('other', 'a', { k: '2' }),
      kubectl: await apply('kubectl', 'a', { k: '<&>', n: '1' }),
      again: await apply('kubectl', 'a', { k: '<&>', n: '1' }),
      less: await apply('kubectl', 'a', { k: '<&>' }),
      changed: await apply('kubectl', 'b', { k: '2', n: '3' }),
      old: await apply('kubectl', 'old', { k: '2' }),
      broken: await apply('kubectl', 'broken', { k: '2' }),
      empty: await apply('kubectl', 'empty', { k: '2' }),
      none: await apply('kubectl', 'none', { k: '2' }),
      same: await apply('kubectl', 'same', { k: '1' }, { labels: { a: 'b' } }),
      annotated: await apply('kubectl', 'same', { k: '1' }, annotation),
      widget: [await named('other'), await named('kubectl')],
    };
  });

  conforms('apply-unnamed', 'an apply names its object', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const unnamed = (spec: object) => ({ apiVersion: WIDGETS, kind: 'Widget', metadata: {}, spec });
    const missing = await s.apply(path, 'm', unnamed({ size: 3 }));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { labels: { a: 'b' } } };
    return {
      missing,
      present: await s.apply(path, 'm', unnamed({ size: 3 })),
      forced: await s.apply(path, 'm', unnamed({ size: 4 }), '&force=true'),
      conflict: await s.apply(path, 'm', unnamed({ size: 4 })),
      wrongType: await s.apply(path, 'm', unnamed({ size: 'x' })),
      status: await s.apply(`${path}/status`, 'm', { ...unnamed({}), status: { phase: 'Up' } }),
      configMap: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', configMap),
    };
  });

  conforms('apply-null-live', 'null in an apply leaves the fields of a map and the items of a list', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const lists = { parts: [{ name: 'p' }], tags: ['t'], steps: ['s'] };
    const maps = { options: { a: '1' }, address: { host: 'h' }, nested: { deep: { value: 'v' } } };
    await s.apply(path, 'a', widget('w', { ...lists, ...maps, label: 'abc' }));
    const header = { apiVersion: WIDGETS, kind: 'Widget', metadata: { name: 'w' } };
    const apply = (manager: string, spec: unknown) => s.apply(path, manager, { ...header, spec }, '&force=true');
    return {
      spec: await apply('b', null),
      granular: await apply('b', { parts: null, tags: null, options: null, nested: { deep: null } }),
      leaves: await apply('b', { steps: null, address: null, label: null }),
      own: await apply('a', { size: 3, parts: null, options: null }),
    };
  });

  conforms('apply-version', 'an apply without version does not insist on one, with one it does', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const apply = (resourceVersion: unknown, size: number) =>
      s.apply(path, 'm', widget('w', { size }, {}, { resourceVersion }));
    return {
      created: await apply(null, 3),
      again: await apply(null, 4),
      empty: await apply('', 5),
      stale: await apply('1', 6),
      status: await s.apply(`${path}/status`, 'm', widget('w', {}, { status: {} }, { resourceVersion: null })),
    };
  });

  conforms('apply-undecodable', 'an apply is refused when its values cannot be read', async (s) => {
    const secret = (data: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data });
    const lease = (renewTime: string) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'a' },
      spec: { renewTime },
    });
    const container = (memory: string, containerPort = 80) => ({
      name: 'c',
      image: 'i',
      resources: { requests: { memory } },
      ports: [{ containerPort }],
    });
    const pod = (memory: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [container(memory)] },
    });
    const secrets = s.at('v1', 'secrets', 'a');
    const bad = await s.apply(secrets, 'm', secret({ a: '!!' }));
    const good = await s.apply(secrets, 'm', secret({ a: 'YQ==' }));
    return {
      bad,
      good: good.code,
      update: await s.apply(secrets, 'm', secret({ a: 'YQ==', b: 'Yg' })),
      lease: await s.apply(s.at('coordination.k8s.io/v1', 'leases', 'a'), 'm', lease('now')),
      pod: await s.apply(s.at('v1', 'pods', 'a'), 'm', pod('much')),
    };
  });

  conforms('apply-status-null', 'null as the whole status', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w', 'status');
    const apply = (status: unknown) => s.apply(path, 'm', { ...widget('w'), status });
    return { none: await apply(null), some: await apply({ phase: 'Up' }), again: await apply(null) };
  });

  conforms('apply-formats', 'texts of a format are typed by it', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    return {
      number: await s.apply(path, 'm', widget('w', { at: 5 })),
      flag: await s.apply(path, 'm', widget('w', { at: true })),
      text: (await s.apply(path, 'm', widget('w', { at: 'soon' }))).code,
    };
  });

  conforms('apply-uid-other', 'an apply with the uid of another object', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const metadata = { name: 'w', uid: 'another' };
    return {
      widget: await s.apply(s.at(WIDGETS, 'widgets', 'w'), 'm', { ...widget('w'), metadata }),
      configMap: await s.apply(s.at('v1', 'configmaps', 'a'), 'm', s.configMap('a', {}, { uid: 'another' })),
    };
  });

  conforms('apply-null-absent', 'null in an apply to what has no such field', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w');
    const apply = (spec: object) => s.apply(path, 'm', widget('w', { ...spec }));
    return {
      text: await apply({ label: null }),
      lists: await apply({ parts: null, tags: null, steps: null }),
      maps: await apply({ options: null, address: null, nested: { deep: null } }),
      beside: await apply({ nested: { deep: { value: null } }, color: null }),
      read: await s.get(path),
    };
  });

  conforms('apply-version-new', 'a version in an apply that creates', async (s) => {
    const create = (name: string, resourceVersion: string, spec: object = {}, query = '') =>
      s.apply(s.at(WIDGETS, 'widgets', name), 'm', widget(name, { ...spec }, {}, { resourceVersion }), query);
    const configMap = (name: string, resourceVersion: string) =>
      s.apply(s.at('v1', 'configmaps', name), 'm', s.configMap(name, {}, { resourceVersion }));
    const answers = [
      await create('a', '1'),
      await create('b', '0'),
      await create('c', 'abc'),
      await create('d', '7', { size: 11 }),
      await create('e', '7', {}, '&dryRun=All'),
      await configMap('a', '1'),
      await configMap('b', '0'),
    ];
    return answers.map((answer) => [answer.code, at(answer, 'message') ?? 'none', at(answer, 'metadata')]);
  });

  conforms('apply-metadata', 'metadata of custom resources is read for what it is worth', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const apply = (metadata: object) => s.apply(path, 'm', { ...widget('w'), metadata: { name: 'w', ...metadata } });
    return {
      text: await apply({ creationTimestamp: 'soon' }),
      number: await apply({ deletionGracePeriodSeconds: 'x' }),
      empty: await apply({ creationTimestamp: null, generateName: 'Not valid' }),
    };
  });
};

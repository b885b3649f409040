import { type Answer, at, bodyOf, managersOf, uidOf } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const managers = (...answers: readonly Answer[]) =>
  answers.map((answer) => ({ code: answer.code, ...managersOf(answer) }));

/** Who owns which field after sequences of writes: every field of every entry as the real server has it. */
export const managedFieldsCases: Topic = (conforms) => {
  conforms('managers-create', 'a creation owns what it sets, defaults included', async (s) => ({
    widget: managers(await s.post(s.at(WIDGETS, 'widgets'), widget('w', { parts: [{ name: 'a' }], tags: ['x', 'y'] }))),
    service: managers(
      await s.post(s.at('v1', 'services'), {
        metadata: { name: 's' },
        spec: {
          ports: [{ port: 80 }, { port: 443, name: 'tls' }].map((port, i) => ({ name: `p${i}`, ...port })),
          clusterIP: 'None',
        },
      }),
    ),
    secret: managers(await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, stringData: { a: 'b' } })),
  }));

  conforms('managers-names', 'the manager is the option, else the user agent up to its slash', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    return managers(
      await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { a: '1' } })),
      await s.merge(`${path}?fieldManager=merger`, { data: { b: '2' } }),
      await s.json(`${path}?fieldManager=json`, [{ op: 'add', path: '/data/c', value: '3' }]),
      await s.strategic(`${path}?fieldManager=strategic`, { data: { d: '4' } }),
      await s.merge(path, { data: { e: '5' } }),
    );
  });

  conforms('managers-invalid-name', 'a manager name must be short and printable', async (s) => ({
    long: await s.post(`${s.at('v1', 'configmaps')}?fieldManager=${'x'.repeat(129)}`, s.configMap('a')),
    unprintable: await s.post(`${s.at('v1', 'configmaps')}?fieldManager=a%0Ab`, s.configMap('a')),
  }));

  conforms('managers-update-takes', 'an update takes what it changes and leaves the rest', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(
      `${s.at('v1', 'configmaps')}?fieldManager=one`,
      s.configMap('a', { data: { a: '1', b: '2' } }),
    );
    const updated = await s.put(`${path}?fieldManager=two`, {
      ...bodyOf(created),
      data: { a: '1', b: 'changed', c: '3' },
    });
    const removed = await s.put(`${path}?fieldManager=three`, { ...bodyOf(updated), data: { c: '3' } });
    return managers(created, updated, removed);
  });

  conforms('managers-apply-then-update', 'an update takes fields over from an apply', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const applied = await s.apply(path, 'applier', widget('w', { color: 'blue', options: { a: '1', b: '2' } }));
    const patched = await s.merge(`${path}?fieldManager=editor`, {
      spec: { color: 'green', options: { b: '9', c: '3' } },
    });
    const again = await s.apply(path, 'applier', widget('w', { options: { a: '1' } }));
    return managers(applied, patched, again);
  });

  conforms('managers-status', 'status is owned under its subresource', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const status = { phase: 'Up', conditions: [{ type: 'Ready', status: 'True' }] };
    return managers(
      await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, { status })),
      await s.merge(`${path}/status?fieldManager=controller`, { status }),
      await s.merge(`${path}/status?fieldManager=other`, { status: { phase: 'Down' } }),
      await s.apply(`${path}/status`, 'applier', {
        apiVersion: WIDGETS,
        kind: 'Widget',
        metadata: { name: 'w' },
        status: { observedGeneration: 1 },
      }),
      await s.merge(`${path}?fieldManager=controller`, { spec: { size: 5 } }),
    );
  });

  conforms('managers-scale', 'scale owns the replicas', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.apply(path, 'applier', widget('w', { replicas: 2 }));
    await s.merge(`${path}/scale?fieldManager=scaler`, { spec: { replicas: 5 } });
    const scaled = await s.get(path);
    const applied = await s.apply(path, 'applier', widget('w', { replicas: 5 }));
    const conflict = await s.apply(path, 'applier', widget('w', { replicas: 6 }));
    return { managers: managers(scaled, applied), conflict };
  });

  conforms('managers-lists', 'map lists, sets and atomic lists are owned by their kind', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const spec = {
      parts: [{ name: 'a', amount: 1 }, { name: 'b' }],
      ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }],
      tags: ['x', 'y'],
      steps: ['one', 'two'],
      address: { host: 'h', port: 1 },
      any: { free: [1, { form: true }] },
      nested: { deep: { value: 'v' } },
      numbers: { one: 1 },
      port: '80%',
    };
    return managers(
      await s.apply(path, 'one', widget('w', spec)),
      await s.apply(path, 'two', widget('w', { parts: [{ name: 'b', note: 'n' }, { name: 'c' }], tags: ['y', 'z'] })),
      await s.apply(path, 'one', widget('w', { parts: [{ name: 'b' }], tags: ['x'] })),
    );
  });

  conforms('managers-removed', 'a manager without fields is forgotten', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    return managers(
      await s.apply(path, 'one', s.configMap('a', { data: { a: '1' } })),
      await s.apply(path, 'two', s.configMap('a', { data: { b: '2' } })),
      await s.apply(path, 'one', s.configMap('a')),
      await s.merge(`${path}?fieldManager=three`, { data: { b: null } }),
    );
  });

  conforms('managers-metadata', 'labels, annotations, finalizers and owners are owned one by one', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const uid = uidOf(await s.get(`/api/v1/namespaces/${s.ns}`));
    const owner = { apiVersion: 'v1', kind: 'Namespace', name: s.ns, uid };
    return managers(
      await s.apply(
        path,
        'one',
        s.configMap(
          'a',
          {},
          {
            labels: { a: '1' },
            annotations: { n: '1' },
            finalizers: ['capstan.dev/a'],
            ownerReferences: [owner],
          },
        ),
      ),
      await s.apply(path, 'two', s.configMap('a', {}, { labels: { b: '1' }, finalizers: ['capstan.dev/b'] })),
      await s.merge(`${path}?fieldManager=three`, {
        metadata: { finalizers: ['capstan.dev/a'], annotations: { n: '2' } },
      }),
      await s.merge(`${path}?fieldManager=three`, { metadata: { finalizers: null, ownerReferences: null } }),
    );
  });

  conforms('managers-sequence', 'every kind of write, one after the other, on one object', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const applied = await s.apply(path, 'gitops', widget('w', { label: 'abc', options: { a: '1' }, tags: ['x'] }));
    const updated = await s.put(`${path}?fieldManager=operator`, {
      ...bodyOf(applied),
      spec: { size: 4, label: 'abc', options: { a: '1', b: '2' }, tags: ['x', 'y'], parts: [{ name: 'p' }] },
    });
    const merged = await s.merge(`${path}?fieldManager=human`, {
      spec: { options: { a: '9' }, parts: [{ name: 'q' }] },
    });
    const edited = await s.json(`${path}?fieldManager=script`, [
      { op: 'add', path: '/spec/tags/-', value: 'z' },
      { op: 'remove', path: '/spec/label' },
    ]);
    const status = await s.merge(`${path}/status?fieldManager=operator`, { status: { phase: 'Up' } });
    const scaled = await s.merge(`${path}/scale?fieldManager=scaler`, { spec: { replicas: 3 } });
    const conflict = await s.apply(path, 'gitops', widget('w', { options: { a: '1' }, replicas: 1 }));
    const forced = await s.apply(path, 'gitops', widget('w', { options: { a: '1' }, replicas: 1 }), '&force=true');
    const dry = await s.merge(`${path}?fieldManager=dry&dryRun=All`, { spec: { size: 9 } });
    const shared = await s.apply(path, 'second', widget('w', { options: { a: '1' }, size: 3 }));
    const left = await s.apply(path, 'gitops', widget('w'));
    return {
      conflict,
      spec: [edited, forced, left].map((answer) => at(answer, 'spec')),
      managers: managers(
        applied,
        updated,
        merged,
        edited,
        status,
        scaled,
        forced,
        dry,
        shared,
        left,
        await s.get(path),
      ),
    };
  });

  conforms('managers-null', 'null and empty fields in an update', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    return managers(
      await s.post(s.at(WIDGETS, 'widgets'), widget('w', { maybe: null, options: {}, tags: [], nested: { deep: {} } })),
      await s.merge(path, { spec: { options: { a: '1' }, tags: ['a'], nested: null } }),
      await s.merge(path, { spec: { options: null, tags: [], maybe: 'x' } }),
    );
  });

  conforms('managers-force-shared', 'force takes fields; equal values are shared', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    return managers(
      await s.apply(path, 'one', s.configMap('a', { data: { a: '1', b: '1' } })),
      await s.apply(path, 'two', s.configMap('a', { data: { a: '1', c: '1' } })),
      await s.apply(path, 'two', s.configMap('a', { data: { a: '2', b: '2' } }), '&force=true'),
      await s.apply(path, 'one', s.configMap('a', { data: { a: '2', b: '2' } })),
    );
  });
};

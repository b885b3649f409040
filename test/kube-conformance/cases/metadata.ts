import { at, bodyOf, managersOf, outcome, uidOf, versionOf } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

/** What the server writes into metadata, and when generation and resourceVersion move. */
export const metadataCases: Topic = (conforms) => {
  conforms('meta-create', 'creation fills uid, version, time and managers', (s) =>
    s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: 'v' } })),
  );

  conforms('meta-server-owned', 'what only the server may set is dropped at creation', (s) =>
    s.post(
      s.at('v1', 'configmaps'),
      s.configMap(
        'a',
        {},
        {
          uid: '11111111-1111-4111-8111-111111111111',
          resourceVersion: '',
          generation: 7,
          creationTimestamp: '2001-01-01T00:00:00Z',
          deletionTimestamp: '2001-01-01T00:00:00Z',
          deletionGracePeriodSeconds: 3,
          selfLink: '/x',
        },
      ),
    ),
  );

  conforms('meta-create-version', 'an object to create must not carry a resourceVersion', (s) =>
    s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { resourceVersion: '5' })),
  );

  conforms('meta-generate-name', 'a generated name keeps its prefix and adds five letters', async (s) => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
    const first = await s.post(s.at('v1', 'configmaps'), body);
    const second = await s.post(s.at('v1', 'configmaps'), body);
    const form = /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/;
    const name = (answer: typeof first) => String(at(answer, 'metadata', 'name'));
    return {
      code: first.code,
      generateName: at(first, 'metadata', 'generateName'),
      formed: [form.test(name(first)), form.test(name(second))],
      differ: name(first) !== name(second),
    };
  });

  conforms('meta-generate-long', 'a long prefix is cut so that the name fits', async (s) => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x'.repeat(80) } };
    const created = await s.post(s.at('v1', 'configmaps'), body);
    return { code: created.code, length: String(at(created, 'metadata', 'name')).length };
  });

  conforms('meta-name-and-generate', 'a name wins over a prefix', (s) =>
    s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { generateName: 'made-' })),
  );

  conforms('meta-no-name', 'neither name nor prefix is refused', (s) =>
    s.post(s.at('v1', 'configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
  );

  conforms('meta-noop-update', 'an update that changes nothing keeps version and managers', async (s) => {
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: 'v' } }));
    const again = await s.put(s.at('v1', 'configmaps', 'a'), created.body);
    const unversioned = await s.put(s.at('v1', 'configmaps', 'a'), s.configMap('a', { data: { k: 'v' } }));
    return { created, again, unversioned };
  });

  conforms('meta-noop-other-manager', 'an update by another manager that changes nothing writes nothing', async (s) => {
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: 'v' } }));
    return { created, again: await s.put(`${s.at('v1', 'configmaps', 'a')}?fieldManager=other`, created.body) };
  });

  conforms('meta-noop-patches', 'patches that change nothing keep the version', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: 'v' } }));
    const answers = [
      await s.merge(path, {}),
      await s.merge(path, { data: { k: 'v' } }),
      await s.merge(path, { data: { missing: null } }),
      await s.json(path, []),
      await s.json(path, [{ op: 'replace', path: '/data/k', value: 'v' }]),
      await s.strategic(path, { data: { k: 'v' } }),
    ];
    return answers.map((answer) => [answer.code, versionOf(answer) === versionOf(created)]);
  });

  conforms('meta-generation', 'generation counts changes of the spec, not of metadata or status', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const steps = [
      await s.post(s.at(WIDGETS, 'widgets'), widget('w')),
      await s.merge(path, { metadata: { labels: { a: 'b' } } }),
      await s.merge(path, { spec: { size: 4 } }),
      await s.merge(`${path}/status`, { status: { phase: 'Ready' } }),
      await s.merge(path, { metadata: { generation: 40 } }),
      await s.merge(path, { spec: { size: 4 } }),
      await s.merge(path, { metadata: { finalizers: ['capstan.dev/hold'] } }),
      await s.delete(path),
    ];
    return steps
      .map((answer) => [answer.code, at(answer, 'metadata', 'generation'), versionOf(answer)])
      .map(([code, generation, version]) => ({ code, generation, resourceVersion: version }));
  });

  conforms('meta-generation-builtin', 'builtin kinds count their spec, kinds without one count nothing', async (s) => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    };
    const path = s.at('apps/v1', 'deployments', 'd');
    const steps = [
      await s.post(s.at('apps/v1', 'deployments'), deployment),
      await s.merge(path, { spec: { replicas: 2 } }),
      await s.merge(path, { metadata: { labels: { x: 'y' } } }),
      await s.post(s.at('v1', 'secrets'), { metadata: { name: 'x' } }),
      await s.post(s.at('v1', 'serviceaccounts'), { metadata: { name: 'x' } }),
    ];
    return steps.map((answer) => [answer.code, at(answer, 'metadata', 'generation') ?? 'none']);
  });

  conforms('meta-stale', 'a write on an old version is a conflict', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.merge(path, { data: { k: 'v' } });
    const resourceVersion = versionOf(created);
    return {
      put: await s.put(path, created.body),
      merge: await s.merge(path, { metadata: { resourceVersion }, data: { k: 'w' } }),
      json: await s.json(path, [{ op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }]),
      apply: await s.apply(path, 'm', s.configMap('a', { data: { z: 'z' } }, { resourceVersion })),
    };
  });

  conforms('meta-version-match', 'a write on the current version passes', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    return s.merge(path, { metadata: { resourceVersion: versionOf(created) }, data: { k: 'w' } });
  });

  conforms('meta-uid', 'an update with another uid is a conflict', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const uid = '11111111-1111-4111-8111-111111111111';
    return {
      put: await s.put(path, s.configMap('a', {}, { uid })),
      merge: await s.merge(path, { metadata: { uid } }),
    };
  });

  conforms('meta-immutable', 'name, namespace, uid and times do not change', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    return {
      name: await s.merge(path, { metadata: { name: 'b' } }),
      namespace: await s.merge(path, { metadata: { namespace: 'default' } }),
      created: await s.merge(path, { metadata: { creationTimestamp: '2001-01-01T00:00:00Z' } }),
      deleted: await s.merge(path, { metadata: { deletionTimestamp: '2001-01-01T00:00:00Z' } }),
      put: await s.put(path, s.configMap('b')),
    };
  });

  conforms('meta-put-missing', 'an update of what does not exist is refused', async (s) => ({
    configMap: await s.put(s.at('v1', 'configmaps', 'a'), s.configMap('a', { data: { k: 'v' } })),
    widget: await s.put(s.at(WIDGETS, 'widgets', 'w'), widget('w')),
    lease: await s.put(s.at('coordination.k8s.io/v1', 'leases', 'l'), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
    }),
  }));

  conforms('meta-update-unversioned', 'custom resources need a version to be updated, ConfigMaps do not', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return s.put(s.at(WIDGETS, 'widgets', 'w'), widget('w', { size: 5 }));
  });

  conforms('meta-labels', 'labels and annotations are checked', async (s) => ({
    key: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { labels: { 'bad key': 'x' } })),
    value: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { labels: { a: 'not ok!' } })),
    long: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { labels: { a: 'x'.repeat(64) } })),
    annotation: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { annotations: { 'bad key': 'x' } })),
    widget: await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { labels: { 'bad key': '-' } })),
  }));

  conforms('meta-finalizers', 'finalizers need a domain', async (s) => ({
    configMap: await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { finalizers: ['plain'] })),
    widget: await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['plain'] })),
    bad: await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['not ok!'] })),
  }));

  conforms('meta-owners', 'owner references must be whole and name one controller', async (s) => {
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '11111111-1111-4111-8111-111111111111' };
    const create = (ownerReferences: object[]) =>
      s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { ownerReferences }));
    const { uid: _, ...without } = reference;
    return {
      empty: await create([{ ...reference, name: '', kind: '' }]),
      noUid: await create([without]),
      twoControllers: await create([
        { ...reference, controller: true },
        { ...reference, uid: '21111111-1111-4111-8111-111111111111', name: 'p', controller: true },
      ]),
      version: await create([{ ...reference, apiVersion: 'a/b/c' }]),
      event: await create([{ ...reference, kind: 'Event' }]),
    };
  });

  conforms('meta-managers-reset', 'an empty list of managers resets them', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: 'v' } }));
    const reset = await s.put(path, {
      ...bodyOf(created),
      metadata: { ...bodyOf(created).metadata, managedFields: [{}] },
    });
    const next = await s.merge(path, { data: { l: 'w' } });
    return { reset: managersOf(reset), next: managersOf(next) };
  });

  conforms('meta-recreate', 'an object of the same name has another uid', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const first = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const deleted = await s.delete(path);
    const second = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    return {
      deleted,
      differ: uidOf(first) !== uidOf(second),
      newer: Number(versionOf(second)) > Number(versionOf(first)),
    };
  });

  conforms('meta-port', 'the port reads, writes and is refused in raw JSON', async (s) => {
    const resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
    const key = { namespace: s.ns, name: 'a' };
    const created = await s.api.create(resource, s.configMap('a', { data: { k: 'v' } }));
    return {
      created,
      read: await s.api.get(resource, key),
      updated: await s.api.update(resource, { ...created, data: { k: 'w' } }),
      stale: await outcome(s.api.update(resource, { ...created, data: { k: 'x' } })),
      applied: await s.api.patch(
        resource,
        key,
        { type: 'apply', patch: s.configMap('a', { data: { k: 'y' } }), force: true },
        { fieldManager: 'capstan' },
      ),
      deleted: await s.api.delete(resource, key, { preconditions: { uid: created.metadata.uid } }),
      missing: await outcome(s.api.get(resource, key)),
      known: await s.api.resourceFor('apps/v1', 'Deployment'),
      unknown: (await s.api.resourceFor('nowhere.dev/v1', 'Nothing')) ?? 'unknown',
    };
  });

  conforms('meta-create-version-kinds', 'what a version says to a creation, after everything else', async (s) => {
    const create = (name: string, resourceVersion: string, labels: object = {}) =>
      s.post(s.at('v1', 'configmaps'), s.configMap(name, {}, { resourceVersion, labels }));
    return {
      zero: await create('a', '0'),
      text: await create('b', 'abc'),
      exists: await create('a', '7'),
      invalid: await create('c', '7', { a: 'not valid' }),
      number: await create('c', '7'),
      dryRun: await s.post(`${s.at('v1', 'configmaps')}?dryRun=All`, s.configMap('d', {}, { resourceVersion: '7' })),
    };
  });

  conforms('meta-create-deleting', 'a name is taken until its object is gone', async (s) => {
    const body = s.configMap('a', {}, { finalizers: ['capstan.dev/a'] });
    await s.post(s.at('v1', 'configmaps'), body);
    await s.delete(s.at('v1', 'configmaps', 'a'));
    const refused = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.merge(s.at('v1', 'configmaps', 'a'), { metadata: { finalizers: null } });
    return { refused, created: (await s.post(s.at('v1', 'configmaps'), s.configMap('a'))).code };
  });

  conforms('meta-server-owned-update', 'what only the server may set does not come by an update', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const answers: unknown[] = [];
    for (const path of [s.at('v1', 'configmaps', 'a'), s.at(WIDGETS, 'widgets', 'w')]) {
      for (const metadata of [
        { selfLink: '/x' },
        { deletionGracePeriodSeconds: 5 },
        { deletionTimestamp: '2024-01-01T00:00:00Z' },
        { creationTimestamp: '2024-01-01T00:00:00Z' },
        { creationTimestamp: null },
        { generation: 7 },
        { generateName: 'x-' },
      ])
        answers.push(metadata, await s.merge(path, { metadata }));
    }
    return answers;
  });

  conforms('meta-managers-empty', 'an empty list of managers in an update or a patch', async (s) => {
    const given: { readonly [path: string]: object } = {
      [s.at('v1', 'configmaps')]: s.configMap('o', { data: { a: '1' } }),
      [s.at(WIDGETS, 'widgets')]: widget('o'),
    };
    const answers: unknown[] = [];
    for (const [collection, object] of Object.entries(given)) {
      const path = `${collection}/o`;
      for (const managedFields of [[], null]) {
        const made = await s.post(`${collection}?fieldManager=maker`, object);
        const put = (fields: object) => {
          const metadata = { ...Object(at(made, 'metadata')), resourceVersion: versionOf(made), ...fields };
          return s.put(`${path}?fieldManager=other`, { ...bodyOf(made), metadata });
        };
        answers.push(managersOf(await put({ managedFields, labels: { a: 'b' } })));
        answers.push(managersOf(await s.merge(`${path}?fieldManager=third`, { metadata: { labels: { a: 'c' } } })));
        await s.delete(path);
        await s.post(`${collection}?fieldManager=maker`, object);
        answers.push(managersOf(await s.merge(path, { metadata: { managedFields, labels: { a: 'b' } } })));
        await s.delete(path);
        await s.post(`${collection}?fieldManager=maker`, object);
        answers.push(
          managersOf(await s.json(path, [{ op: 'replace', path: '/metadata/managedFields', value: managedFields }])),
        );
        await s.delete(path);
      }
    }
    return answers;
  });
};

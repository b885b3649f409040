import { canonicalJson } from '../../../machinery/json';
import { type Answer, at } from '../scene';
import { withSlowUpdates } from '../slow-webhook';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, finalizers: ['capstan.dev/a', 'capstan.dev/b'] },
  spec: {
    containers: [
      { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }], ports: [{ containerPort: 80 }] },
      { name: 'b', image: 'b:1' },
    ],
    tolerations: [{ key: 'k', operator: 'Exists' }],
  },
});

/** Merge, JSON and strategic merge patches. */
export const patchCases: Topic = (conforms) => {
  conforms('patch-merge', 'a merge patch sets, replaces lists and removes by null', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(
      s.at(WIDGETS, 'widgets'),
      widget('w', { options: { a: '1', b: '2' }, tags: ['x', 'y'], parts: [{ name: 'p' }] }),
    );
    const patch = {
      options: { a: null, c: '3' },
      tags: ['z'],
      parts: [{ name: 'q', amount: 4 }],
      color: null,
      defaulted: null,
    };
    return s.merge(path, { metadata: { labels: { l: 'v' } }, spec: patch });
  });

  conforms(
    'patch-merge-status',
    'a merge patch of the object does not touch status, one of status nothing else',
    async (s) => {
      const path = s.at(WIDGETS, 'widgets', 'w');
      await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
      const patch = {
        metadata: { labels: { l: 'v' }, annotations: { a: 'v' } },
        spec: { size: 7 },
        status: { phase: 'Up' },
      };
      const status = await s.merge(`${path}/status`, patch);
      return { status, object: await s.merge(path, { ...patch, status: { phase: 'Down' } }) };
    },
  );

  conforms('patch-json', 'a JSON patch adds, replaces, removes, moves, copies and tests', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', { steps: ['a', 'b'], options: { 'a/b': '1', 'c~d': '2' } }));
    const patched = await s.json(path, [
      { op: 'test', path: '/spec/size', value: 3 },
      { op: 'add', path: '/spec/steps/-', value: 'z' },
      { op: 'add', path: '/spec/steps/0', value: 'first' },
      { op: 'replace', path: '/spec/options/a~1b', value: 'slash' },
      { op: 'move', from: '/spec/options/c~0d', path: '/spec/options/moved' },
      { op: 'copy', from: '/spec/steps/0', path: '/spec/options/copied' },
      { op: 'remove', path: '/spec/color' },
    ]);
    return at(patched, 'spec');
  });

  conforms('patch-json-refused', 'a JSON patch that does not fit is refused', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', { steps: ['a'] }));
    return {
      test: await s.json(path, [{ op: 'test', path: '/spec/size', value: 4 }]),
      remove: await s.json(path, [{ op: 'remove', path: '/spec/nothing' }]),
      replace: await s.json(path, [{ op: 'replace', path: '/spec/nothing', value: 1 }]),
      parent: await s.json(path, [{ op: 'add', path: '/spec/nothing/deep', value: 1 }]),
      index: await s.json(path, [{ op: 'add', path: '/spec/steps/5', value: 'x' }]),
      invalid: await s.json(path, [{ op: 'replace', path: '/spec/size', value: 11 }]),
      object: await s.json(path, { spec: {} }),
    };
  });

  conforms('patch-strategic', 'a strategic patch merges lists by key and knows its directives', async (s) => {
    const path = s.at('v1', 'pods', 'p');
    await s.post(s.at('v1', 'pods'), pod('p'));
    const patched = await s.strategic(path, {
      metadata: { labels: { a: 'b' }, '$deleteFromPrimitiveList/finalizers': ['capstan.dev/a'] },
      spec: {
        containers: [{ name: 'a', image: 'a:2' }],
        tolerations: [
          { key: 'k', operator: 'Exists' },
          { key: 'l', operator: 'Exists' },
        ],
      },
    });
    return [
      patched.code,
      at(patched, 'metadata', 'labels'),
      at(patched, 'metadata', 'finalizers'),
      at(patched, 'spec'),
    ];
  });

  conforms('patch-strategic-lists', 'a strategic patch of map lists: add, delete, replace and order', async (s) => {
    const path = s.at('apps/v1', 'deployments', 'd');
    const template = { metadata: { labels: { a: 'b' } }, spec: pod('d').spec };
    await s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    });
    const containers = async (patch: object) => {
      const answer = await s.strategic(path, { spec: { template: { spec: patch } } });
      return [
        answer.code,
        at(answer, 'spec', 'template', 'spec', 'containers'),
        at(answer, 'spec', 'template', 'spec', 'tolerations'),
        at(answer, 'message'),
      ];
    };
    return {
      added: await containers({ containers: [{ name: 'c', image: 'c:1' }] }),
      env: await containers({
        containers: [
          {
            name: 'a',
            env: [
              { name: 'Y', value: '2' },
              { name: 'X', $patch: 'delete' },
            ],
          },
        ],
      }),
      deleted: await containers({ containers: [{ name: 'b', $patch: 'delete' }] }),
      ordered: await containers({ '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }] }),
      replaced: await containers({ containers: [{ $patch: 'replace' }, { name: 'z', image: 'z:1' }] }),
      removed: await containers({ tolerations: null }),
    };
  });

  conforms('patch-strategic-refused', 'strategic patches are refused for custom resources', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return s.strategic(s.at(WIDGETS, 'widgets', 'w'), { spec: { size: 4 } });
  });

  conforms('patch-conditions', 'a strategic patch merges conditions by type', async (s) => {
    await s.post('/api/v1/nodes', { metadata: { name: s.ns } });
    const path = `/api/v1/nodes/${s.ns}/status`;
    const condition = (type: string, status: string) => ({ type, status, reason: 'R', message: 'm' });
    await s.strategic(path, { status: { conditions: [condition('Ready', 'False'), condition('Disk', 'False')] } });
    const patched = await s.strategic(path, { status: { conditions: [condition('Ready', 'True')] } });
    return [patched.code, at(patched, 'status', 'conditions')];
  });

  conforms('patch-missing', 'patches of what does not exist are refused', async (s) => ({
    merge: await s.merge(s.at('v1', 'configmaps', 'a'), {}),
    json: await s.json(s.at('v1', 'configmaps', 'a'), []),
    strategic: await s.strategic(s.at('v1', 'configmaps', 'a'), {}),
    widget: await s.merge(s.at(WIDGETS, 'widgets', 'w'), {}),
    status: await s.merge(s.at(WIDGETS, 'widgets', 'w', 'status'), {}),
  }));

  conforms('patch-media-type', 'other media types are refused', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const patch = (type: string) => s.client.http('PATCH', s.at('v1', 'configmaps', 'a'), {}, { type });
    return [await patch('application/json'), await patch('text/plain')];
  });

  conforms('patch-malformed', 'bodies that are no JSON are refused', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    return {
      post: await s.post(s.at('v1', 'configmaps'), '{"a":'),
      postArray: await s.post(s.at('v1', 'configmaps'), '[]'),
      put: await s.put(s.at('v1', 'configmaps', 'a'), '{"a":'),
      long: await s.put(s.at('v1', 'configmaps', 'a'), 'apiVersion: v1, kind: ConfigMap, and more'),
      merge: await s.merge(s.at('v1', 'configmaps', 'a'), '{"a":'),
      mergeList: await s.merge(s.at('v1', 'configmaps', 'a'), []),
    };
  });

  conforms('patch-bytes', 'a patch that breaks a type is refused', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: 'v' } }));
    return {
      configMap: await s.merge(s.at('v1', 'configmaps', 'a'), { data: { k: 1 } }),
      strategic: await s.strategic(s.at('v1', 'configmaps', 'a'), { data: 'x' }),
    };
  });

  conforms('patch-force-refused', 'force belongs to an apply', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    return s.merge(`${s.at('v1', 'configmaps', 'a')}?force=true`, { data: { a: 'b' } });
  });

  conforms(
    'patch-finalizers-version',
    'a merge patch with the current version and finalizers passes once',
    async (s) => {
      const path = s.at(WIDGETS, 'widgets', 'w');
      const created = await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
      const patch = {
        metadata: { resourceVersion: at(created, 'metadata', 'resourceVersion'), finalizers: ['capstan.dev/x'] },
      };
      return { first: await s.merge(path, patch), second: await s.merge(path, patch) };
    },
  );

  conforms('patch-json-paths', 'paths of a JSON patch: indices, what is not there, and the whole', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', { steps: ['a', 'b', 'c'], options: { k: 'v' } }));
    const answers: Record<string, unknown> = {};
    for (const operation of [
      ...['-1', '-3', '-4', '-5', '', '01', '+1', '1e0', '0x1', ' 1', '3', '4', 'x'].flatMap((index) =>
        ['add', 'replace', 'remove', 'test'].map((op) => ({ op, path: `/spec/steps/${index}`, value: 'c' })),
      ),
      { op: 'replace', path: '/spec/steps/-', value: 'z' },
      { op: 'remove', path: '/spec/steps/-' },
      { op: 'move', from: '/spec/steps/-3', path: '/spec/steps/-' },
      { op: 'copy', from: '/spec/steps/-1', path: '/spec/options/c' },
      { op: 'copy', from: '/spec/options/none', path: '/spec/any' },
      { op: 'copy', from: '/spec/none/none', path: '/spec/any' },
      { op: 'copy', from: '/spec/steps/7', path: '/spec/any' },
      { op: 'copy', from: '/spec/size/x', path: '/spec/any' },
      { op: 'move', from: '/spec/options/none', path: '/spec/any' },
      { op: 'test', path: '/spec/none', value: null },
      { op: 'test', path: '/spec/none/none', value: null },
      { op: 'test', path: '/spec/size' },
      { op: 'test', path: '/spec/options', value: { k: 'v' } },
      { op: 'add', path: 'spec', value: { size: 4 } },
      { op: 'add', path: 'x/spec', value: { size: 4 } },
      { op: 'add', path: '', value: {} },
      { op: 'add', path: '/', value: {} },
      { op: 'add', path: '/spec/options/', value: 'empty' },
      { op: 'remove', path: '' },
      { op: 'remove', path: 'spec' },
      { op: 'replace', path: '', value: 'x' },
      { op: 'replace', path: '', value: {} },
      { op: 'replace', path: '', value: [] },
      { op: 'replace', path: 'spec', value: {} },
      { op: 'replace', path: '/spec/none', value: 1 },
      { op: 'replace', path: '/spec/none/none', value: 1 },
      { op: 'move', from: '', path: '/spec/any' },
      { op: 'copy', from: '', path: '/spec/any' },
      { op: 'copy', path: '/spec/any' },
      { op: 7, path: '/spec/size', value: 4 },
      { op: null, path: '/spec/size', value: 4 },
      { path: '/spec/size', value: 4 },
      { op: 'add', path: 7, value: 4 },
      { op: 'add', path: null, value: 4 },
    ]) {
      const { op, path: place, from, value } = operation as { readonly [field: string]: unknown };
      const name = JSON.stringify([op, from ?? '', place, value ?? '']);
      const answer = await s.json(`${path}?dryRun=All`, [operation]);
      const { size, steps, options, any } = (at(answer, 'spec') ?? {}) as { readonly [field: string]: unknown };
      answers[name] =
        answer.code === 200 ? canonicalJson({ size, steps, options, any }) : `${answer.code} ${at(answer, 'message')}`;
    }
    return answers;
  });

  conforms('patch-identity', 'a patch keeps what the object is', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const answers: Record<string, unknown> = {};
    const [builtin, custom] = [s.at('v1', 'configmaps', 'a'), s.at(WIDGETS, 'widgets', 'w')];
    for (const path of [builtin, custom]) {
      for (const patch of [
        { metadata: null },
        { metadata: { name: null } },
        { metadata: { name: '' } },
        { metadata: { name: 'other' } },
        { metadata: { name: 'other', resourceVersion: '1' } },
        { metadata: { namespace: null } },
        { metadata: { namespace: 'other' } },
        { metadata: { name: 'other', namespace: 'other' } },
        { metadata: { resourceVersion: null } },
        { metadata: { resourceVersion: '' } },
        { metadata: { resourceVersion: '0' } },
        { metadata: { resourceVersion: 'x' } },
        { metadata: { uid: null } },
        { metadata: { uid: 'x' } },
        { metadata: { creationTimestamp: null, generation: null } },
        { kind: 'Secret' },
        { apiVersion: 'v2' },
        { apiVersion: null },
        { apiVersion: 'apps/v1', kind: 'Deployment' },
      ]) {
        const { code, body } = await s.merge(`${path}?dryRun=All`, patch);
        const name = `${path} ${JSON.stringify(patch)}`;
        answers[name] = code === 200 ? code : body;
      }
    }
    // The kind of a Go type is known.
    for (const kind of [null, '']) answers[`${kind}`] = (await s.merge(`${builtin}?dryRun=All`, { kind })).code;
    const { code, body } = await s.merge(`${custom}?dryRun=All`, { kind: null });
    answers.unknown = [code, /Object 'Kind' is missing/.test(String(at({ code, body }, 'message')))];
    return answers;
  });

  conforms('patch-no-object', 'merge and strategic patches that are no objects are refused', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const path = s.at('v1', 'configmaps', 'a');
    const answers: Record<string, unknown> = {};
    for (const text of ['null', '[]', '"x"', '7', 'true', ' ', '{}', '[{}]']) {
      answers[`merge ${text}`] = await s.merge(path, text);
      answers[`strategic ${text}`] = await s.strategic(path, text);
      answers[`json ${text}`] = await s.client.http('PATCH', path, text, { type: 'application/json-patch+json' });
    }
    return Object.fromEntries(
      Object.entries(answers).map(([name, answer]) => {
        const { code, body } = answer as Answer;
        return [name, code === 200 ? code : body];
      }),
    );
  });

  conforms('patch-strategic-directives', 'directives that a strategic patch does not know are refused', async (s) => {
    await s.post(s.at('v1', 'pods'), pod('p'));
    const answers: Record<string, unknown> = {};
    for (const patch of [
      { $patch: 'merge' },
      { $patch: 'frob' },
      { $patch: 'delete' },
      { $patch: 'replace', metadata: { name: 'p', labels: { a: 'b' } } },
      { metadata: { labels: { $patch: 'frob' } } },
      { metadata: { annotations: { $patch: 'frob' } } },
      { metadata: { annotations: { a: 'b', $patch: 'replace' } } },
      { metadata: { annotations: { a: null } } },
      { spec: { containers: [{ $patch: 'merge' }] } },
      { spec: { containers: [{ $patch: 'frob', name: 'a' }] } },
      { spec: { containers: [{ $patch: 'delete' }] } },
      { spec: { containers: [{ image: 'x' }] } },
      { spec: { containers: 'a' } },
      { spec: { containers: {} } },
      { spec: { containers: null } },
      { spec: { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a', image: 'x' }] } },
      { spec: { '$setElementOrder/containers': 'b' } },
      { spec: { '$setElementOrder/containers': [{}] } },
      { spec: { $retainKeys: 'containers' } },
      { spec: { $retainKeys: ['tolerations'], containers: [] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['capstan.dev/a'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': 'capstan.dev/a' } },
      { metadata: { '$deleteFromPrimitiveList/none': ['capstan.dev/a'] } },
      { metadata: { '$deleteFromPrimitiveList/labels': ['capstan.dev/a'] } },
      { metadata: { finalizers: ['capstan.dev/a', 'capstan.dev/c'] } },
      { metadata: { labels: 'x' } },
      { metadata: 'x' },
    ]) {
      const { code, body } = await s.strategic(`${s.at('v1', 'pods', 'p')}?dryRun=All`, patch);
      const answer = { code, body };
      const { finalizers, labels, annotations } = (at(answer, 'metadata') ?? {}) as {
        readonly [field: string]: unknown;
      };
      answers[JSON.stringify(patch)] = code === 200 ? canonicalJson({ finalizers, labels, annotations }) : body;
    }
    return answers;
  });

  conforms('patch-race', 'patches that meet at an object are all done, whatever their type', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', { options: {}, steps: [] }));
    const writes = (round: number) => [
      s.apply(path, `manager-${round}`, widget('w', { size: undefined, options: { [`apply-${round}`]: 'x' } })),
      s.merge(path, { spec: { options: { [`merge-${round}`]: 'x' } } }),
      s.json(path, [{ op: 'add', path: '/spec/steps/-', value: 'x' }]),
      s.merge(`${path}/status`, { status: { observedGeneration: round } }),
    ];
    const answers = await withSlowUpdates(s, 'widgets', () => Promise.all([0, 1, 2, 3, 4, 5].flatMap(writes)));
    const done = await s.get(path);
    return {
      codes: [...new Set(answers.map(({ code }) => code))],
      options: at(done, 'spec', 'options'),
      steps: at(done, 'spec', 'steps'),
    };
  });

  conforms(
    'patch-race-deleted',
    'an apply to what is deleted meanwhile makes it anew, a patch finds nothing',
    async (s) => {
      const [applied, merged] = ['applied', 'merged'].map((name) => s.at('v1', 'configmaps', name));
      for (const name of ['applied', 'merged']) await s.post(s.at('v1', 'configmaps'), s.configMap(name));
      return withSlowUpdates(s, 'configmaps', async (asked) => {
        const writes = [
          s.apply(`${applied}`, 'manager', s.configMap('applied', { data: { k: 'v' } })),
          s.merge(`${merged}`, { data: { k: 'v' } }),
        ];
        await asked;
        await Promise.all([applied, merged].map((path) => s.delete(`${path}`)));
        return Promise.all(writes);
      });
    },
  );

  conforms('patch-race-version', 'of writes that insist on a version, one is done', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const metadata = { resourceVersion: at(created, 'metadata', 'resourceVersion') };
    const answers = await withSlowUpdates(s, 'configmaps', () =>
      Promise.all([
        s.merge(path, { metadata, data: { k: 'merged' } }),
        s.strategic(path, { metadata, data: { k: 'merged by its schema' } }),
        s.apply(path, 'manager', s.configMap('a', { data: { k: 'applied' } }, metadata)),
        s.put(path, s.configMap('a', { data: { k: 'put' } }, metadata)),
      ]),
    );
    return answers.filter(({ code }) => code !== 409).map(({ code }) => code);
  });

  conforms('patch-unreadable', 'bodies that are no patch, by type of patch and of kind', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('a'));
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const answers: { [request: string]: unknown } = {};
    for (const path of [s.at(WIDGETS, 'widgets', 'a'), s.at('v1', 'configmaps', 'a'), s.at(WIDGETS, 'widgets', 'x')]) {
      for (const type of ['merge-patch+json', 'json-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml']) {
        const isApply = type === 'apply-patch+yaml';
        // Parsers of YAML have words of their own.
        for (const body of ['', '[]', '5', 'null', '{}', ...(isApply ? [] : ['{'])]) {
          const query = isApply ? '?fieldManager=m' : '';
          const options = { type: `application/${type}` };
          const answer = await s.client.http('PATCH', `${path}${query}`, body, options);
          answers[`${type} ${body} ${path}`] = [answer.code, at(answer, 'message') ?? 'none'];
        }
      }
      const options = { type: 'application/json' };
      answers[`json ${path}`] = await s.client.http('PATCH', path, {}, options);
    }
    return answers;
  });
};

import { type Answer, at, type Scene } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const short = ({ code, body, warnings = [] }: Answer) => {
  const { message = 'none' } = body as { message?: string };
  return { code, message, warnings };
};

const PATCHES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const patch = (s: Scene, type: keyof typeof PATCHES, path: string, body: string): Promise<Answer> =>
  s.client.http('PATCH', path, body, { type: PATCHES[type] });

/** Texts that are no JSON, each for another reason. */
const MALFORMED: readonly string[] = [
  'not json',
  '{',
  '{"a"}',
  '{"a" 1}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  '[1 2]',
  '[1,]',
  '{"a":1]',
  '{"a":1} x',
  '{"a":tru}',
  'nul',
  '-',
  '01',
  '1.',
  '1e',
  '"abc',
  '"a\nb"',
  '"\\x"',
  '"\\u12"',
  "'a'",
  '\u0001',
];

/** Values that do not fit a Deployment, each with the field where Go's decoders notice. */
const WRONG_VALUES: { readonly [what: string]: object } = {
  structFromText: { spec: 'x' },
  structFromList: { spec: [] },
  pointerToStruct: { spec: { selector: 'x' } },
  numberFromText: { spec: { replicas: 'x' } },
  numberFromFraction: { spec: { replicas: 1.5 } },
  numberFromBoolean: { spec: { replicas: true } },
  numberFromMap: { spec: { minReadySeconds: {} } },
  overflow: { spec: { replicas: 3_000_000_000 } },
  listFromText: { spec: { template: { spec: { containers: 'x' } } } },
  listFromMap: { spec: { template: { spec: { containers: {} } } } },
  textInList: { spec: { template: { spec: { containers: [{ name: 'c', image: 'i', args: [1] }] } } } },
  mapFromText: { metadata: { labels: 'x' } },
  mapFromNumber: { metadata: { labels: 1.5 } },
  textFromNumber: { metadata: { labels: { a: 1 } } },
  textFromBoolean: { metadata: { labels: { a: true } } },
  textFromMap: { metadata: { labels: { a: {} } } },
  numberOrText: { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
  fractionOrText: { spec: { strategy: { rollingUpdate: { maxSurge: 1.5 } } } },
  quantity: {
    spec: { template: { spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: 'x' } } }] } } },
  },
  time: { metadata: { creationTimestamp: 'x' } },
  timeFromNumber: { metadata: { creationTimestamp: 1 } },
  metadata: { metadata: 'x' },
};

async function wrongValues(s: Scene, type: 'merge' | 'strategic') {
  await s.post(s.at('apps/v1', 'deployments'), {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  const answers: { [what: string]: unknown } = {};
  for (const [what, value] of Object.entries(WRONG_VALUES)) {
    answers[what] = short(await patch(s, type, s.at('apps/v1', 'deployments', 'd'), JSON.stringify(value)));
  }
  return answers;
}

/** How bodies are read: texts, types, and names given twice. */
export const decodingCases: Topic = (conforms) => {
  conforms('decode-malformed', 'texts that are no JSON are told by their first fault', async (s) => {
    const answers: { [text: string]: unknown } = {};
    for (const text of MALFORMED) {
      answers[text] = {
        builtin: short(await s.post(s.at('v1', 'configmaps'), text)).message,
        widget: short(await s.post(s.at(WIDGETS, 'widgets'), text)).message,
        patch: short(await patch(s, 'merge', s.at(WIDGETS, 'widgets', 'w'), text)).message,
      };
    }
    return answers;
  });

  conforms('decode-docker-config', 'the JSON in a Secret is read too', async (s) => {
    const answers: { [text: string]: unknown } = {};
    for (const text of MALFORMED) {
      const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
      const secret = { metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson', data };
      answers[text] = short(await s.post(`${s.at('v1', 'secrets')}?dryRun=All`, secret));
    }
    return answers;
  });

  conforms('decode-wrong-merge', 'a merge patch that does not fit is told as JSON is decoded', (s) =>
    wrongValues(s, 'merge'),
  );

  conforms('decode-wrong-strategic', 'a strategic patch that does not fit is told as values are converted', (s) =>
    wrongValues(s, 'strategic'),
  );

  conforms('decode-bytes', 'bytes that are no base64, and values that are no bytes', async (s) => {
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' } });
    const answers: unknown[] = [];
    for (const value of ['no base64!', 1, {}]) {
      const body = JSON.stringify({ data: { a: value } });
      answers.push(short(await patch(s, 'merge', s.at('v1', 'secrets', 's'), body)));
      answers.push(short(await patch(s, 'strategic', s.at('v1', 'secrets', 's'), body)));
    }
    return answers;
  });

  conforms('decode-type-meta', 'a patch that changes what an object is', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const configMap = s.at('v1', 'configmaps', 'a');
    const path = s.at(WIDGETS, 'widgets', 'w');
    return {
      version: await s.merge(configMap, { apiVersion: 'x' }),
      kindNumber: await s.merge(configMap, { kind: 1 }),
      strategic: await s.strategic(configMap, { apiVersion: 'x', kind: 'Secret' }),
      widgetVersion: await s.merge(path, { apiVersion: 'x/v1' }),
      widgetKind: await s.merge(path, { kind: 'Other' }),
      widgetKindNumber: await s.merge(path, { kind: 1 }),
      widgetMetadata: await s.merge(path, { metadata: 'x' }),
      widgetMetadataNew: await s.post(s.at(WIDGETS, 'widgets'), { ...widget('v'), metadata: 'x' }),
      list: await s.json(path, [{ op: 'replace', path: '', value: [1] }]),
    };
  });

  conforms('decode-yaml', 'bodies in YAML are read as version 1.1 of it', async (s) => {
    const lines = [
      ...['bare: yes', 'letter: n', 'switch: On', 'quoted: "yes"', 'word: yesterday', 'empty:', 'tilde: ~'],
      ...['octal: 0777', 'newOctal: 0o777', 'hex: 0x1F', 'under: 1_000', 'sixty: 12:30:45', 'exponent: 1e3'],
      ...['date: 2024-01-02', 'time: 2024-01-02T03:04:05Z', 'float: 1.50', 'big: 12345678901', '12: number key'],
      ...['y: letter key', 'flow: {a: [1, off]}', 'anchor: &a {x: 1}', 'alias: *a', 'merged: {<<: *a, y: 2}'],
    ];
    const indented = lines.map((line) => `    ${line}`).join('\n');
    const body = `apiVersion: ${WIDGETS}\nkind: Widget\nmetadata: {name: w}\nspec:\n  size: 3\n  any:\n${indented}\n`;
    const created = await s.post(s.at(WIDGETS, 'widgets'), body, { type: 'application/yaml' });
    return { created: at(created, 'spec'), refused: at(created, 'message') ?? 'no' };
  });

  for (const mode of ['Strict', 'Warn'] as const) {
    conforms(
      `decode-twice-${mode.toLowerCase()}`,
      `names given twice in every kind of body with ${mode}`,
      async (s) => {
        await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
        await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
        const query = `?fieldValidation=${mode}&dryRun=All`;
        const configMap = `${s.at('v1', 'configmaps', 'a')}${query}`;
        const path = `${s.at(WIDGETS, 'widgets', 'w')}${query}`;
        const labels = '"labels":{"x":"1","x":"2"}';
        return {
          mixed: short(
            await s.post(
              s.at('v1', 'configmaps') + query,
              `{"metadata":{"name":"b",${labels}},"zz":{"a":1,"a":2},"data":{"a":"1","a":"2","a":"3"},"aa":1,"aa":2}`,
            ),
          ),
          inList: short(
            await s.post(
              s.at('v1', 'pods') + query,
              '{"metadata":{"name":"b"},"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"x","image":"y"}]}}',
            ),
          ),
          update: short(await s.put(configMap, '{"metadata":{"name":"a"},"data":{"a":"1","a":"2"},"zz":1}')),
          widget: short(
            await s.post(
              s.at(WIDGETS, 'widgets') + query,
              `{"apiVersion":"${WIDGETS}","kind":"Widget","metadata":{"name":"b","bad":1,${labels}},"spec":{"zz":{"a":1,"a":2},"aa":1,"aa":2,"size":2,"size":3}}`,
            ),
          ),
          merge: short(await patch(s, 'merge', configMap, '{"data":{"a":"2","a":"4"},"nonsense":3}')),
          mergeWidget: short(await patch(s, 'merge', path, '{"spec":{"size":2,"size":4,"nonsense":3}}')),
          strategic: short(await patch(s, 'strategic', configMap, '{"data":{"a":"2","a":"4"},"nonsense":3}')),
          json: short(
            await patch(
              s,
              'json',
              path,
              '[{"op":"add","op":"add","path":"/spec/size","value":4,"foo":1},{"op":"add","path":"/spec/nonsense","value":1}]',
            ),
          ),
          apply: short(
            await patch(
              s,
              'apply',
              `${s.at('v1', 'configmaps', 'new')}${query}&fieldManager=m`,
              '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"new"},\n"data":{"a":"1","a":"2"}}',
            ),
          ),
          applyYaml: short(
            await patch(
              s,
              'apply',
              `${s.at('v1', 'configmaps', 'new')}${query}&fieldManager=m`,
              'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\ndata:\n  a: "1"\n  a: "2"\n  b: "2"\n  b: "2"\n',
            ),
          ),
          yaml: short(
            await s.post(
              s.at('v1', 'configmaps') + query,
              'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\nnonsense: 1\ndata:\n  a: "1"\n  a: "2"\n',
              { type: 'application/yaml' },
            ),
          ),
        };
      },
    );
  }

  conforms('decoding-protobuf', 'fields in protobuf whose names differ from those in JSON', async (s) => {
    const type = 'application/vnd.kubernetes.protobuf';
    const send = (path: string, apiVersion: string, kind: string, ...fields: readonly WireField[]) => {
      const envelope = wire([1, wire([1, apiVersion], [2, kind])], [2, wire(...fields)]);
      return s.post(path, `k8s\0${envelope}`, { type });
    };
    const named = (name: string): WireField => [1, wire([1, name])];
    await s.post(s.at('v1', 'serviceaccounts'), { metadata: { name: 'a' } });
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' } });
    const bound = wire([1, 'Secret'], [2, 'v1'], [3, 's'], [4, 'another']);
    const token = await send(s.at('v1', 'serviceaccounts', 'a', 'token'), 'authentication.k8s.io/v1', 'TokenRequest', [
      2,
      wire([3, bound]),
    ]);
    const http = wire([1, wire([1, '/b'], [2, wire([4, wire([1, 'c'], [2, wire([1, 'p'])])])], [3, 'Exact'])]);
    const ingress = await send(
      s.at('networking.k8s.io/v1', 'ingresses'),
      'networking.k8s.io/v1',
      'Ingress',
      named('i'),
      [2, wire([3, wire([1, 'h'], [2, wire([1, http])])])],
    );
    const parameters = wire([1, 'g.dev'], [2, 'K'], [3, 'n'], [4, 'Cluster']);
    const ingressClass = await send(
      '/apis/networking.k8s.io/v1/ingressclasses',
      'networking.k8s.io/v1',
      'IngressClass',
      named(s.ns),
      [2, wire([1, 'g.dev/c'], [2, parameters])],
    );
    const rule = wire([1, 'CREATE'], [2, wire([1, 'g'], [2, 'v1'], [3, 'ks'])]);
    const webhook = wire([1, 'w.g.dev'], [2, wire([3, 'https://127.0.0.1/'])], [3, rule], [6, 'None'], [8, 'v1']);
    const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    const configuration = await send(
      webhooks,
      'admissionregistration.k8s.io/v1',
      'ValidatingWebhookConfiguration',
      named(s.ns),
      [2, webhook],
    );
    await s.delete(`${webhooks}/${s.ns}`);
    return {
      token,
      ingress: at(ingress, 'spec') ?? ingress,
      ingressClass: at(ingressClass, 'spec') ?? ingressClass,
      configuration: at(configuration, 'webhooks') ?? configuration,
    };
  });

  conforms('decode-padding', 'bytes in base64 are padded', async (s) => {
    const texts = [
      'YQ==',
      'YQ',
      'YQ=',
      'Y',
      'YWI',
      'YWI=',
      'YWJj',
      'YQ==YQ==',
      'Y=Q=',
      '=',
      'YQ\n==',
      'YWJjYQ',
      'YR==',
    ];
    const answers: unknown[] = [];
    for (const [index, text] of texts.entries()) {
      const answer = await s.post(s.at('v1', 'secrets'), { metadata: { name: `s${index}` }, data: { a: text } });
      answers.push([text, answer.code, at(answer, 'data') ?? at(answer, 'message')]);
    }
    return answers;
  });

  conforms('decode-empty-times', 'an empty text is no time', async (s) => {
    const lease = { metadata: { name: 'a' }, spec: { renewTime: '' } };
    const involvedObject = { kind: 'ConfigMap', name: 'a', namespace: s.ns };
    const event = { metadata: { name: 'a' }, involvedObject, type: 'Normal', lastTimestamp: '' };
    const leases = s.at('coordination.k8s.io/v1', 'leases');
    const type = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
    return {
      lease: await s.post(leases, lease),
      event: await s.post(s.at('v1', 'events'), event),
      applied: await s.apply(`${leases}/a`, 'm', { ...type, ...lease }),
    };
  });

  conforms('decode-scalars', 'bodies that are scalars', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('a'));
    const answers: unknown[] = [];
    for (const body of ['"x"', '5', 'true', '[]']) {
      answers.push(body, await s.post(s.at(WIDGETS, 'widgets'), body), await s.post(s.at('v1', 'configmaps'), body));
      answers.push(await s.put(s.at(WIDGETS, 'widgets', 'a', 'status'), body));
    }
    return answers;
  });

  conforms('decode-times', 'times are kept in UTC, in seconds or in microseconds', async (s) => {
    const involvedObject = { kind: 'ConfigMap', name: 'a', namespace: s.ns };
    const seconds = async (lastTimestamp: string) => {
      const body = { metadata: { generateName: 'e-' }, involvedObject, type: 'Normal', lastTimestamp };
      const answer = await s.post(s.at('v1', 'events'), body);
      return String(at(answer, 'lastTimestamp') ?? at(answer, 'message')).replaceAll('T', ' ');
    };
    const leases = s.at('coordination.k8s.io/v1', 'leases');
    const micro = async (renewTime: string) => {
      const body = { metadata: { generateName: 'l-' }, spec: { renewTime } };
      return String(at(await s.post(leases, body), 'spec', 'renewTime')).replace('T', ' ');
    };
    return {
      offset: await seconds('2024-02-03T04:05:06+02:00'),
      fraction: await seconds('2024-02-03T04:05:06.987Z'),
      both: await seconds('2024-01-01T00:30:00.5+01:00'),
      month: await seconds('2024-13-01T00:00:00Z'),
      day: await seconds('2023-02-29T00:00:00Z'),
      hour: await seconds('2024-01-01T24:00:00Z'),
      micro: await micro('2024-02-03T04:05:06.000001Z'),
      microOffset: await micro('2024-01-01T00:30:00.123456+01:00'),
    };
  });
};

/** A field of a protobuf message: its number, and its content. */
type WireField = readonly [number: number, content: string];

/** A message of short fields, which is text as long as their content is. */
const wire = (...fields: readonly WireField[]): string =>
  fields.map(([number, content]) => `${String.fromCharCode(number * 8 + 2, content.length)}${content}`).join('');

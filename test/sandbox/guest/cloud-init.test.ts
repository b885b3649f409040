import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { planCloudInit } from '../../../sandbox/guest/cloud-init/cloud-config';
import { instanceData, renderJinja } from '../../../sandbox/guest/cloud-init/jinja';
import { parseShell } from '../../../sandbox/guest/cloud-init/shell';

const metadata = { 'instance-id': '5c7f-uuid', 'local-hostname': 'node-1', 'availability-zone': 'zone-1' };
const deliver = (text: string) => Buffer.from(text, 'utf8').toString('base64');
const plan = (text: string) => planCloudInit(deliver(text), metadata);
const contentOf = (text: string) => plan(text).config.files[0]?.content.toString('utf8');

describe('user data', () => {
  const config = '#cloud-config\nruncmd:\n- swapoff -a\n';

  test('are read plain and compressed', () => {
    const compressed = gzipSync(Buffer.from(config)).toString('base64');

    expect(planCloudInit(deliver(config), metadata).config.runCommands).toEqual(['swapoff -a']);
    expect(planCloudInit(compressed, metadata)).toEqual(planCloudInit(deliver(config), metadata));
  });

  test.each([
    ['a cut-off gzip stream', gzipSync(Buffer.from(config)).subarray(0, 20).toString('base64'), 'Failed to decompress'],
    ['base64 applied twice', deliver(deliver(config)), 'Unhandled non-multipart'],
    ['a script', deliver('#!/bin/sh\nkubeadm init'), 'Unhandled non-multipart'],
    ['no YAML', deliver('#cloud-config\nruncmd: [unclosed'), 'Failed loading yaml blob'],
    ['a list', deliver('#cloud-config\n- a\n'), 'Failed loading yaml blob'],
  ])('%s runs nothing and says so', (_what, delivered, message) => {
    const { config: parsed, messages } = planCloudInit(delivered, metadata);

    expect(parsed).toEqual({ bootCommands: [], files: [], runCommands: [] });
    expect(messages.join()).toContain(message);
  });

  test('any bytes at all are survived', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(planCloudInit(Buffer.from(bytes).toString('base64'), {}).config.files).toEqual([]);
      }),
    );
  });

  test('messages do not quote what was delivered', () => {
    const { messages } = plan('#cloud-config\nwrite_files:\n- content: "TOP-SECRET\n  path: {{{');

    expect(messages.join()).not.toContain('TOP-SECRET');
  });
});

describe('templates', () => {
  test('metadata appear under the names of the CloudStack data source', () => {
    const template =
      '{{ ds.meta_data.instance_id }} {{ds.meta_data["instance-id"]}} {{ v1.local_hostname }} {{ local_hostname }}';

    const result = renderJinja(template, instanceData(metadata));

    expect(result).toEqual({ kind: 'rendered', text: '5c7f-uuid 5c7f-uuid node-1 node-1', missing: [] });
  });

  test('are rendered only behind their header', () => {
    const body = '#cloud-config\nwrite_files:\n- {path: /a, content: "{{ local_hostname }}"}\n';

    expect(contentOf(`## template: jinja\n${body}`)).toBe('node-1');
    expect(contentOf(body)).toBe('{{ local_hostname }}');
  });

  test('a variable that is not defined is marked and reported', () => {
    const body = '## template: jinja\n#cloud-config\nwrite_files:\n- {path: /a, content: "{{ ds.meta_data.rack }}"}\n';

    expect(contentOf(body)).toBe('CI_MISSING_JINJA_VAR/ds.meta_data.rack');
    expect(plan(body).messages.join()).toContain('ds.meta_data.rack');
  });

  test('raw blocks and comments are honoured, statements refused', () => {
    const rendered = renderJinja('{% raw %}{{ a }}{% endraw %}{# note #}.', {});

    expect(rendered).toMatchObject({ text: '{{ a }}.' });
    expect(renderJinja('{% if a %}x{% endif %}', {})).toMatchObject({ kind: 'failed' });
  });

  test('text without braces is left alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('{'));
        expect(renderJinja(text, {})).toEqual({ kind: 'rendered', text, missing: [] });
      }),
    );
  });
});

describe('write_files', () => {
  const base64 = (bytes: Buffer) => bytes.toString('base64');

  test.each([
    ['none', undefined, 'secret'],
    ['b64', 'b64', base64(Buffer.from('secret'))],
    ['base64', 'base64', base64(Buffer.from('secret'))],
    ['gzip+base64', 'gzip+base64', base64(gzipSync('secret'))],
    ['gz+b64', 'gz+b64', base64(gzipSync('secret'))],
  ])('encoding %s is undone', (_name, encoding, content) => {
    const entry = JSON.stringify({ path: '/a', content, encoding });

    expect(contentOf(`#cloud-config\nwrite_files: [${entry}]`)).toBe('secret');
  });

  test('a file that cannot be decoded is left out with a message', () => {
    const { config, messages } = plan(
      '#cloud-config\nwrite_files: [{path: /a, encoding: gzip+base64, content: "bm8="}]',
    );

    expect(config.files).toEqual([]);
    expect(messages.join()).toContain('Failed to write file /a');
  });

  test('permissions may be text or an octal number', () => {
    const files = plan('#cloud-config\nwrite_files: [{path: /a, permissions: 0600}, {path: /b, permissions: "0640"}]');

    expect(files.config.files.map((file) => file.permissions)).toEqual(['0600', '0640']);
  });
});

describe('commands', () => {
  const words = (line: string) => parseShell(line).map((step) => [step.connector, ...step.command.words]);

  test('the line that starts kubeadm is taken apart', () => {
    const steps = parseShell('kubeadm init --config /run/k.yaml  --v 5 && echo success > /run/done');

    expect(steps).toEqual([
      { connector: 'always', command: { words: ['kubeadm', 'init', '--config', '/run/k.yaml', '--v', '5'] } },
      { connector: 'and', command: { words: ['echo', 'success'], redirect: { path: '/run/done', append: false } } },
    ]);
  });

  test('quotes, comments and redirections of errors are understood', () => {
    expect(words(`echo 'a && b' "c \\" d" # all`)).toEqual([['always', 'echo', 'a && b', 'c " d']]);
    expect(words('false || true; ls 2>/dev/null 2>&1')).toEqual([
      ['always', 'false'],
      ['or', 'true'],
      ['always', 'ls'],
    ]);
  });

  test('any line is survived', () => {
    fc.assert(fc.property(fc.string(), (line) => void parseShell(line)));
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { GitReference } from '../../../api/ports';
import { createGitSource } from '../../../reconciler/gitops';
import { buildObjects } from '../../../reconciler/gitops/build/build-objects';

let folder: string;
let repository: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capstan-git-test-'));
  repository = join(folder, 'repository');
  mkdirSync(repository);
  git('init', '--quiet', '--initial-branch=main');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  return execFileSync('git', [...identity, ...args], { cwd: repository, encoding: 'utf8' }).trim();
}

function commit(files: { readonly [path: string]: string }): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), content);
  }
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '-m', 'change');
  return git('rev-parse', 'HEAD');
}

const source = () => createGitSource({ cacheDirectory: join(folder, 'cache'), allowLocal: true });
const reference = (change: Partial<GitReference> = {}): GitReference => ({
  url: repository,
  ref: 'refs/heads/main',
  path: 'manifests',
  ...change,
});
const signal = new AbortController().signal;
const cluster = (name: string) =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {paused: false}\n`;

test('the message of git is not blotted by a short user name, but by a token in its place', async () => {
  const token = 'glpat-0123456789abcdef';
  const failure = async (credentials: { readonly username: string; readonly password: string }) => {
    const failed = source().resolve(reference({ url: `http://127.0.0.1:1/git-${token}.git`, credentials }), signal);
    return await failed.catch((error: unknown) => String(error));
  };

  expect(await failure({ username: 'git', password: 'hunter2' })).toContain(`'http://127.0.0.1:1/git-${token}.git/'`);
  expect(await failure({ username: token, password: 'x-oauth-basic' })).toContain("'http://127.0.0.1:1/git-***.git/'");
  expect(await failure({ username: 'git', password: token })).toContain("'http://127.0.0.1:1/git-***.git/'");
});

test('a repository of this machine is read only where that is allowed, and the refusal says how', async () => {
  const remoteOnly = createGitSource({ cacheDirectory: join(folder, 'cache'), allowLocal: false });

  await expect(remoteOnly.resolve(reference(), signal)).rejects.toMatchObject({
    code: 'GIT_UNAVAILABLE',
    message: expect.stringContaining('only `capstan run --allow-local-repositories` reads it; use an https:// or ssh'),
  });
});

test('reads the manifests of the commit that a branch points to', async () => {
  const head = commit({
    'manifests/dev/cluster.dev.yaml': cluster('dev'),
    'manifests/.provenance.json': '{}',
    'README.md': '',
  });

  const revision = await source().resolve(reference(), signal);
  const { files, problems } = await source().read(reference(), revision);

  expect(revision.commit).toBe(head);
  expect(problems).toEqual([]);
  expect(files.map((file) => [file.path, file.content.toString()])).toEqual([
    ['manifests/dev/cluster.dev.yaml', cluster('dev')],
  ]);
});

test('a commit that does not touch the manifests has the same tree', async () => {
  commit({ 'manifests/a.yaml': cluster('a') });
  const before = await source().resolve(reference(), signal);
  commit({ 'README.md': 'changed' });
  const after = await source().resolve(reference(), signal);

  expect(after.commit).not.toBe(before.commit);
  expect(after.tree).toBe(before.tree);
});

test('links and large files are told all at once and not read', async () => {
  mkdirSync(join(repository, 'manifests'));
  symlinkSync('/etc/passwd', join(repository, 'manifests/link.yaml'));
  commit({ 'manifests/large.yaml': 'x'.repeat(2 * 1024 * 1024), 'manifests/ok.yaml': cluster('ok') });
  const revision = await source().resolve(reference(), signal);

  const { files, problems } = await source().read(reference(), revision);

  expect(problems).toEqual([
    'manifests/large.yaml: 2097152 bytes, the limit of a file is 1048576',
    'manifests/link.yaml: a symbolic link; commit the file itself',
  ]);
  expect(files.map(({ path }) => path)).toEqual(['manifests/ok.yaml']);
});

test('a folder that the commit does not have is told from one that is empty', async () => {
  commit({ 'README.md': '' });

  expect((await source().resolve(reference(), signal)).tree).toBeUndefined();
});

test.each([['ext::sh -c "touch /tmp/owned"'], ['--upload-pack=touch'], ['git@example.com:fleet.git']])(
  'refuses the URL %s',
  async (url) => {
    await expect(source().resolve(reference({ url }), signal)).rejects.toMatchObject({ code: 'GIT_UNAVAILABLE' });
  },
);

test('a ref that does not exist is named, and the password of the URL is not', async () => {
  commit({ 'README.md': '' });

  await expect(source().resolve(reference({ ref: 'refs/heads/none' }), signal)).rejects.toThrow('refs/heads/none');
});

test.each([['http://127.0.0.1:9'], ['ftp://127.0.0.1:9']])('a token in the query of %s is not told', async (server) => {
  const url = `${server}/fleet.git?access_token=t0ken`;
  const attempt = source().resolve(reference({ url }), signal);

  await expect(attempt).rejects.toThrow(`${server}/fleet.git?access_token=***`);
  await expect(attempt).rejects.not.toThrow('t0ken');
});

const file = (path: string, content: string) => ({ path, content: Buffer.from(content) });
const build = (...files: { path: string; content: Buffer }[]) =>
  buildObjects('0'.repeat(40), { files, problems: [] }, { defaultNamespace: 'default' });

test('objects are ordered so that what is referenced comes first', () => {
  const template =
    'apiVersion: infrastructure.cluster.x-k8s.io/v1beta4\nkind: CloudStackMachineTemplate\nmetadata: {name: t}\nspec: {}\n';
  const objects = build(file('a.yaml', cluster('dev')), file('z.yaml', template));

  expect(objects.map(({ id }) => id)).toEqual([
    'CloudStackMachineTemplate.infrastructure.cluster.x-k8s.io default/t',
    'Cluster.cluster.x-k8s.io default/dev',
  ]);
});

test('every problem of a revision is listed with its file', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
    .join('\n')}`;
  const files = [
    file('invalid.yaml', 'a: [b'),
    file('bomb.yaml', bomb),
    file('role.yaml', 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: admin}\n'),
    file('nameless.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n'),
    file('one.yaml', cluster('twin')),
    file('two.yaml', cluster('twin')),
    file('status.yaml', `${cluster('s')}status: {}\n`),
  ];
  const tree = { files, problems: ['link.yaml: a symbolic link'] };
  const attempt = () => buildObjects('0'.repeat(40), tree, { defaultNamespace: 'default' });

  expect(attempt).toThrow(expect.objectContaining({ code: 'GIT_REVISION_REFUSED' }));
  let problems: readonly string[] = [];
  try {
    attempt();
  } catch (error) {
    problems = Reflect.get(Object(error), 'problems');
  }
  expect(problems.map((problem) => problem.split(':')[0])).toEqual([
    'link.yaml',
    'invalid.yaml',
    'bomb.yaml',
    'role.yaml',
    'nameless.yaml',
    'two.yaml',
    'status.yaml',
  ]);
});

test.each([
  ['a namespace that is no name', 'v1', 'ConfigMap', 'namespace: ../../kube-system'],
  ['a namespace that is empty', 'v1', 'ConfigMap', 'namespace: ""'],
  ['a Namespace in a namespace', 'v1', 'Namespace', 'namespace: other'],
  ['the inventory of a Fleet', 'v1', 'ConfigMap', 'labels: {capstan.dev/fleet: fleet}'],
])('%s is refused', (_, apiVersion, kind, more) => {
  const manifest = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one, ${more}}\n`;

  expect(() => build(file('one.yaml', manifest))).toThrow(`one.yaml: ${kind} one`);
});

test('a git that is killed says nothing of the folder: it is not gone, and not empty', async () => {
  commit({ 'manifests/one.yaml': cluster('one') });
  const revision = await source().resolve(reference(), signal);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const git = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
  const killed = `case "$*" in *rev-parse*|*ls-tree*) kill -9 $$;; esac`;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${killed}\nexec ${git} "$@"\n`, { mode: 0o755 });
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  try {
    await expect(source().resolve(reference(), signal)).rejects.toThrow('it is tried again');
    await expect(source().read(reference(), revision)).rejects.toThrow();
  } finally {
    process.env['PATH'] = path;
  }
});

test('a path that is a file or a link is told', async () => {
  commit({ 'manifests/one.yaml': cluster('one') });

  await expect(source().resolve(reference({ path: 'manifests/one.yaml' }), signal)).rejects.toThrow(
    'manifests/one.yaml is not a folder',
  );
});

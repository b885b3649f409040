import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const manifest: {
  readonly dependencies: { readonly [name: string]: string };
  readonly devDependencies: { readonly [name: string]: string };
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test.each(Object.keys(manifest.dependencies))('the runtime dependency %s loads on this Node', (name) => {
  // In a process of its own: Jest has a module system of its own, and packages that ship ES modules must load in Node's.
  execFileSync(process.execPath, ['-e', `require(${JSON.stringify(name)})`], {
    cwd: root,
    stdio: 'pipe',
  });
});

test('every dependency is pinned to one version', () => {
  const versions = { ...manifest.dependencies, ...manifest.devDependencies };
  expect(Object.entries(versions).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('the lock file names no registry', () => {
  const lock: { packages: { [path: string]: { resolved?: string } } } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const addresses = Object.entries(lock.packages).filter(
    ([, { resolved }]) => resolved !== undefined && /^https?:/.test(resolved),
  );
  expect(addresses).toEqual([]);
});

test('the packed package renders a cluster in an empty project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-pack-'));
  try {
    execFileSync(process.execPath, [join(root, 'scripts/build.js'), '--stale', '--declarations'], {
      cwd: root,
      stdio: 'pipe',
    });
    const output = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    const tarball = join(folder, output.trim().split('\n').at(-1) ?? '');
    const project = join(folder, 'project');
    const installed = join(project, 'node_modules/capstan');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
    // What npm would install beside it, without asking a registry.
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name.startsWith('.') || existsSync(join(project, 'node_modules', name))) continue;
      symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
    }
    mkdirSync(join(project, 'clusters'));
    cpSync(join(root, 'clusters/dev.ts'), join(project, 'clusters/dev.ts'));
    writeFileSync(
      join(project, 'cdk8s.yaml'),
      'language: typescript\napp: node node_modules/capstan/dist/apps/fleet/main.js\noutput: .cdk8s/out\n',
    );

    execFileSync(process.execPath, ['node_modules/cdk8s-cli/bin/cdk8s', 'synth'], {
      cwd: project,
      stdio: 'pipe',
      env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false', NODE_OPTIONS: '--preserve-symlinks' },
    });

    expect(readdirSync(join(project, 'manifests'))).toEqual(['dev']);
    // A checkout that was published has its provenance besides.
    const rendered = readdirSync(join(root, 'manifests/dev')).filter((name) => !name.startsWith('.'));
    expect(readdirSync(join(project, 'manifests/dev'))).toEqual(rendered);
    const help = execFileSync(process.execPath, [join(installed, 'bin/capstan.js'), '--help'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(help).toContain('publish');
    expect(existsSync(join(installed, 'dist/constructs/index.d.ts'))).toBe(true);

    const bundle = readFileSync(join(installed, 'dist/cli/main.js'), 'utf8');
    const licences = readFileSync(join(installed, 'dist/cli/third-party-licences.txt'), 'utf8').split(
      `${'-'.repeat(80)}\n`,
    );
    const bundled = [...bundle.matchAll(/^\s*\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
      ([, name = '']) => name,
    );
    const licensed = licences.filter((text) => /copyright|license/i.test(text.trim().split('\n').slice(1).join('\n')));
    expect(licensed.map((text) => text.trim().split(' ')[0])).toEqual([...new Set(bundled)].sort());

    // Optional: npm leaves it out.
    rmSync(join(project, 'node_modules/cdk8s-plus-27'));
    const management = spawnSync(process.execPath, [join(installed, 'dist/apps/management/main.js'), 'image'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(management).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'cdk8s-plus-27 is not installed; `npm install --save-dev cdk8s-plus-27`, then run this again\n',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);

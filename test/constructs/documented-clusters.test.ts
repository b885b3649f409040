import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

const snippets = ['README.md', 'docs/authoring.md'].flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ''], index) => ({
    name: `${file}, number ${index + 1}`,
    code,
  })),
);

test('there are clusters in the documentation', () => {
  expect(snippets.length).toBeGreaterThanOrEqual(3);
});

test.each(snippets)(
  'the cluster in $name passes the compiler and renders as it is printed',
  ({ code }) => {
    const project = mkdtempSync(join(tmpdir(), 'capstan-documented-'));
    try {
      mkdirSync(join(project, 'clusters'));
      mkdirSync(join(project, 'node_modules'));
      symlinkSync(root, join(project, 'node_modules/capstan'));
      symlinkSync(join(root, 'node_modules/cdk8s'), join(project, 'node_modules/cdk8s'));
      symlinkSync(join(root, 'node_modules/constructs'), join(project, 'node_modules/constructs'));
      writeFileSync(join(project, 'clusters/documented.ts'), code);

      const options = { cwd: project, encoding: 'utf8' } as const;
      const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', '--types', 'node'];
      const resolution = ['--module', 'nodenext', '--moduleResolution', 'nodenext', '--target', 'es2022'];
      const places = ['--customConditions', 'capstan-source', '--typeRoots', join(root, 'node_modules/@types')];
      const compiled = spawnSync(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), ...strict, ...resolution, ...places, 'clusters/documented.ts'],
        options,
      );
      const loader = ['-C', 'capstan-source', '--require', join(root, 'node_modules/tsx/dist/cjs/index.cjs')];
      const rendered = spawnSync(process.execPath, [...loader, join(root, 'apps/fleet/main.ts')], options);

      expect(compiled).toMatchObject({ stdout: '', status: 0 });
      expect(rendered).toMatchObject({ stderr: expect.stringMatching(/^\d+ manifests rendered\n$/), status: 0 });
      expect(readdirSync(join(project, 'manifests')).length).toBeGreaterThan(0);
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  },
  120_000,
);

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const folders = ['machinery', 'api', 'constructs', 'apps', 'reconciler', 'sandbox', 'cli'];
const thrown = new Set(
  folders.flatMap(sources).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/\bcode(?: =|:) '([A-Z][A-Z_]+)'/g), ...text.matchAll(/'(JOURNAL_[A-Z]+)'/g)].map(
      ([, code = '']) => code,
    );
  }),
);
const documented = new Set(
  [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code = '']) => code),
);

test('every error code is documented, and every documented one exists', () => {
  expect(thrown.size).toBeGreaterThan(20);
  expect([...documented].sort()).toEqual([...thrown].sort());
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** DESIGN 1: the folder on the left may import the folders on the right (and itself). */
const LAW: { readonly [folder: string]: readonly string[] } = {
  machinery: [],
  api: ['machinery'],
  constructs: ['api', 'machinery'],
  clusters: ['constructs'],
  apps: ['constructs', 'api', 'machinery'],
  reconciler: ['api', 'machinery'],
  sandbox: ['api', 'machinery'],
  cli: ['machinery', 'api', 'constructs', 'apps', 'reconciler', 'sandbox'],
};

/** Parts of `reconciler/` that decide, and see the world through ports only. */
const LOOPS = ['gitops', 'infrastructure', 'cluster-api', 'bootstrap', 'control-plane'];
/** Parts that touch the world. */
const ADAPTERS = ['kube', 'cloudstack', 'workload', 'diagnostics', 'webhooks', 'install'];
/** Inside a loop, the one folder that is an adapter itself. */
const ADAPTER_FOLDERS = ['reconciler/gitops/source'];

const root = join(__dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const sourceOf = (file: string) =>
  readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<![:'"])\/\/.*$/gm, '');

/**
 * Paths (relative to the repository) and package names that a file imports.
 * @param values - leave out imports of types alone, which are gone at run time
 */
function importsOf(file: string, { values = false } = {}): string[] {
  const text = sourceOf(file);
  const pattern =
    /(?:\b(?:import|export)\s+(?<clause>[^'"();]*?)\s*from\s+|\bimport\s+|\bimport\(|\brequire\()\s*['"](?<name>[^'"]+)['"]/g;
  return [...text.matchAll(pattern)]
    .filter(({ groups }) => !values || !isTypeOnly(groups?.clause))
    .map(({ groups }) => groups?.name ?? '')
    .map((name) =>
      name.startsWith('.')
        ? normalize(join(dirname(file), name))
        : name === 'capstan'
          ? 'constructs/index'
          : `npm:${name}`,
    );
}

function isTypeOnly(clause: string | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.startsWith('type ')) return true;
  const names = /^\{([\s\S]*)\}$/
    .exec(clause)?.[1]
    ?.split(',')
    .filter((name) => name.trim() !== '');
  return names?.every((name) => name.trim().startsWith('type ')) ?? false;
}

const files = Object.keys(LAW).flatMap(sources);

test('imports follow the direction of the design', () => {
  const violations = files.flatMap((file) => {
    const own = file.split('/')[0] ?? '';
    const allowed = new Set([own, ...(LAW[own] ?? [])]);
    return importsOf(file)
      .filter((target) => !target.startsWith('npm:') && !allowed.has(target.split('/')[0] ?? ''))
      .map((target) => `${file} imports ${target}`);
  });

  expect(files.length).toBeGreaterThan(100);
  expect(violations).toEqual([]);
});

test('loops import neither each other nor an adapter', () => {
  const violations = files.flatMap((file) => {
    const [folder, part = ''] = file.split('/');
    if (folder !== 'reconciler' || !LOOPS.includes(part)) return [];
    return importsOf(file)
      .filter((target) => {
        const [targetFolder, targetPart = ''] = target.split('/');
        return (
          targetFolder === 'reconciler' &&
          targetPart !== part &&
          (LOOPS.includes(targetPart) || ADAPTERS.includes(targetPart))
        );
      })
      .map((target) => `${file} imports ${target}`);
  });

  expect(violations).toEqual([]);
});

test('the runtime knows neither loops nor adapters nor kinds', () => {
  const violations = files
    .filter((file) => file.startsWith('reconciler/runtime/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => /^reconciler\/(?!runtime)/.test(target) || target.startsWith('api/kinds'))
        .map((target) => `${file} imports ${target}`),
    );

  expect(violations).toEqual([]);
});

test('no import cycle', () => {
  const graph = new Map(
    files.map((file) => [
      file.replace(/\.ts$/, ''),
      importsOf(file, { values: true }).filter((target) => !target.startsWith('npm:')),
    ]),
  );
  const resolve = (target: string) =>
    graph.has(target) ? target : graph.has(`${target}/index`) ? `${target}/index` : undefined;
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const target of graph.get(file) ?? []) {
      const next = resolve(target);
      if (next !== undefined) visit(next, [...path, file]);
    }
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);

  expect(cycles).toEqual([]);
});

test('time, randomness and network enter loops and the runtime through ports', () => {
  const direct =
    /\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval|Immediate)\(|\bMath\.random\(|(?<![.\w])fetch\(|\bperformance\.now\(/;
  const network = /^npm:(?:node:)?(?:http|https|net|tls|dgram|fs|child_process|undici|ws|simple-git|@grpc\/grpc-js)$/;
  const decides = files.filter((file) => {
    const [folder, part = ''] = file.split('/');
    return (
      folder === 'reconciler' &&
      (part === 'runtime' || LOOPS.includes(part)) &&
      !ADAPTER_FOLDERS.some((path) => file.startsWith(`${path}/`))
    );
  });
  const violations = decides.flatMap((file) => {
    const text = sourceOf(file);
    const found = direct.exec(text)?.[0];
    return [
      ...(found === undefined ? [] : [`${file}: ${found}`]),
      ...importsOf(file)
        .filter((target) => network.test(target))
        .map((target) => `${file} imports ${target}`),
    ];
  });

  expect(decides.length).toBeGreaterThan(20);
  expect(violations).toEqual([]);
});

test('no folder is a drawer for everything', () => {
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|misc|common)(\/|\.ts$)/.test(file))).toEqual([]);
});

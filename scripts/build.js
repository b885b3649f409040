// Builds dist/: the library as CommonJS files with declarations, and the command line as one bundle.
//   node scripts/build.js            everything, always
//   node scripts/build.js --stale    only the JavaScript, and only when a source is newer (what `npm start` does);
//                                    with --declarations also these, when there are none
'use strict';

const { existsSync, readdirSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { thirdPartyLicences } = require('./third-party-licences');

const root = join(__dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const library = ['machinery', 'api', 'constructs', 'apps'];
const sources = [...library, 'reconciler', 'sandbox', 'cli', 'scripts', 'package.json'];

function* files(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) yield { path, changed: stat.mtimeMs };
  else for (const name of readdirSync(path)) yield* files(join(path, name));
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  for (const source of sources) for (const { changed } of files(join(root, source))) if (changed > built) return true;
  return false;
}

/** Deletes output whose source is gone: `names.js` of an earlier build would shadow `names/index.js` of this one. */
function removeOrphans() {
  for (const folder of library) {
    for (const { path } of files(join(dist, folder))) {
      const source = path.replace(dist, root).replace(/(\.d)?\.(js|ts)(\.map)?$/, '.ts');
      if (!existsSync(source)) rmSync(path);
    }
  }
}

function buildJavaScript() {
  const esbuild = require('esbuild');
  const started = new Date();
  const common = { platform: 'node', target: 'node20', format: 'cjs', keepNames: true, logLevel: 'warning' };
  const entries = library
    .flatMap((folder) => [...files(join(root, folder))].map(({ path }) => path))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  removeOrphans();
  esbuild.buildSync({ ...common, entryPoints: entries, outbase: root, outdir: dist, sourcemap: true });
  const { metafile } = esbuild.buildSync({
    ...common,
    absWorkingDir: root,
    metafile: true,
    entryPoints: [join(root, 'cli/main.ts')],
    outfile: join(dist, 'cli/main.js'),
    bundle: true,
    minifySyntax: true,
    sourcemap: true,
    conditions: ['capstan-source'],
    external: ['esbuild', 'bufferutil', 'utf-8-validate', '@kubernetes/client-node'],
    define: { 'process.env.CAPSTAN_BUNDLED': '"true"' },
  });
  const licences = thirdPartyLicences(metafile.outputs['dist/cli/main.js'], root);
  writeFileSync(join(dist, 'cli/third-party-licences.txt'), `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
  writeFileSync(stamp, started.toISOString());
  const { utimesSync } = require('node:fs');
  // Sources saved while the build ran count as newer.
  utimesSync(stamp, started, started);
}

function buildDeclarations() {
  const { spawnSync } = require('node:child_process');
  const tsc = require.resolve('typescript/bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

module.exports = { isStale, buildJavaScript };

if (require.main === module) {
  if (process.argv.includes('--stale')) {
    if (isStale()) buildJavaScript();
    if (process.argv.includes('--declarations') && !existsSync(join(dist, 'constructs/index.d.ts')))
      buildDeclarations();
  } else {
    rmSync(dist, { recursive: true, force: true });
    buildJavaScript();
    buildDeclarations();
  }
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFolder } from '../../apps/fleet/tree-digest';

export const root = join(__dirname, '../..');

/** Arguments of Node that synthesize from the sources. */
export const SYNTH = [
  '-C',
  'capstan-source',
  '--require',
  join(root, 'node_modules/tsx/dist/cjs/index.cjs'),
  join(root, 'apps/fleet/main.ts'),
] as const;

/** A definition without a mistake. */
export const GOOD = `import { defineCluster, IsolatedNetwork } from 'capstan';
export default defineCluster('good', {
  kubernetesVersion: 'v1.34.2',
  zone: 'zone-1',
  network: IsolatedNetwork.named('net'),
  controlPlane: { replicas: 3, offering: 'Medium Instance' },
  pools: { general: { replicas: 3, offering: 'Large Instance' } },
});
`;

/** Gives each test of a file a project of its own. */
export function inFreshProject(use: (project: DefinitionsProject) => void): void {
  let project: DefinitionsProject;
  beforeEach(() => {
    project = new DefinitionsProject();
    use(project);
  });
  afterEach(() => project.remove());
}

/** A project that has definitions and this package, and nothing else. */
export class DefinitionsProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'capstan-project-'));

  constructor() {
    mkdirSync(this.path('clusters'));
    mkdirSync(this.path('node_modules'));
    symlinkSync(root, this.path('node_modules/capstan'));
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  define(name: string, text: string): void {
    writeFileSync(this.path('clusters', name), text);
  }

  /** Makes another package known to the definitions. */
  install(name: string): void {
    symlinkSync(join(root, 'node_modules', name), this.path('node_modules', name));
  }

  manifests(): Map<string, string> {
    return readFolder(this.path('manifests'));
  }

  synth(environment: { readonly [name: string]: string } = {}) {
    return this.#run(SYNTH, environment);
  }

  /** As a project without tsx does. */
  synthAsInstalled() {
    execFileSync(process.execPath, [join(root, 'scripts/build.js'), '--stale'], { cwd: root, stdio: 'pipe' });
    return this.#run([join(root, 'dist/apps/fleet/main.js')]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(args: readonly string[], environment: { readonly [name: string]: string } = {}) {
    const result = spawnSync(process.execPath, args, {
      cwd: this.folder,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });
    return { code: result.status, errors: result.stderr };
  }
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';
import type { KubeObject } from '../../machinery/kube-object';

/** A git repository with manifests, on disk. */
export class ManifestRepository {
  readonly directory = mkdtempSync(join(tmpdir(), 'capstan-manifests-'));

  constructor() {
    this.#git('init', '--quiet', '--initial-branch=main', '.');
  }

  /** Makes these objects the whole content of `manifests/`. @returns the commit */
  commit(objects: readonly KubeObject[]): string {
    const folder = join(this.directory, 'manifests');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'all.yaml'), objects.map((object) => emitYaml(object)).join('---\n'));
    this.#git('add', '--all');
    this.#git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.com',
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      'Change',
    );
    return this.#git('rev-parse', 'HEAD').trim();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.directory, encoding: 'utf8' });
  }
}

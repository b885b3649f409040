import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readFolder } from '../../apps/fleet/tree-digest';
import { CommandError } from '../command-error';
import { fleetApp } from '../installation';

export interface Rendered {
  readonly tree: ReadonlyMap<string, string>;
  /** What synth warned of, a line each. */
  readonly warnings: readonly string[];
}

const WARNING = 'warning: ';

/**
 * Renders the definitions of a project in a process of their own (they are the user's code).
 * Nothing in the project is written.
 * @param scratch - a folder of this synth alone; what an earlier one that was killed has left there is removed
 * @throws CommandError with code 2 and all mistakes when the definitions are wrong.
 */
export async function runSynth(directory: string, clusters: string, scratch: string): Promise<Rendered> {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  try {
    const manifests = join(scratch, 'manifests');
    const link = join(scratch, 'out');
    const { code, signal, errors } = await run(directory, {
      CAPSTAN_CLUSTERS: clusters,
      CAPSTAN_MANIFESTS: manifests,
      CDK8S_OUTDIR: link,
    });
    if (signal !== null) throw new CommandError(`${errors}synth was ended by ${signal}; nothing was rendered`);
    if (code !== 0) throw new CommandError(errors.trim(), code === 2 ? 2 : 1);
    // The last thing that synth does. An empty tree that nobody has finished would take all clusters out of git.
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined)
      throw new CommandError('synth ended before it was finished; nothing was rendered', 1);
    const lines = errors.split('\n').filter((line) => line.startsWith(WARNING));
    return { tree: readFolder(manifests), warnings: lines.map((line) => line.slice(WARNING.length)) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface SynthEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

function run(cwd: string, variables: { readonly [name: string]: string }): Promise<SynthEnd> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...variables };
    const child = spawn(process.execPath, [fleetApp()], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, errors }));
  });
}

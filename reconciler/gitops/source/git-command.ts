import { spawn } from 'node:child_process';
import { type SimpleGit, simpleGit } from 'simple-git';

/** Settings that keep a hostile repository from running anything or reaching elsewhere. */
const SAFE_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.symlinks=false',
  'protocol.allow=never',
  'protocol.https.allow=always',
  'protocol.http.allow=always',
  'protocol.ssh.allow=always',
  'protocol.file.allow=always',
  'submodule.recurse=false',
  'transfer.fsckObjects=true',
  'http.followRedirects=false',
  'gc.auto=0',
];

/** Nothing of this process's environment but what git needs to find itself and its network. */
export function gitEnvironment(extra: { readonly [name: string]: string } = {}): { [name: string]: string } {
  const environment: { [name: string]: string } = { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
  for (const name of ['PATH', 'HOME', 'HTTPS_PROXY', 'NO_PROXY']) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...extra };
}

/** A git client for the bare repository at `directory`. */
export function gitAt(directory: string, signal: AbortSignal, config: readonly string[] = []): SimpleGit {
  return simpleGit({
    baseDir: directory,
    config: [...SAFE_CONFIG, ...config],
    abort: signal,
    timeout: { block: 60_000 },
    // By itself the client takes a command that was killed, or failed without a word, for one with nothing to say.
    errors: (error, { exitCode, stdErr }) => {
      if (error !== undefined || exitCode === 0) return error;
      const text = Buffer.concat(stdErr).toString('utf8').trim();
      return new Error(text === '' ? `git ended with ${exitCode ?? 'a signal'}` : text);
    },
    allowEnvironment: Object.keys(gitEnvironment()),
    unsafe: {
      allowUnsafeConfigEnvCount: true,
      allowUnsafeHooksPath: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeSshCommand: true,
    },
  }).env(gitEnvironment());
}

/** The contents of blobs, in order, through one `git cat-file --batch`. */
export function readBlobs(directory: string, ids: readonly string[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['cat-file', '--batch'], { cwd: directory, env: gitEnvironment() });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.stdin.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`git cat-file ended with ${code}`));
      try {
        resolve(splitBatch(Buffer.concat(chunks), ids.length));
      } catch (error) {
        reject(error);
      }
    });
    child.stdin.end(ids.map((id) => `${id}\n`).join(''));
  });
}

function splitBatch(output: Buffer, count: number): Buffer[] {
  const blobs: Buffer[] = [];
  let offset = 0;
  while (blobs.length < count) {
    const end = output.indexOf(10, offset);
    const size = / blob (\d+)$/.exec(output.toString('latin1', offset, end < 0 ? offset : end))?.[1];
    if (size === undefined) throw new Error('git cat-file answered something else than a blob');
    const start = end + 1;
    blobs.push(output.subarray(start, start + Number(size)));
    offset = start + Number(size) + 1;
  }
  return blobs;
}

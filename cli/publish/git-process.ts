import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

export interface GitEnd {
  /** As a shell has it: 128 and the number of the signal that ended git, which is no answer. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Set for hooks: they name the repository of the hook, which need not be this one. */
const REPOSITORY_VARIABLES = new Set(['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_COMMON_DIR']);

/** Who asks for the end at once does not wait for longer. */
const NOW_MS = 2_000;

/**
 * Runs git in `directory` with the user's whole environment: hooks, identities and remote access depend on it
 * (`GIT_SSH_COMMAND`, `GIT_CONFIG_GLOBAL`, `GIT_AUTHOR_NAME`, …), and simple-git hands none of it on. A failure is an
 * answer like any other.
 */
export function runGit(
  directory: string,
  args: readonly string[],
  variables: { readonly [name: string]: string } = {},
): Promise<GitEnd> {
  const env = { ...usersEnvironment(), ...variables };
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === null) resolve({ code: code ?? 1, stdout, stderr });
      else resolve({ code: 128 + constants.signals[signal], stdout, stderr: `${stderr}git was ended by ${signal}` });
    });
  });
}

/** {@link runGit} for a process that ends this moment. */
export function runGitNow(directory: string, args: readonly string[]): GitEnd {
  const { status, stdout, stderr } = spawnSync('git', args, {
    cwd: directory,
    env: usersEnvironment(),
    encoding: 'utf8',
    timeout: NOW_MS,
  });
  return { code: status ?? 1, stdout: stdout ?? '', stderr: stderr ?? '' };
}

function usersEnvironment(): { readonly [name: string]: string | undefined } {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !REPOSITORY_VARIABLES.has(name)));
}

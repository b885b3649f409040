import { spawn, spawnSync } from 'node:child_process';

export interface GitEnd {
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
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
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

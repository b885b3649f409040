import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first `kubectl` on the PATH. */
export function findKubectl(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'kubectl')).find((file) => existsSync(file));
}

/** Every `kubectl` here: the one of the machine, and the one beside a real kube-apiserver. */
export function everyKubectl(): readonly string[] {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const built = assets === undefined ? undefined : join(assets, 'kubectl');
  return [findKubectl(), built !== undefined && existsSync(built) ? built : undefined].filter(
    (file) => file !== undefined,
  );
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `kubectl` with one kubeconfig and nothing of the machine's own configuration. */
export class Kubectl {
  constructor(
    private readonly program: string,
    private readonly kubeconfig: string,
    /** Home for its caches. */
    private readonly home: string,
  ) {}

  /** Runs to the end, whatever comes of it. */
  try(
    args: readonly string[],
    options: { readonly input?: string; readonly editor?: string } = {},
  ): Promise<KubectlResult> {
    const { PATH = '' } = process.env;
    const editor = options.editor === undefined ? {} : { KUBE_EDITOR: options.editor };
    const env = { PATH, HOME: this.home, KUBECONFIG: this.kubeconfig, ...editor };
    return new Promise((resolve) => {
      const child = execFile(this.program, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end(options.input ?? '');
    });
  }

  /** @returns what it prints; throws when it fails */
  async run(line: string, options: { readonly input?: string; readonly editor?: string } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.try(line.split(' '), options);
    if (code !== 0) throw new Error(`kubectl ${line} exits with ${code}: ${stderr}${stdout}`);
    return stdout;
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');
/** A cold start compiles every source file. */
const START_MS = 60_000;

/** `capstan run` in a process of its own, from the sources. */
export class RunProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ended: Promise<number | null>;

  constructor(kubeconfig: string, flags: readonly string[] = []) {
    this.#child = spawn(
      process.execPath,
      [
        ...['-C', 'capstan-source', '--require', 'tsx/cjs', 'cli/main.ts', 'run'],
        ...['--kubeconfig', kubeconfig, '--diagnostics-port', '0', ...flags],
      ],
      { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let rest = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      this.#lines.push(...lines);
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
  }

  /** What it wrote to standard error. */
  get log(): string {
    return this.#lines.join('\n');
  }

  /** Waits until a line of the log contains the text. */
  async says(text: string, withinMs = START_MS): Promise<string> {
    const end = Date.now() + withinMs;
    while (Date.now() < end && this.#child.exitCode === null) {
      const line = this.#lines.find((candidate) => candidate.includes(text));
      if (line !== undefined) return line;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`capstan run did not say ${JSON.stringify(text)}:\n${this.log}`);
  }

  /** A page of its diagnostics server. */
  async page(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const { address }: { address: string } = JSON.parse(await this.says('serving metrics and probes'));
    const answer = await fetch(`${address.replace('0.0.0.0', '127.0.0.1')}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  /** The exit code; null: it was killed. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.#ended;
  }
}

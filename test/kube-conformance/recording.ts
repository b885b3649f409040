import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../machinery/json';

const isRecording = process.env['CAPSTAN_RECORD_KUBE'] === '1';

/** What a real kube-apiserver answered in the cases of one topic. Both sides are held to it. */
export class Recording {
  readonly #file: string;
  readonly #answers: { [name: string]: unknown };

  constructor(
    topic: string,
    /** Whether this side may write recordings: the real one alone. */
    private readonly isReal: boolean,
  ) {
    this.#file = join(__dirname, 'recorded', `${topic}.json`);
    const value: unknown = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : {};
    this.#answers = isJsonObject(value) ? value : {};
  }

  names(): readonly string[] {
    return Object.keys(this.#answers);
  }

  /** @throws when the answers differ, or when nothing is recorded */
  check(name: string, answers: unknown): void {
    if (isRecording && this.isReal) {
      this.#answers[name] = answers;
      return;
    }
    if (!(name in this.#answers))
      throw new Error(`nothing is recorded for ${name}; see ${join(__dirname, 'suite.ts')}`);
    expect(answers).toEqual(this.#answers[name]);
  }

  /** Writes what was recorded, and forgets all but `names`. */
  save(names: readonly string[]): void {
    if (!isRecording || !this.isReal) return;
    for (const name of this.names()) if (!names.includes(name)) delete this.#answers[name];
    const kept = names.filter((name) => name in this.#answers).map((name) => [name, this.#answers[name]]);
    writeFileSync(this.#file, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
  }
}

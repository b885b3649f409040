import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Consoles, VmIdentity } from '../../sandbox/guest';

/** A file that grows beyond this keeps its last half: a guest that fails for days repeats itself. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/** Consoles of VMs in files of a folder, `<instance name>-<first part of the instance id>.log`. */
export class FileConsoles implements Consoles {
  readonly #directory: string;
  readonly #limitBytes: number;
  /** Of the files that this process has written. */
  readonly #sizes = new Map<string, number>();

  constructor(directory: string, limitBytes = LIMIT_BYTES) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#directory = directory;
    this.#limitBytes = limitBytes;
  }

  append(vm: VmIdentity, lines: readonly string[]): void {
    const file = this.#file(vm);
    const text = lines.map((line) => `${line}\n`).join('');
    appendFileSync(file, text, { mode: 0o600 });
    const before = this.#sizes.get(file);
    const size = before === undefined ? statSync(file).size : before + Buffer.byteLength(text);
    this.#sizes.set(file, size > this.#limitBytes ? keepLastHalf(file) : size);
  }

  remove(vm: VmIdentity): void {
    const file = this.#file(vm);
    this.#sizes.delete(file);
    rmSync(file, { force: true });
  }

  /** Names of VMs are host names; whatever else they are, the file is in the folder. */
  #file({ id, name }: VmIdentity): string {
    return join(this.#directory, `${name.replace(/[^\w.-]/g, '_')}-${id.slice(0, 8)}.log`);
  }
}

/** From the start of a line. @returns the size that is left */
function keepLastHalf(file: string): number {
  const bytes = readFileSync(file);
  const rest = bytes.subarray(bytes.indexOf(0x0a, Math.floor(bytes.length / 2)) + 1);
  writeFileSync(file, rest);
  return rest.length;
}

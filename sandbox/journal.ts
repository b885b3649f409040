import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { CapstanError } from '../machinery/errors';
import { lockHolder, releaseLock, tryTakeLock } from './lock-file';
import type { Journal } from './ports';

/** A data directory is in use by a process that lives, or its files cannot be read. */
export class JournalUnusable extends CapstanError {
  constructor(code: 'JOURNAL_LOCKED' | 'JOURNAL_DAMAGED', message: string, cause?: unknown) {
    super({ name: 'JournalUnusable', code, message, retry: 'never', cause });
  }
}

export interface JournalOptions {
  /** The folder; made when it does not exist. One server each. */
  readonly directory: string;
  /** File names: `<name>.jsonl`, `<name>.snapshot.json`, `<name>.lock`. @default 'journal' */
  readonly name?: string | undefined;
  /** A snapshot replaces the entries when the file is longer than this and than the last snapshot. @default 16 MiB */
  readonly compactAboveBytes?: number | undefined;
}

const COMPACT_ABOVE_BYTES = 16 * 1024 * 1024;

/**
 * JSON lines in a file, beside the snapshot they continue. An entry is in the file (not necessarily on the disk: a
 * crash of the process loses nothing, a crash of the machine may) when `append` returns.
 */
export class FileJournal implements Journal {
  readonly #entriesPath: string;
  readonly #snapshotPath: string;
  readonly #lockPath: string;
  readonly #compactAbove: number;
  #file: number;
  #size = 0;
  #snapshotSize = 0;
  #closed = false;

  /** @throws JournalUnusable when another process that lives holds the directory */
  constructor({ directory, name = 'journal', compactAboveBytes = COMPACT_ABOVE_BYTES }: JournalOptions) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#entriesPath = join(directory, `${name}.jsonl`);
    this.#snapshotPath = join(directory, `${name}.snapshot.json`);
    this.#lockPath = join(directory, `${name}.lock`);
    this.#compactAbove = compactAboveBytes;
    takeLock(this.#lockPath);
    // What it holds may be secret.
    this.#file = openSync(this.#entriesPath, 'a', 0o600);
    this.#size = statSync(this.#entriesPath).size;
    if (existsSync(this.#snapshotPath)) this.#snapshotSize = statSync(this.#snapshotPath).size;
  }

  load(): { readonly snapshot: unknown; readonly entries: readonly unknown[] } {
    const snapshot = existsSync(this.#snapshotPath)
      ? parse(readFileSync(this.#snapshotPath, 'utf8'), this.#snapshotPath)
      : undefined;
    const bytes = readFileSync(this.#entriesPath);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < bytes.length) {
      // A process that was killed while it wrote leaves half a line. Nobody was answered on its account.
      truncateSync(this.#entriesPath, end);
      this.#size = end;
    }
    const lines = bytes.subarray(0, end).toString('utf8').split('\n');
    const entries = lines.filter((line) => line !== '').map((line) => parse(line, this.#entriesPath));
    return { snapshot, entries };
  }

  append(entry: unknown): void {
    const line = `${JSON.stringify(entry)}\n`;
    this.#size += writeSync(this.#file, line);
  }

  compact(snapshot: () => unknown): void {
    if (this.#size <= this.#compactAbove || this.#size <= this.#snapshotSize) return;
    const text = JSON.stringify(snapshot());
    const next = `${this.#snapshotPath}.next`;
    writeFileSync(next, text, { mode: 0o600 });
    const written = openSync(next, 'r');
    fsyncSync(written);
    closeSync(written);
    renameSync(next, this.#snapshotPath);
    // A crash here leaves entries that the snapshot holds already; the reader skips them by their revision.
    closeSync(this.#file);
    truncateSync(this.#entriesPath, 0);
    this.#file = openSync(this.#entriesPath, 'a', 0o600);
    this.#size = 0;
    this.#snapshotSize = Buffer.byteLength(text);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
    releaseLock(this.#lockPath);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JournalUnusable(
      'JOURNAL_DAMAGED',
      `${path} is damaged and cannot be read; restore it from a copy, or remove the data directory to start afresh`,
      cause,
    );
  }
}

/** True while a process that lives has this journal open. */
export function isJournalOpen({ directory, name = 'journal' }: Pick<JournalOptions, 'directory' | 'name'>): boolean {
  return lockHolder(join(directory, `${name}.lock`)) !== undefined;
}

function takeLock(path: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (tryTakeLock(path)) return;
    const holder = lockHolder(path);
    if (holder !== undefined) {
      throw new JournalUnusable(
        'JOURNAL_LOCKED',
        `the data directory is in use by process ${holder} (${path}); stop that process, or choose another directory`,
      );
    }
  }
  throw new JournalUnusable(
    'JOURNAL_LOCKED',
    `the lock ${path} cannot be taken; another process starts at the same time`,
  );
}

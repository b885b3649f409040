import { Buffer } from 'node:buffer';
import type { Clock } from '../../machinery/clock';
import type { GuestMachine } from '../ports';
import type { FileEntry } from './cloud-init/cloud-config';
import type { DiskRecord, KubeletRecord } from './records';

/** A console keeps this many lines, as a serial console's buffer does. */
const CONSOLE_LINES = 2000;

/** A VM from its guest's side: disk, power and serial console. */
export class Machine {
  spec: GuestMachine;
  disk: DiskRecord;
  powered = false;
  /** kubelet runs, and with it the static pods. */
  kubeletRunning = false;
  /** When kubelet stopped, milliseconds since the epoch; meaningless while it runs. */
  silentSince = 0;
  /** Ends what this boot does. */
  boot: AbortController | undefined;

  readonly #clock: Clock;
  readonly #console: string[] = [];
  readonly #written: (lines: readonly string[]) => void;
  #bootedAt = 0;

  /** @param written - called with what is written to the console. @default - it is kept here alone */
  constructor(
    spec: GuestMachine,
    clock: Clock,
    options: { readonly disk?: DiskRecord; readonly written?: (lines: readonly string[]) => void } = {},
  ) {
    this.spec = spec;
    this.#clock = clock;
    this.#written = options.written ?? (() => undefined);
    this.disk = options.disk ?? {
      machineId: spec.id,
      hostName: spec.name,
      files: {},
      cloudInitDone: false,
      kubelet: undefined,
    };
  }

  get id(): string {
    return this.spec.id;
  }

  get kubelet(): KubeletRecord | undefined {
    return this.disk.kubelet;
  }

  get console(): readonly string[] {
    return this.#console;
  }

  /** The default NIC's address. */
  get address(): string {
    return this.spec.addresses[0] ?? '127.0.0.1';
  }

  startBoot(): AbortSignal {
    this.boot?.abort();
    this.boot = new AbortController();
    this.powered = true;
    this.#bootedAt = this.#clock.now();
    return this.boot.signal;
  }

  halt(): void {
    this.boot?.abort();
    this.boot = undefined;
    this.powered = false;
    this.kubeletRunning = false;
    this.silentSince = this.#clock.now();
  }

  /** Writes lines to the serial console, with the time since power on as the kernel prints it. */
  print(program: string, text: string): void {
    const seconds = ((this.#clock.now() - this.#bootedAt) / 1000).toFixed(6).padStart(12);
    const lines = text.split('\n').map((line) => `[${seconds}] ${program}: ${line}`);
    this.#console.push(...lines);
    if (this.#console.length > CONSOLE_LINES) this.#console.splice(0, this.#console.length - CONSOLE_LINES);
    this.#written(lines);
  }

  readFile(path: string): string | undefined {
    const file = this.disk.files[path];
    return file === undefined ? undefined : Buffer.from(file.content, 'base64').toString('utf8');
  }

  writeFile(entry: FileEntry): void {
    const old = this.disk.files[entry.path];
    const before = entry.append && old !== undefined ? Buffer.from(old.content, 'base64') : Buffer.alloc(0);
    const content = Buffer.concat([before, entry.content]).toString('base64');
    const file = { content, permissions: entry.permissions, owner: entry.owner };
    this.disk = { ...this.disk, files: { ...this.disk.files, [entry.path]: file } };
  }

  writeText(path: string, text: string, permissions = '0644'): void {
    const content = Buffer.from(text, 'utf8');
    this.writeFile({ path, content, append: false, permissions, owner: 'root:root' });
  }
}

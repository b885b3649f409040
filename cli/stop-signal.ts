import { writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { messageOf } from '../machinery/errors';

/**
 * Within this time a signal repeats the first one: npm hands on to its command what the terminal has sent there already,
 * and a shell may do the same.
 */
const REPETITION_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** 128 and the number of the signal, as a shell has it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Between two looks at whether the parent is still there. */
const PARENT_LOOK_MS = 500;

/** Says when a long-running command has to end. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /**
   * Something that must not stay when the second Ctrl-C ends the process at once, so that nothing is awaited any more.
   * The last one that was named is called first.
   */
  beforeSuddenEnd(remove: () => void): void;
  /** Stops listening. */
  release(): void;
}

/**
 * Aborts on Ctrl-C, on SIGTERM, when the terminal closes, and when the npm that started this command is gone. A second
 * Ctrl-C or SIGTERM ends the process at once.
 * @param say - tells people. @default - on standard error
 */
export function stopOnSignals(say: (text: string) => void = (text) => process.stderr.write(`${text}\n`)): StopSignal {
  const stopping = new AbortController();
  const removals: (() => void)[] = [];
  const stop = () => stopping.abort();
  const receive = countSignals(stopping, removals, say);
  const listeners = SIGNALS.map((name) => ({ name, listen: () => receive(name) }));
  for (const { name, listen } of listeners) process.on(name, listen);
  // A terminal that closes ends what runs in it. Without one (nohup) the signal may be ignored on purpose.
  if (isInTerminal()) process.once('SIGHUP', stop);
  // A closing terminal says so more than once: it must not end the stop that the first time began.
  stopping.signal.addEventListener('abort', () => process.on('SIGHUP', stop), { once: true });
  const watch = watchNpm(stop);
  return {
    signal: stopping.signal,
    beforeSuddenEnd: (remove) => removals.unshift(remove),
    release: () => {
      for (const { name, listen } of listeners) process.removeListener(name, listen);
      // After a stop the process is about to end: a late hang-up must not make a failure of that.
      if (!stopping.signal.aborted) process.removeListener('SIGHUP', stop);
      clearInterval(watch);
    },
  };
}

/** The first signal asks for the end, the next one after a while, of whichever name, does not wait for it. */
function countSignals(
  stopping: AbortController,
  removals: readonly (() => void)[],
  say: (text: string) => void,
): (name: (typeof SIGNALS)[number]) => void {
  let firstAt: number | undefined;
  return (name) => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      // A supervisor that sends SIGTERM reads no advice.
      if (name === 'SIGINT') say('Stopping … (Ctrl-C again ends it at once)');
      stopping.abort();
    } else if (now - firstAt > REPETITION_MS) endNow(EXIT_CODES[name], removals);
  };
}

function endNow(exitCode: number, removals: readonly (() => void)[]): never {
  const failures: string[] = [];
  for (const remove of removals) {
    try {
      remove();
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  const rest = failures.length === 0 ? '' : `; this is left: ${failures.join('; ')}`;
  // Before the process ends, also where standard error is a pipe.
  writeNow(`Ended at once${rest}.\n`);
  process.exit(exitCode);
}

function writeNow(text: string): void {
  try {
    writeSync(process.stderr.fd, text);
  } catch {
    // Nobody can read it.
  }
}

/** Resolves when the signal aborts, at once when it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function isInTerminal(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

/**
 * `npx` and `npm start` put a shell between themselves and the command. A signal sent to npm ends the shell, which does
 * not pass it on: the command would go on for ever without anybody who knows of it.
 */
function watchNpm(stop: () => void): NodeJS.Timeout | undefined {
  const { npm_command: command, npm_lifecycle_script: script } = process.env;
  // A script that puts its command in the background wants it to outlive the shell.
  if (command === undefined || script?.trim().endsWith('&') === true) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_LOOK_MS);
  return watch.unref();
}

/** Between two looks at whether the parent is still there. */
const PARENT_LOOK_MS = 500;

/** Says when a long-running command has to end. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/**
 * Aborts on Ctrl-C, on SIGTERM, when the terminal closes, and when the npm that started this command is gone. A second
 * Ctrl-C or SIGTERM ends the process at once, as without this.
 */
export function stopOnSignals(): StopSignal {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  // A terminal that closes ends what runs in it. Without one (nohup) the signal may be ignored on purpose.
  if (isInTerminal()) process.once('SIGHUP', stop);
  // A closing terminal says so more than once: it must not end the stop that the first time began.
  stopping.signal.addEventListener('abort', () => process.on('SIGHUP', stop), { once: true });
  const watch = watchNpm(stop);
  return {
    signal: stopping.signal,
    release: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop);
      // After a stop the process is about to end: a late hang-up must not make a failure of that.
      if (!stopping.signal.aborted) process.removeListener('SIGHUP', stop);
      clearInterval(watch);
    },
  };
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

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockHolder, tryTakeLock } from '../../sandbox/lock-file';

const hasProc = existsSync('/proc/self/stat');
if (!hasProc) console.info('skipped: without /proc nothing tells a process that has ended from one that runs');

(hasProc ? test : test.skip)(
  'a lock is free when its process was killed, though nobody has asked how it ended',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'capstan-lock-'));
    // The shell becomes a program that never asks for the child it began with.
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = await once(parent.stdout, 'data');
      const child = Number(String(line));
      const lock = join(folder, 'lock');
      writeFileSync(lock, `${child} \n`);
      expect(lockHolder(lock)).toBe(child);

      process.kill(child, 'SIGKILL');

      while (lockHolder(lock) !== undefined) await new Promise((resolve) => setImmediate(resolve));
      expect(tryTakeLock(lock)).toBe(true);
      expect(lockHolder(lock)).toBe(process.pid);
    } finally {
      parent.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

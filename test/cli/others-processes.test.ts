import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkout } from '../../cli/publish/checkout';
import { withCheckoutLock } from '../../cli/publish/checkout-lock';
import { runningSandboxes } from '../../cli/running-sandbox';

/** A process id that cannot belong to anybody. */
const NOBODY = 4_194_999;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capstan-test-processes-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function checkoutWithLock(file: string): Checkout {
  const git = { raw: async () => '', find: async () => undefined, revparse: async () => file };
  return { root: folder, git, head: async () => undefined };
}

/** Does something between the moment when a file is read for the first time and that when its reader goes on. */
function onceRead(file: string, action: () => void): void {
  const { readFileSync: original } = fs;
  const read = jest.spyOn(fs, 'readFileSync').mockImplementation((...args) => {
    const content = original(...args);
    if (args[0] === file) {
      read.mockRestore();
      action();
    }
    return content;
  });
}

/** Gives `look` the id of a process to which this one may send no signal: where we are root, as somebody else. */
async function besideAnotherUser<T>(look: (pid: number) => T): Promise<T> {
  if (process.geteuid?.() !== 0) return look(1);
  const other = spawn('sleep', ['60'], { uid: 65_533, stdio: 'ignore' });
  await once(other, 'spawn');
  process.seteuid?.(65_534);
  try {
    return look(other.pid ?? 0);
  } finally {
    process.seteuid?.(0);
    other.kill();
  }
}

test("another user's sandbox, to which no signal may be sent, still runs", async () => {
  const note = join(folder, '.cdk8s/sandbox.json');
  mkdirSync(join(folder, '.cdk8s'));
  writeFileSync(note, '');
  chmodSync(note, 0o666);

  const found = await besideAnotherUser((pid) => {
    writeFileSync(note, JSON.stringify([{ pid, kubeconfig: '/kubeconfig' }]));
    return runningSandboxes(folder);
  });

  expect(found).toHaveLength(1);
});

test('a checkout that cannot be written is the reason at once, not another command that is at work', async () => {
  writeFileSync(join(folder, 'no-directory'), '');
  const checkout = checkoutWithLock('no-directory/capstan.lock');

  await expect(withCheckoutLock(checkout, async () => 'done')).rejects.toThrow(
    /cannot write .*no-directory\/capstan\.lock .*ENOTDIR.*; use a checkout that can be written/,
  );
});

test('the lock of a killed command that another one has just taken over stays with that one', async () => {
  const lock = join(folder, 'capstan.lock');
  writeFileSync(lock, `${NOBODY}`);
  onceRead(lock, () => {
    rmSync(lock);
    writeFileSync(lock, `${process.ppid}`);
  });

  const work = withCheckoutLock(checkoutWithLock('capstan.lock'), async () => readFileSync(lock, 'utf8'));
  await new Promise(setImmediate);
  const heldBy = existsSync(lock) ? readFileSync(lock, 'utf8') : 'nobody';
  rmSync(lock, { force: true });
  const atWork = await work;

  expect(heldBy).toBe(`${process.ppid}`);
  expect(atWork).toMatch(new RegExp(`^${process.pid}\\b`));
  expect(fs.readdirSync(folder)).toEqual([]);
});

(existsSync('/proc/self/stat') ? test : test.skip)(
  'the lock of a killed command whose process id somebody else has by now keeps nobody waiting',
  async () => {
    writeFileSync(join(folder, 'capstan.lock'), `${process.ppid} 1\n`);

    expect(await withCheckoutLock(checkoutWithLock('capstan.lock'), async () => 'done')).toBe('done');
  },
  10_000,
);

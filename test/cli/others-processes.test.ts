import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkout } from '../../cli/publish/checkout';
import { withCheckoutLock } from '../../cli/publish/checkout-lock';
import { runningSandboxes } from '../../cli/running-sandbox';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capstan-test-processes-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
  const git = { raw: async () => '', revparse: async () => 'no-directory/capstan.lock' };
  const checkout: Checkout = { root: folder, git, head: async () => undefined };

  await expect(withCheckoutLock(checkout, async () => 'done')).rejects.toThrow(
    /cannot write .*no-directory\/capstan\.lock .*ENOTDIR.*; use a checkout that can be written/,
  );
});

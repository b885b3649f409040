import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UpOutcome } from '../cli/up/outcome';
import { table } from './measure';

const root = join(__dirname, '..');

/** `capstan up` of `clusters/dev.ts` in a checkout of its own, from the start of the process. */
function up(latency: string): UpOutcome {
  const project = mkdtempSync(join(tmpdir(), 'capstan-bench-up-'));
  try {
    mkdirSync(join(project, 'clusters'));
    cpSync(join(root, 'clusters/dev.ts'), join(project, 'clusters/dev.ts'));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(root, join(project, 'node_modules/capstan'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: project });
    git('init', '--quiet', '--initial-branch=main');
    git('add', 'clusters');
    git('commit', '--quiet', '-m', 'bench');
    const options = ['up', '--exit-when-ready', '--output', 'json', '--latency', latency];
    const result = spawnSync(process.execPath, [join(root, 'bin/capstan.js'), ...options], {
      cwd: project,
      encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(result.stderr);
    return JSON.parse(result.stdout);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** Seconds from the command to a Ready cluster of 3 + 2 machines, everything included. */
export function benchFirstReady(): string {
  const rows = ['instant', 'lab'].map((latency) => {
    const { seconds, cloudstack, kubernetes } = up(latency);
    return [latency, `${seconds.toFixed(1)} s`, cloudstack.total, kubernetes.reads, kubernetes.writes];
  });
  const head = ['latency', 'Ready after', 'CloudStack calls', 'Kubernetes reads', 'Kubernetes writes'];
  return table('Time to first Ready: capstan up, 3 + 2 machines, through git', head, rows);
}

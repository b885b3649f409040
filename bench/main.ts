/** `npm run bench [-- NAME …]`: prints tables; results that count are recorded in RESULTS.md with machine and date. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { benchCloudStackCalls } from './cloudstack-calls';
import { benchFirstReady } from './first-ready';
import { benchFleetVirtual } from './fleet-virtual';
import { benchSync } from './sync';
import { benchSynth } from './synth';
import { benchVirtual } from './virtual';

const benches: { readonly [name: string]: () => string | Promise<string> } = {
  synth: benchSynth,
  sync: benchSync,
  'first-ready': benchFirstReady,
  'cloudstack-calls': benchCloudStackCalls,
  virtual: benchVirtual,
  'fleet-virtual': benchFleetVirtual,
};

/** Runs the one that follows in this process. */
const ALONE = '--alone';

async function main(): Promise<void> {
  const [flag, ...names] = process.argv.slice(2);
  if (flag !== ALONE) return measure(flag === undefined ? [] : [flag, ...names]);
  for (const name of names) process.stdout.write(`${await benches[name]?.()}\n`);
}

function measure(chosen: readonly string[]): void {
  const unknown = chosen.filter((name) => benches[name] === undefined);
  if (unknown.length > 0) {
    process.stderr.write(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  const memory = Math.round(totalmem() / 2 ** 30);
  process.stdout.write(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, ${memory} GiB, Node ${process.version}\n\n`,
  );
  // Each in a process of its own: none inherits the heap, the compiled code or the peak memory of another.
  for (const name of Object.keys(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    execFileSync(process.execPath, [...process.execArgv, __filename, ALONE, name], { stdio: 'inherit' });
  }
}

void main();

/** `npm run bench [-- NAME …]`: prints tables; results that count are recorded in RESULTS.md with machine and date. */
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

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
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
  for (const [name, bench] of Object.entries(benches)) {
    if (chosen.length === 0 || chosen.includes(name)) process.stdout.write(`${await bench()}\n`);
  }
}

void main();

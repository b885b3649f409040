/**
 * Writes what a real kube-apiserver answers into `recorded/*.json`. The server must be fresh, with controllers for
 * garbage collection, namespaces and disruption budgets, and know the tokens `admin` (system:masters) and `alice`.
 *
 *     node --require tsx/cjs test/sandbox/kube/record.ts PORT
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalised, replay, type Scenario } from './replay';

async function main(port: number): Promise<void> {
  const folder = join(__dirname, 'recorded');
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    const { scenarios } = JSON.parse(readFileSync(path, 'utf8')) as { scenarios: Scenario[] };
    for (const scenario of scenarios) {
      const answers = await replay(scenario, port, (recorded) => recorded);
      for (const [index, step] of scenario.steps.entries()) {
        const answer = answers[index];
        if (!('waitMs' in step) && step.ignored !== true && answer !== undefined) step.answer = normalised(answer);
      }
    }
    writeFileSync(path, `${JSON.stringify({ scenarios }, null, 1)}\n`);
  }
}

void main(Number(process.argv[2]));

/** The cdk8s app: all of `clusters/` → `manifests/`. Run by `cdk8s synth`, `npm run synth` and `capstan publish`. */
import { existsSync } from 'node:fs';
import { DefinitionInvalid } from '../../constructs/problem';
import { synthesizeFleet } from './synthesize-fleet';

const DEFAULT_CLUSTERS = 'clusters';
const DEFAULT_MANIFESTS = 'manifests';
/** Exit code for wrong input, as everywhere in `capstan`. */
const WRONG_INPUT = 2;

async function main(): Promise<number> {
  const clusters = process.env['CAPSTAN_CLUSTERS'] ?? DEFAULT_CLUSTERS;
  // Where manifests were rendered before, the default folder is no typing error.
  const mayBeGone = clusters === DEFAULT_CLUSTERS && existsSync(DEFAULT_MANIFESTS);
  if (mayBeGone && !existsSync(clusters))
    process.stderr.write(`warning: there is no ${clusters}/: no cluster is rendered\n`);
  try {
    const { files, unread } = await synthesizeFleet({
      clusters,
      mayBeGone,
      manifests: process.env['CAPSTAN_MANIFESTS'] ?? DEFAULT_MANIFESTS,
      link: process.env['CDK8S_OUTDIR'] ?? '.cdk8s/out',
    });
    if (unread.length > 0)
      process.stderr.write(`warning: not read: ${unread.join(', ')}; only *.ts and *.js directly in ${clusters} are\n`);
    process.stderr.write(`${files} manifests rendered\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof DefinitionInvalid)) throw error;
    process.stderr.write(`${error.message}\nNothing was written; the manifests are as they were.\n`);
    return WRONG_INPUT;
  }
}

// Timers and requests that a definition leaves behind must not keep the command, nor fail it.
void main().then((code) => process.exit(code));

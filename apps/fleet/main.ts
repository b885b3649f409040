/** The cdk8s app: all of `clusters/` → `manifests/`. Run by `cdk8s synth`, `npm run synth` and `capstan publish`. */
import { existsSync } from 'node:fs';
import { DefinitionInvalid } from '../../constructs/problem';
import { synthesizeFleet } from './synthesize-fleet';

const DEFAULT_CLUSTERS = 'clusters';
const DEFAULT_MANIFESTS = 'manifests';
/** Exit code for wrong input, as everywhere in `capstan`. */
const WRONG_INPUT = 2;

interface End {
  readonly code: number;
  /** For standard error. */
  readonly text: string;
}

async function main(): Promise<End> {
  const clusters = process.env['CAPSTAN_CLUSTERS'] ?? DEFAULT_CLUSTERS;
  // Where manifests were rendered before, the default folder is no typing error.
  const mayBeGone = clusters === DEFAULT_CLUSTERS && existsSync(DEFAULT_MANIFESTS);
  const warnings: string[] = [];
  if (mayBeGone && !existsSync(clusters)) warnings.push(`there is no ${clusters}/: no cluster is rendered`);
  try {
    const {
      files,
      unread,
      warnings: ofObjects,
    } = await synthesizeFleet({
      clusters,
      mayBeGone,
      manifests: process.env['CAPSTAN_MANIFESTS'] ?? DEFAULT_MANIFESTS,
      link: process.env['CDK8S_OUTDIR'] ?? '.cdk8s/out',
    });
    warnings.push(...ofObjects);
    if (unread.length > 0)
      warnings.push(`not read: ${unread.join(', ')}; only *.ts and *.js directly in ${clusters} are`);
    const text = [...warnings.map((warning) => `warning: ${warning}`), `${files} manifests rendered`].join('\n');
    return { code: 0, text };
  } catch (error) {
    if (!(error instanceof DefinitionInvalid)) throw error;
    return { code: WRONG_INPUT, text: `${error.message}\nNothing was written; the manifests are as they were.` };
  }
}

/**
 * Timers and requests that a definition leaves behind must not keep the command, nor fail it. To a pipe that is read
 * slowly, text is written when the callback says so.
 */
function end({ code, text }: End): void {
  hasEnded = true;
  process.stderr.write(`${text}\n`, () => process.exit(code));
}

let hasEnded = false;
process.on('exit', () => {
  if (hasEnded) return;
  process.stderr.write('a definition, or what it imports, ended the process (process.exit); nothing was written\n');
  process.exitCode = WRONG_INPUT;
});

main().then(end, (error: unknown) => end({ code: 1, text: error instanceof Error ? `${error.stack}` : String(error) }));

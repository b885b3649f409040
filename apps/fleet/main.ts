/** The cdk8s app: all of `clusters/` → `manifests/`. Run by `cdk8s synth`, `npm run synth` and `capstan publish`. */
import { DefinitionInvalid } from '../../constructs/problem';
import { synthesizeFleet } from './synthesize-fleet';

/** Exit code for wrong input, as everywhere in `capstan`. */
const WRONG_INPUT = 2;

try {
  const { files } = synthesizeFleet({
    clusters: process.env['CAPSTAN_CLUSTERS'] ?? 'clusters',
    manifests: process.env['CAPSTAN_MANIFESTS'] ?? 'manifests',
    link: process.env['CDK8S_OUTDIR'] ?? '.cdk8s/out',
  });
  process.stderr.write(`${files} manifests rendered\n`);
} catch (error) {
  if (!(error instanceof DefinitionInvalid)) throw error;
  process.stderr.write(`${error.message}\nNothing was written; the manifests are as they were.\n`);
  process.exitCode = WRONG_INPUT;
}

/** Prints the management side as one YAML file: `node dist/apps/management/main.js IMAGE [LOOPS] > management.yaml`. */
import { chartsOf, FastApp } from '../../constructs/synthesis/fast-app';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';

const LOOPS = ['gitops', 'infrastructure', 'cluster-api', 'bootstrap', 'control-plane'];
const USAGE = `usage: node dist/apps/management/main.js IMAGE [LOOPS] > management.yaml
  IMAGE  image of the reconciler, e.g. registry.example/capstan:0.1.0
  LOOPS  which loops run, by commas (default: all); beside an upstream Cluster API: gitops,infrastructure
then:  kubectl apply --server-side -f management.yaml
`;

/** An optional peer of this package: who writes clusters alone does without it. */
const OPTIONAL = 'cdk8s-plus-27';

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

const [image = '', list] = process.argv.slice(2);
const loops = list?.split(',');
const unknown = loops?.find((loop) => !LOOPS.includes(loop));
if (image === '' || image.startsWith('-') || unknown !== undefined) {
  if (unknown !== undefined)
    process.stderr.write(`${JSON.stringify(unknown)} is not a loop; they are ${LOOPS.join(', ')}\n`);
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (!isInstalled(OPTIONAL)) {
  process.stderr.write(`${OPTIONAL} is not installed; \`npm install --save-dev ${OPTIONAL}\`, then run this again\n`);
  process.exitCode = 1;
} else {
  const { ManagementChart }: typeof import('./management-chart') = require('./management-chart');
  const app = new FastApp();
  new ManagementChart(app, 'management', { image, ...(loops === undefined ? {} : { loops }) });
  const objects = chartsOf(app.node.findAll()).flatMap((chart) => chart.objects);
  process.stdout.write(objects.map((object) => emitYaml(object.toJson())).join('---\n'));
}

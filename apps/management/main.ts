/** Prints the management side as one YAML file: `node dist/apps/management/main.js IMAGE [LOOPS] > management.yaml`. */
import { chartsOf, FastApp } from '../../constructs/synthesis/fast-app';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';
import { ManagementChart } from './management-chart';

const [image, loops] = process.argv.slice(2);
if (image === undefined) {
  process.stderr.write('usage: node dist/apps/management/main.js IMAGE [LOOPS]\n');
  process.exitCode = 2;
} else {
  const app = new FastApp();
  new ManagementChart(app, 'management', { image, ...(loops === undefined ? {} : { loops: loops.split(',') }) });
  const objects = chartsOf(app.node.findAll()).flatMap((chart) => chart.objects);
  process.stdout.write(objects.map((object) => emitYaml(object.toJson())).join('---\n'));
}

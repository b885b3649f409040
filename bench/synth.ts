import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { FastApp } from '../constructs';
import { median, table } from './measure';

const SHAPES = [
  { objects: 1000, charts: 10 },
  { objects: 1000, charts: 100 },
  { objects: 10_000, charts: 100 },
] as const;

function populate(app: App, objects: number, charts: number): void {
  for (let index = 0; index < charts; index++) {
    const chart = new Chart(app, `chart-${index}`, { namespace: 'default' });
    for (let object = 0; object < objects / charts; object++) {
      new ApiObject(chart, `object-${object}`, {
        apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta4',
        kind: 'CloudStackMachineTemplate',
        metadata: { labels: { 'cluster.x-k8s.io/cluster-name': `cluster-${index}`, yes: 'no' } },
        spec: {
          template: {
            spec: {
              offering: { name: 'Medium Instance' },
              template: { name: 'kube-v1.34.2' },
              details: { rootdisksize: '40', cpu: '0777' },
              networks: [{ name: 'net' }, { name: 'storage', ip: `10.0.0.${object % 250}` }],
              commands: ['swapoff -a', 'echo "hello"\nsleep 1\n', '{{ ds.meta_data.instance_id }}'],
              numbers: Array.from({ length: 20 }, (_, number) => ({ name: `item-${number}`, value: number })),
            },
          },
        },
      });
    }
  }
}

/** Milliseconds of `App.synth()` alone; the construct tree is built before. */
function run(kind: typeof App, objects: number, charts: number): number {
  const outdir = mkdtempSync(join(tmpdir(), 'capstan-bench-'));
  const app = new kind({ outdir });
  populate(app, objects, charts);
  const start = performance.now();
  app.synth();
  const elapsed = performance.now() - start;
  rmSync(outdir, { recursive: true });
  return elapsed;
}

/** Stock synthesis against ours, in the same process and run. */
export function benchSynth(): string {
  const rows = SHAPES.map(({ objects, charts }) => {
    const stock = median([1, 2, 3].map(() => run(App, objects, charts)));
    const ours = median([1, 2, 3].map(() => run(FastApp, objects, charts)));
    return [objects, charts, `${stock.toFixed(0)} ms`, `${ours.toFixed(0)} ms`, `${(stock / ours).toFixed(1)}×`];
  });
  return table(
    'Synth: App.synth() of cdk8s and ours (median of 3)',
    ['objects', 'charts', 'stock', 'ours', 'gain'],
    rows,
  );
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, JsonPatch, Lazy, YamlOutputType } from 'cdk8s';
import { Deployment } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { loadAll } from 'js-yaml';
import { FastApp } from '../../constructs';

const folders: string[] = [];
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'capstan-synth-test-'));
  folders.push(path);
  return path;
};
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** All files below a folder, parsed. */
function documents(path: string): { [file: string]: unknown } {
  const found: { [file: string]: unknown } = {};
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(path, name)).isDirectory()) continue;
    const text = readFileSync(join(path, name), 'utf8');
    found[name] = name.endsWith('.json') ? JSON.parse(text) : loadAll(text);
  }
  return found;
}

function populate(app: App): void {
  for (let index = 0; index < 4; index++) {
    const chart = new Chart(app, `chart-${index}`, { namespace: 'default', labels: { chart: String(index) } });
    for (let object = 0; object < 5; object++) {
      const config = new ApiObject(chart, `config-${object}`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { yes: 'no', number: '0777', lazy: Lazy.any({ produce: () => 'late' }), empty: '', text: 'a\nb\n' },
      });
      config.addJsonPatch(JsonPatch.add('/data/patched', `#${object}`));
    }
    new Deployment(chart, 'web', { containers: [{ image: 'nginx', envVariables: { ON: { value: 'on' } } }] });
  }
}

const outputs = Object.values(YamlOutputType).filter((type): type is YamlOutputType => typeof type === 'number');

test.each(outputs)(
  'writes the same files with the same content as the stock App (output type %d)',
  (yamlOutputType) => {
    const [stock, fast] = [folder(), folder()];
    const stockApp = new App({ outdir: stock, yamlOutputType });
    const fastApp = new FastApp({ outdir: fast, yamlOutputType });
    populate(stockApp);
    populate(fastApp);

    stockApp.synth();
    fastApp.synth();

    expect(documents(fast)).toEqual(documents(stock));
  },
);

test('leaves ordering by dependencies to the stock App', () => {
  const [stock, fast] = [folder(), folder()];
  for (const app of [new App({ outdir: stock }), new FastApp({ outdir: fast })]) {
    const first = new Chart(app, 'first');
    const second = new Chart(app, 'second');
    first.addDependency(second);
    for (const chart of [first, second]) new ApiObject(chart, 'object', { apiVersion: 'v1', kind: 'ConfigMap' });
    app.synth();
  }

  expect(documents(fast)).toEqual(documents(stock));
  expect(Object.keys(documents(fast)).sort()).toEqual(['0000-second.k8s.yaml', '0001-first.k8s.yaml']);
});

test('reports the failures of all constructs with their paths, and writes nothing', () => {
  const outdir = folder();
  const app = new FastApp({ outdir });
  const chart = new Chart(app, 'chart');
  for (const name of ['one', 'two'])
    new Construct(chart, name).node.addValidation({ validate: () => [`${name} is wrong`] });

  expect(() => app.synth()).toThrow(/\[chart\/one\] one is wrong\n {2}\[chart\/two\] two is wrong/);
  expect(readdirSync(outdir)).toEqual([]);
});

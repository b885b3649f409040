import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogText, columnsText } from '../../sandbox/kube/builtins/generate/files';
import { goFields } from '../../sandbox/kube/builtins/generate/go-types';
import { protobufTables } from '../../sandbox/kube/builtins/generate/protobuf';
import { type ServedFacts, servedFacts, withEmptiness } from '../../sandbox/kube/builtins/generate/served';
import { startRealServer } from '../kube-conformance/real-server';
import { Client } from '../kube-conformance/scene';
import { kubeAssets } from '../reconciler/kube/real-control-plane';

const committed = (file: string): string => readFileSync(join(__dirname, '../../sandbox/kube/builtins', file), 'utf8');

/** Where Go keeps the modules of the release; the server does not tell what its types leave out. */
const goModules = process.env['GOMODCACHE'];

/** The catalog without what only Go's types tell. */
const asServed = (catalog: string): string => catalog.replace(/(?<=,)"empty":"\w+",?|,"empty":"\w+"/g, '');

if (goModules === undefined)
  console.info("skipped in part: GOMODCACHE is not set, so there are no Kubernetes' Go types");
const suite = kubeAssets === undefined ? describe.skip : describe;
const goTest = goModules === undefined ? test.skip : test;

suite('the committed facts about builtin kinds are what a real kube-apiserver tells', () => {
  let facts: ServedFacts;

  beforeAll(async () => {
    const server = await startRealServer(kubeAssets ?? '');
    const client = new Client(server);
    facts = await servedFacts(async (path, accept) => {
      const answer = await client.http('GET', path, undefined, accept === undefined ? {} : { accept });
      return answer.body;
    });
    await client.close();
    await server.stop();
  }, 90_000);

  test('resources, verbs and schemas', () => {
    expect(asServed(committed('catalog.json'))).toBe(catalogText(facts.resources, facts.definitions));
  });

  test('columns of Tables', () => {
    expect(committed('columns.json')).toBe(columnsText(facts.columns));
  });

  goTest("which empty fields Go's types write", () => {
    const fields = goFields(join(goModules ?? '', 'k8s.io'), facts.release);

    expect(committed('catalog.json')).toBe(catalogText(facts.resources, withEmptiness(facts.definitions, fields)));
  });

  goTest('field numbers of protobuf messages', () => {
    const names = Object.keys(facts.definitions);

    expect(committed('protobuf.json')).toBe(protobufTables(join(goModules ?? '', 'k8s.io'), facts.release, names));
  });
});

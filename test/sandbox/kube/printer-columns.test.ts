import { valueAt } from '../../../machinery/json';
import { startSandboxServer } from '../../kube-conformance/sandbox-server';
import { Client, type TestedServer } from '../../kube-conformance/scene';
import { definition } from './world';

let server: TestedServer;
let client: Client;
beforeAll(async () => {
  server = await startSandboxServer();
  client = new Client(server);
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

const COLUMNS: readonly (readonly [jsonPath: string, printed: unknown])[] = [
  ['.metadata.labels.cluster\\.x-k8s\\.io/cluster-name', 'dev'],
  [".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']", 'dev'],
  ['.metadata.labels.plain', 'p'],
  ['.metadata.labels.plain/x', null],
  ['.spec.list[*].name', 'a,b'],
  ['.spec.list[1].name', 'b'],
  ['.spec.list[?(@.name=="b")].value', '2'],
  ['.spec.list[?(@.name=="c")].value', null],
  [".spec.list[?(@.odd\\.key=='x')].name", 'a'],
];

test('columns print what their paths lead to, with escaped dots and slashes as the real server reads them', async () => {
  const shapes = definition('shapes', 'Shape');
  const columns = COLUMNS.map(([jsonPath], index) => ({ name: `C${index}`, type: 'string', jsonPath }));
  const [version] = valueAt(shapes, 'spec', 'versions') as readonly object[];
  await client.http('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    ...shapes,
    spec: { ...(shapes['spec'] as object), versions: [{ ...version, additionalPrinterColumns: columns }] },
  });
  const path = '/apis/test.example/v1/namespaces/default/shapes';
  await client.http('POST', path, {
    apiVersion: 'test.example/v1',
    kind: 'Shape',
    metadata: { name: 's', labels: { 'cluster.x-k8s.io/cluster-name': 'dev', plain: 'p' } },
    spec: {
      list: [
        { name: 'a', value: '1', 'odd.key': 'x' },
        { name: 'b', value: '2' },
      ],
    },
  });

  const { body } = await client.http('GET', `${path}/s`, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });

  expect(valueAt(body, 'rows', 0, 'cells')).toEqual(['s', ...COLUMNS.map(([, printed]) => printed)]);
});

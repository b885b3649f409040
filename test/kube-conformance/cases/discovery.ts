import { isJsonObject, valueAt } from '../../../machinery/json';
import { at } from '../scene';
import { SwaggerProtobuf } from '../swagger-protobuf';
import type { Topic } from '../topic';
import { crdOf, install, WIDGETS, widget } from '../widgets';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const list = (value: unknown): readonly { readonly [field: string]: unknown }[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

/** Only the resources named, sorted: the sandbox serves fewer kinds than a real server. */
const only = (value: unknown, ...names: readonly string[]) =>
  list(value)
    .filter((resource) => names.includes(String(resource['name'])))
    .map((resource) => {
      const { storageVersionHash: _, verbs, ...rest } = resource;
      return Array.isArray(verbs) ? { ...rest, verbs: verbs.map(String).sort() } : rest;
    })
    .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));

type Schemas = { readonly [name: string]: { readonly [field: string]: unknown } | undefined };

const V2_DEFINITIONS: readonly string[] = [
  'dev.capstan.conformance.v1.Widget',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.ServicePort',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
];

/** The sandbox does not describe builtin kinds. */
function undescribed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(undescribed);
  if (!isJsonObject(schema)) return schema;
  const rest = Object.entries(schema).filter(([key, value]) => key !== 'description' || typeof value !== 'string');
  return Object.fromEntries(rest.map(([key, value]) => [key, undescribed(value)]));
}

/** Discovery, OpenAPI and Tables. */
export const discoveryCases: Topic = (conforms) => {
  conforms('discovery-core', 'resources of the core group', async (s) => {
    const answer = await s.get('/api/v1');
    const names = [
      'configmaps',
      'secrets',
      'pods',
      'pods/status',
      'pods/eviction',
      'nodes',
      'nodes/status',
      'namespaces',
      'namespaces/finalize',
      'events',
      'services',
      'serviceaccounts',
      'serviceaccounts/token',
    ];
    return {
      kind: at(answer, 'kind'),
      groupVersion: at(answer, 'groupVersion'),
      resources: only(at(answer, 'resources'), ...names),
    };
  });

  conforms('discovery-groups', 'resources of named groups', async (s) => {
    const answers: Record<string, unknown> = {};
    const wanted: Record<string, string[]> = {
      'apps/v1': ['deployments', 'deployments/scale', 'deployments/status', 'daemonsets'],
      'coordination.k8s.io/v1': ['leases'],
      'rbac.authorization.k8s.io/v1': ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
      'policy/v1': ['poddisruptionbudgets', 'poddisruptionbudgets/status'],
      'apiextensions.k8s.io/v1': ['customresourcedefinitions', 'customresourcedefinitions/status'],
      'authorization.k8s.io/v1': ['selfsubjectaccessreviews', 'subjectaccessreviews'],
      'events.k8s.io/v1': ['events'],
      [WIDGETS]: ['widgets', 'widgets/status', 'widgets/scale'],
    };
    for (const [group, names] of Object.entries(wanted))
      answers[group] = only(at(await s.get(`/apis/${group}`), 'resources'), ...names);
    return answers;
  });

  conforms('discovery-roots', 'groups and their versions', async (s) => {
    const groups = list(at(await s.get('/apis'), 'groups'));
    const wanted = ['apps', 'coordination.k8s.io', 'conformance.capstan.dev', 'apiextensions.k8s.io'];
    return {
      groups: wanted.map((name) => groups.find((group) => group['name'] === name) ?? `no ${name}`),
      one: await s.get('/apis/conformance.capstan.dev'),
      versions: at(await s.get('/api'), 'versions'),
      health: [await s.get('/healthz'), await s.get('/livez'), await s.get('/readyz')],
    };
  });

  conforms('discovery-aggregated', 'everything in one document', async (s) => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const ours = async () => {
      const answer = await s.get('/apis', { accept });
      const group = list(at(answer, 'items')).find(
        (item) => at({ code: 0, body: item }, 'metadata', 'name') === 'conformance.capstan.dev',
      );
      return { code: answer.code, body: { kind: at(answer, 'kind'), apiVersion: at(answer, 'apiVersion'), group } };
    };
    return s.until(ours, (answer) => at(answer, 'group') !== undefined);
  });

  conforms('discovery-names', 'short names and categories of a CRD', async (s) => {
    const names = {
      kind: 'Thing',
      plural: 'things',
      singular: 'thing',
      listKind: 'ThingList',
      shortNames: ['th'],
      categories: ['all', 'capstan'],
    };
    await install(s, crdOf({ group: s.group, kind: 'Thing', schema: { type: 'object' }, spec: { names } }));
    const answer = await s.until(
      () => s.get(`/apis/${s.group}/v1`),
      (one) => one.code === 200,
    );
    return only(at(answer, 'resources'), 'things');
  });

  conforms('version', 'the version has its fields', async (s) => {
    const { body } = await s.get('/version');
    return isJsonObject(body) ? [body['major'], body['minor']] : 'no version';
  });

  conforms('openapi', 'the schema of a CRD in OpenAPI', async (s) => {
    const path = `/openapi/v3/apis/${WIDGETS}`;
    const answer = await s.until(
      () => s.get(path),
      (one) => one.code === 200 && JSON.stringify(one.body).includes('Widget'),
    );
    const schemas = at(answer, 'components', 'schemas');
    const names = isJsonObject(schemas) ? Object.keys(schemas) : [];
    const own = names.find((name) => name.endsWith('.Widget')) ?? '';
    const schema = isJsonObject(schemas) ? schemas[own] : {};
    return {
      own,
      kinds: isJsonObject(schema) ? schema['x-kubernetes-group-version-kind'] : [],
      spec: isJsonObject(schema) && isJsonObject(schema['properties']) ? schema['properties']['spec'] : {},
      type: ['apiVersion', 'kind', 'metadata'].map((field) => valueAt(schema, 'properties', field) ?? 'none'),
    };
  });

  conforms('openapi-v2', 'definitions and patches in OpenAPI v2', async (s) => {
    const answer = await s.until(
      () => s.get('/openapi/v2'),
      (one) => JSON.stringify(one.body).includes('.Widget'),
    );
    const { paths, definitions } = answer.body as { paths: Schemas; definitions: Schemas };
    const patch = paths[`/apis/${WIDGETS}/namespaces/{namespace}/widgets/{name}`]?.['patch'] as Schemas[string];
    return {
      swagger: at(answer, 'swagger'),
      definitions: V2_DEFINITIONS.map((name) => [name, undescribed(definitions[name])]),
      consumes: [patch?.['consumes'] ?? []].flat().map(String).sort(),
      kind: patch?.['x-kubernetes-group-version-kind'],
      inPlace: list(patch?.['parameters'])
        .filter(({ name }) => name === 'dryRun' || name === 'fieldValidation')
        .map(({ name, in: place, type }) => [name, place, type]),
    };
  });

  conforms('openapi-v2-protobuf', 'OpenAPI v2 in the form in which kubectl looks for a kind', async (s) => {
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    await s.until(
      () => s.get('/openapi/v2'),
      (one) => JSON.stringify(one.body).includes('.Widget'),
    );
    const { code, type, bytes } = await s.client.bytes('/openapi/v2', accept);
    const document = new SwaggerProtobuf(bytes);
    return {
      code,
      type,
      swagger: document.swagger,
      definitions: V2_DEFINITIONS.map((name) => [
        name,
        document.properties(name),
        document.extension(name, 'x-kubernetes-group-version-kind'),
      ]),
      namespace: document.patch('/api/v1/namespaces/{name}'),
      widget: document.patch(`/apis/${WIDGETS}/namespaces/{namespace}/widgets/{name}`),
      missing: document.patch('/apis/nowhere.dev/v1/things/{name}') ?? 'none',
      other: await s.client.bytes('/openapi/v2', 'text/html').then((answer) => [answer.code, String(answer.bytes)]),
    };
  });

  conforms('table-widget', 'a Table of a custom resource by its columns', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', { tags: ['a', 'b'] }));
    await s.merge(s.at(WIDGETS, 'widgets', 'w', 'status'), {
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    await s.post(s.at(WIDGETS, 'widgets'), widget('v'));
    return s.get(s.at(WIDGETS, 'widgets'), { accept: TABLE });
  });

  conforms('table-builtin', 'Tables of builtin kinds', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { x: '1', y: '2' } }));
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, stringData: { a: 'b' } });
    await s.post(s.at('v1', 'pods'), { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    await s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    const table = async (path: string) => {
      const answer = await s.get(path, { accept: TABLE });
      const rows = at(answer, 'rows');
      return {
        columns: list(at(answer, 'columnDefinitions')).map(({ name, type, priority }) => [name, type, priority]),
        rows: list(rows).map((row) => ({ cells: row['cells'] })),
      };
    };
    return {
      configMaps: await table(s.at('v1', 'configmaps')),
      secrets: await table(s.at('v1', 'secrets')),
      pods: await table(s.at('v1', 'pods')),
      deployments: await table(s.at('apps/v1', 'deployments')),
      namespace: await table(`/api/v1/namespaces/${s.ns}`),
    };
  });

  conforms('table-object', 'one object as a Table, with the whole object or nothing', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { x: '1' } }));
    const path = s.at('v1', 'configmaps', 'a');
    return {
      object: await s.get(`${path}?includeObject=Object`, { accept: TABLE }),
      none: await s.get(`${path}?includeObject=None`, { accept: TABLE }),
      missing: await s.get(s.at('v1', 'configmaps', 'z'), { accept: TABLE }),
    };
  });
};

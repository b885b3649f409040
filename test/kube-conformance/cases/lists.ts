import type { Fields, Scene } from '../scene';
import { type Answer, at, outcome } from '../scene';
import type { Topic } from '../topic';
import { crdOf, install, WIDGETS, widget } from '../widgets';

const names = (answer: Answer): unknown => {
  const items = at(answer, 'items');
  if (!Array.isArray(items)) return answer;
  return items.map((item: { metadata: { name: string } }) => item.metadata.name);
};

async function fill(s: Scene, ...wanted: readonly string[]): Promise<void> {
  for (const name of wanted)
    await s.post(
      s.at('v1', 'configmaps'),
      s.configMap(name, {}, { labels: { name, even: String(name.length % 2 === 0) } }),
    );
}

/** A continue token as if its walk had begun at another version. */
function olderToken(token: string, rv: number): string {
  const content: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  return Buffer.from(JSON.stringify({ ...(content as object), rv })).toString('base64url');
}

const NO_LABEL_SELECTORS: readonly string[] = [
  ...['a===', 'a=b=c', 'a,,b', ',a', 'a=b,', ',', '=b', '(', 'a b', 'a=b c', 'a=!b', 'a!b', '!', '!!a', '!a=b'],
  ...['a>x', 'a>', 'a>1.5', 'a>-1', 'a>=1', 'a>+', 'a>99999999999999999999'],
  ...['-a', '!-a', 'a/b/c=x', 'a/=x', '/a=x', 'A.b/c', 'ü', 'x'.repeat(64), 'a=-b', `a=${'x'.repeat(64)}`],
  ...['a in b', 'a notin', 'a in (', 'a in (b', 'a in (b,', 'a in (=)', 'a in (b c)', 'a in (b)c', 'a in (,,)'],
  `a in (-b,${'x'.repeat(64)})`,
];

const FIELD_SELECTORS: readonly string[] = [
  ...['metadata.name=a,', ',,metadata.name=a', ',', 'metadata.name=a\\,b', 'metadata.name!=a\\=b', ' '],
  ...['metadata.name===a', 'metadata.name=a=b', 'metadata.name=a!=b', 'metadata.name=a\\b', 'metadata.name=a\\'],
  ...[' metadata.name=a', 'metadata.name =a', 'metadata.name= a', 'metadata.name=a , metadata.namespace=b'],
  ...['=a', '!metadata.name', 'metadata.name>a', 'metadata.name in (a)', 'metadata.name=a,metadata.name=b'],
];

/** Lists: pages, versions, selectors. */
export const listCases: Topic = (conforms) => {
  conforms('list-all', 'a list has its version and items without kind', async (s) => {
    await fill(s, 'b', 'a');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return { configMaps: await s.get(s.at('v1', 'configmaps')), widgets: await s.get(s.at(WIDGETS, 'widgets')) };
  });

  conforms('list-empty', 'an empty list, also of a namespace that does not exist', async (s) => ({
    here: await s.get(s.at('v1', 'configmaps')),
    widgets: await s.get(s.at(WIDGETS, 'widgets')),
    nowhere: await s.get('/api/v1/namespaces/nowhere/secrets'),
  }));

  conforms('list-pages', 'limit and continue walk through one state', async (s) => {
    await fill(s, 'a', 'b', 'c', 'd', 'e');
    const first = await s.get(`${s.at('v1', 'configmaps')}?limit=2`);
    // A page shows the state of the first one.
    await s.delete(s.at('v1', 'configmaps', 'd'));
    await fill(s, 'cc');
    const token = (answer: Answer) => encodeURIComponent(String(at(answer, 'metadata', 'continue')));
    const second = await s.get(`${s.at('v1', 'configmaps')}?limit=2&continue=${token(first)}`);
    const third = await s.get(`${s.at('v1', 'configmaps')}?limit=2&continue=${token(second)}`);
    return [first, second, third].map((page) => [at(page, 'metadata'), names(page)]);
  });

  conforms('list-pages-all', 'pages across namespaces, with a selector, count nothing', async (s) => {
    const selector = `labelSelector=${encodeURIComponent(`case=${s.ns}`)}`;
    for (const name of ['a', 'b', 'c']) {
      await s.post(s.at(WIDGETS, 'widgets'), widget(name, {}, {}, { labels: { case: s.ns } }));
    }
    const first = await s.get(`/apis/${WIDGETS}/widgets?limit=2&${selector}`);
    const token = encodeURIComponent(String(at(first, 'metadata', 'continue')));
    const second = await s.get(`/apis/${WIDGETS}/widgets?limit=2&${selector}&continue=${token}`);
    return [first, second].map((page) => [at(page, 'metadata'), names(page)]);
  });

  conforms('list-pages-port', 'the port pages too', async (s) => {
    await fill(s, 'a', 'b', 'c');
    const resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
    const first = await s.api.list(resource, { namespace: s.ns, limit: 2 });
    const second = await s.api.list(resource, { namespace: s.ns, limit: 2, continue: first.continue });
    return [first, second].map(({ items, continue: next, remainingItemCount }) => ({
      names: items.map((item) => item.metadata.name),
      more: next !== undefined && next !== '',
      remaining: remainingItemCount ?? 'unknown',
    }));
  });

  conforms('list-continue-invalid', 'a made-up continue token is refused', async (s) => ({
    text: (await s.get(`${s.at('v1', 'configmaps')}?limit=1&continue=nonsense`)).code,
    notBase64: await Promise.all(
      ['x', 'ab=c', 'a+b', 'eyJ2IjoiIn0=', '{', 'eyJ2Ijoi!'].map((token) =>
        s.get(`${s.at('v1', 'configmaps')}?limit=1&continue=${encodeURIComponent(token)}`),
      ),
    ),
    parts: await Promise.all(
      [
        { v: 'meta.k8s.io/v1', rv: 0, start: 'a' },
        { v: 'meta.k8s.io/v1', rv: 7, start: '' },
        { v: 'meta.k8s.io/v1', rv: 7, start: '../a' },
        { v: 'meta.k8s.io/v1', rv: 'x', start: 'a' },
        { v: 'v2', rv: 7, start: 'a' },
        { rv: 7, start: 'a' },
      ].map((token) =>
        s.get(
          `${s.at('v1', 'configmaps')}?limit=1&continue=${Buffer.from(JSON.stringify(token)).toString('base64url')}`,
        ),
      ),
    ),
    withVersion: await s.get(`${s.at('v1', 'configmaps')}?limit=1&resourceVersion=5&continue=e30`),
  }));

  conforms('list-compacted', 'a version or page from before a compaction is gone', async (s) => {
    // A kind that is younger than the version: no cache of recent states can help.
    const rv = Number(at(await s.get(s.at('v1', 'configmaps')), 'metadata', 'resourceVersion'));
    await install(s, crdOf({ group: s.group, kind: 'Thing', schema: { type: 'object' } }));
    const path = s.at(`${s.group}/v1`, 'things');
    for (const name of ['a', 'b', 'c']) {
      await s.post(path, { apiVersion: `${s.group}/v1`, kind: 'Thing', metadata: { name } });
    }
    const token = String(at(await s.get(`${path}?limit=1`), 'metadata', 'continue'));
    const old = olderToken(token, rv);
    await s.client.server.compact();
    const resource = { group: s.group, version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
    return {
      list: await s.get(`${path}?resourceVersion=${rv}&resourceVersionMatch=Exact`),
      page: await s.get(`${path}?limit=1&continue=${encodeURIComponent(old)}`),
      port: await outcome(s.api.list(resource, { namespace: s.ns, limit: 1, continue: old })),
    };
  });

  conforms('list-exact', 'an exact version shows that state', async (s) => {
    await fill(s, 'a');
    const rv = String(at(await s.get(s.at('v1', 'configmaps')), 'metadata', 'resourceVersion'));
    await fill(s, 'b');
    const list = (query: string) => s.get(`${s.at('v1', 'configmaps')}?${query}`);
    return {
      exact: names(await list(`resourceVersion=${rv}&resourceVersionMatch=Exact`)),
      notOlder: names(await list(`resourceVersion=${rv}&resourceVersionMatch=NotOlderThan`)),
      noMatch: await list('resourceVersionMatch=Exact'),
      zeroExact: await list('resourceVersion=0&resourceVersionMatch=Exact'),
      word: await list('resourceVersion=word'),
      badMatch: await list(`resourceVersion=${rv}&resourceVersionMatch=Maybe`),
    };
  });

  conforms('list-labels', 'label selectors by equality, set and existence', async (s) => {
    await fill(s, 'a', 'bb', 'c');
    await s.post(s.at('v1', 'configmaps'), s.configMap('none'));
    const pick = async (selector: string) =>
      names(await s.get(`${s.at('v1', 'configmaps')}?labelSelector=${encodeURIComponent(selector)}`));
    return {
      equal: await pick('name=a'),
      double: await pick('name==a'),
      not: await pick('name!=a'),
      in: await pick('name in (a,bb)'),
      notin: await pick('name notin (a,bb)'),
      exists: await pick('name'),
      missing: await pick('!name'),
      both: await pick('even=true,name'),
      spaces: await pick(' name in ( a , c ) , even = false '),
      empty: await pick('name='),
    };
  });

  conforms('list-labels-invalid', 'selectors that cannot be read are refused', async (s) => ({
    label: await s.get(`${s.at('v1', 'configmaps')}?labelSelector=${encodeURIComponent('a in b')}`),
    field: await s.get(`${s.at('v1', 'configmaps')}?fieldSelector=metadata.name`),
  }));

  conforms('list-labels-numbers', 'label selectors by number, and values left out of a list', async (s) => {
    for (const [name, n] of Object.entries({ five: '5', three: '03', word: 'x', empty: '', huge: '9'.repeat(20) }))
      await s.post(s.at('v1', 'configmaps'), s.configMap(name, {}, { labels: { n } }));
    await s.post(s.at('v1', 'configmaps'), s.configMap('none'));
    const pick = async (selector: string) =>
      names(await s.get(`${s.at('v1', 'configmaps')}?labelSelector=${encodeURIComponent(selector)}`));
    return {
      greater: await pick('n>3'),
      less: await pick('n<5'),
      spaced: await pick('n > 1 , n'),
      both: await pick('n>2,n<5'),
      nothing: await pick('n in ()'),
      leftOut: await pick('n in (,5)'),
      notLeftOut: await pick('n notin (x,)'),
      twice: await pick('n in (x,,5,5)'),
      keyword: await pick('in=notin,notin'),
      apart: await pick('! n'),
      blank: await pick(' '),
    };
  });

  conforms('list-labels-refused', 'label selectors that the parser refuses, and why', async (s) => {
    const refusals: Record<string, unknown> = {};
    for (const selector of NO_LABEL_SELECTORS)
      refusals[selector] = await s.get(`${s.at('v1', 'configmaps')}?labelSelector=${encodeURIComponent(selector)}`);
    return refusals;
  });

  conforms('list-fields-text', 'field selectors: escapes, blanks, empty terms, and what is refused', async (s) => {
    await fill(s, 'a', 'b');
    const answers: Record<string, unknown> = {};
    for (const selector of FIELD_SELECTORS)
      answers[selector] = names(
        await s.get(`${s.at('v1', 'configmaps')}?fieldSelector=${encodeURIComponent(selector)}`),
      );
    return answers;
  });

  conforms('list-fields', 'field selectors that kinds have', async (s) => {
    await fill(s, 'a', 'b');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 's' }, type: 'capstan.dev/x' });
    await s.post(s.at('v1', 'secrets'), { metadata: { name: 't' } });
    await s.post(s.at('v1', 'pods'), {
      metadata: { name: 'p' },
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
    });
    await s.post(s.at('v1', 'events'), {
      metadata: { name: 'e' },
      involvedObject: { namespace: s.ns, kind: 'Pod', name: 'p', uid: 'u' },
      reason: 'R',
      type: 'Normal',
    });
    const pick = async (resource: string, selector: string) =>
      names(await s.get(`${resource}?fieldSelector=${encodeURIComponent(selector)}`));
    return {
      name: await pick(s.at('v1', 'configmaps'), 'metadata.name=a'),
      notName: await pick(s.at('v1', 'configmaps'), 'metadata.name!=a'),
      namespace: await pick('/api/v1/configmaps', `metadata.namespace=${s.ns},metadata.name=b`),
      type: await pick(s.at('v1', 'secrets'), 'type=capstan.dev/x'),
      node: await pick(s.at('v1', 'pods'), 'spec.nodeName=n1'),
      phase: await pick(s.at('v1', 'pods'), 'status.phase=Pending'),
      event: await pick(s.at('v1', 'events'), 'involvedObject.kind=Pod,involvedObject.name=p,involvedObject.uid=u'),
      widget: await pick(s.at(WIDGETS, 'widgets'), 'metadata.name=w'),
      unknown: await pick(s.at('v1', 'configmaps'), 'data.x=a'),
      unknownWidget: await pick(s.at(WIDGETS, 'widgets'), 'spec.size=3'),
    };
  });

  conforms(
    'list-fields-kinds',
    'field selectors of kinds read more than is written, under their own names',
    async (s) => {
      const spec = { containers: [{ name: 'c', image: 'i' }] };
      const pods = s.at('v1', 'pods');
      await s.post(pods, { metadata: { name: 'p' }, spec: { ...spec, nodeName: 'n1' } });
      await s.post(pods, { metadata: { name: 'q' }, spec: { ...spec, hostNetwork: true } });
      await s.merge(`${pods}/q/status`, { status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] } });
      for (const [name, unschedulable] of [['on', undefined] as const, ['off', true] as const])
        await s.post('/api/v1/nodes', { metadata: { name: `${s.ns}-${name}` }, spec: { unschedulable } });
      const event = (name: string, fields: Fields) => ({
        metadata: { name },
        involvedObject: { namespace: s.ns, kind: 'Pod', name: 'p' },
        reason: 'R',
        type: 'Normal',
        ...fields,
      });
      const events = s.at('v1', 'events');
      await s.post(events, event('component', { source: { component: 'kubelet' } }));
      await s.post(events, event('controller', { reportingComponent: 'capstan', reportingInstance: 'x', action: 'a' }));
      const template = { metadata: { labels: { app: 'x' } }, spec };
      const selector = { matchLabels: { app: 'x' } };
      const jobTemplate = { spec: { ...spec, restartPolicy: 'Never' } };
      await s.post(s.at('apps/v1', 'replicasets'), { metadata: { name: 'rs' }, spec: { selector, template } });
      await s.post(s.at('batch/v1', 'jobs'), { metadata: { name: 'j' }, spec: { template: jobTemplate } });
      const answers: Record<string, unknown> = {};
      const pick = async (resource: string, ...selectors: readonly string[]) => {
        for (const selector of selectors)
          answers[`${resource} ${selector}`] = names(
            await s.get(`${resource}?fieldSelector=${encodeURIComponent(selector)}`),
          );
      };
      await pick(pods, 'spec.hostNetwork=false', 'spec.hostNetwork=true', 'spec.hostNetwork!=true', 'spec.host=n1');
      await pick(pods, 'status.podIP=10.0.0.1', 'status.podIPs=10.0.0.1', 'status.podIPs=', 'spec.nodeName=');
      const isOn = `metadata.name=${s.ns}-on`;
      await pick('/api/v1/nodes', `${isOn},spec.unschedulable=false`, `${isOn},spec.unschedulable=`);
      await pick('/api/v1/nodes', `metadata.name=${s.ns}-off,spec.unschedulable=true`, 'metadata.namespace=');
      await pick('/api/v1/namespaces', 'metadata.namespace=', 'name=x', `metadata.name=${s.ns},status.phase=Active`);
      await pick('/apis/rbac.authorization.k8s.io/v1/clusterroles', 'metadata.namespace=x');
      await pick('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', 'metadata.namespace=x', 'spec.group=x');
      await pick(
        events,
        'source=kubelet',
        'source=capstan',
        'source=',
        'reportingComponent=capstan',
        'regarding.name=p',
      );
      const newer = s.at('events.k8s.io/v1', 'events');
      await pick(newer, 'regarding.kind=Pod,regarding.name=p', 'reportingController=capstan', 'reportingComponent=x');
      await pick(newer, 'involvedObject.name=p', 'source=x', 'type=Normal', 'reason!=R');
      await pick(s.at('apps/v1', 'replicasets'), 'status.replicas=0');
      await pick(s.at('v1', 'replicationcontrollers'), 'status.replicas=0', 'spec.x=1');
      await pick(
        s.at('batch/v1', 'jobs'),
        'status.successful=0',
        'status.successful!=0',
        'status.successful=',
        'spec.x=1',
      );
      return answers;
    },
  );

  conforms('list-selectable', 'fields that a CRD makes selectable', async (s) => {
    const properties = { color: { type: 'string' }, size: { type: 'integer' }, on: { type: 'boolean' } };
    const schema = { type: 'object', properties: { spec: { type: 'object', properties } } };
    const selectableFields = ['color', 'size', 'on'].map((name) => ({ jsonPath: `.spec.${name}` }));
    await install(s, crdOf({ group: s.group, kind: 'Paint', schema, version: { selectableFields } }));
    const paints = s.at(`${s.group}/v1`, 'paints');
    const make = (name: string, spec: Fields) =>
      s.post(paints, { apiVersion: `${s.group}/v1`, kind: 'Paint', metadata: { name }, spec });
    await make('a', { color: 'red', size: 1_000_000, on: false });
    await make('b', { color: 'blue' });
    await install(s, crdOf({ group: s.group, kind: 'Wall', schema, scope: 'Cluster', version: { selectableFields } }));
    const pick = async (selector: string, resource = paints) =>
      names(await s.get(`${resource}?fieldSelector=${encodeURIComponent(selector)}`));
    return {
      color: await pick('spec.color=red'),
      size: await pick('spec.size=1000000'),
      off: await pick('spec.on=false'),
      unset: await pick('spec.on='),
      other: await pick('spec.other=x'),
      name: await pick(`metadata.namespace=${s.ns},metadata.name=b`),
      cluster: await pick('metadata.name!=a,spec.color=', `/apis/${s.group}/v1/walls`),
      clusterNamespace: await pick('metadata.namespace=', `/apis/${s.group}/v1/walls`),
    };
  });

  conforms('list-metadata', 'lists of metadata alone', async (s) => {
    await fill(s, 'a');
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const one = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
    return {
      list: await s.get(s.at('v1', 'configmaps'), { accept }),
      one: await s.get(s.at('v1', 'configmaps', 'a'), { accept: one }),
    };
  });

  conforms('list-metadata-pages', 'lists of metadata alone, empty and in pages', async (s) => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    const widgets = s.at(WIDGETS, 'widgets');
    const configMaps = s.at('v1', 'configmaps');
    const empty = [await s.get(widgets, { accept }), await s.get(`${configMaps}?labelSelector=a`, { accept })];
    for (const name of ['a', 'b']) {
      await s.post(widgets, widget(name));
      await s.post(configMaps, s.configMap(name, {}, { labels: { a: name } }));
    }
    const ask = (path: string) => s.get(path, { accept });
    const pages = [await ask(`${widgets}?limit=1`), await ask(`${configMaps}?limit=1&labelSelector=a`)];
    return { empty, all: await ask(widgets), pages };
  });
};

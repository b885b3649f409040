import { at, versionOf, type WatchLine } from '../scene';
import type { Topic } from '../topic';
import { crdOf, install, WIDGETS, widget } from '../widgets';

const brief = (events: readonly WatchLine[]) =>
  events.map(({ type, object }) => {
    const { metadata, data } = object as { metadata?: { name?: string }; data?: unknown };
    return [type, metadata?.name ?? 'no name', data ?? 'no data'];
  });

/** Watches: where they start, what they tell, how they end. */
export const watchCases: Topic = (conforms) => {
  conforms('watch-from-version', 'a watch from a version tells every later change in order', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: '1' } }));
    await s.merge(path, { data: { k: '2' } });
    await s.merge(path, { data: { k: '2' } });
    await s.merge(path, { data: { k: '3' } });
    await s.delete(path);
    return s.watch(`${s.at('v1', 'configmaps')}?watch=true&resourceVersion=${versionOf(created)}`, 3);
  });

  conforms('watch-live', 'changes arrive while the watch is open', async (s) => {
    const list = await s.get(s.at('v1', 'configmaps'));
    const rv = String(at(list, 'metadata', 'resourceVersion'));
    const events = s.watch(`${s.at('v1', 'configmaps')}?watch=true&resourceVersion=${rv}`, 3);
    await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { k: '1' } }));
    await s.merge(s.at('v1', 'configmaps', 'a'), { data: { k: '2' } });
    await s.delete(s.at('v1', 'configmaps', 'a'));
    return events;
  });

  conforms('watch-initial', 'a watch without version, or from 0, starts with what exists', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at('v1', 'configmaps'), s.configMap('b'));
    const sorted = (events: readonly WatchLine[]) => brief(events).sort();
    return {
      absent: sorted(await s.watch(`${s.at('v1', 'configmaps')}?watch=true`, 2)),
      zero: sorted(await s.watch(`${s.at('v1', 'configmaps')}?watch=true&resourceVersion=0`, 2)),
    };
  });

  conforms('watch-list', 'initial events end with a marked bookmark', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const query = 'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    return s.watch(`${s.at(WIDGETS, 'widgets')}?${query}`, 2);
  });

  conforms('watch-list-refused', 'initial events need their options', async (s) => ({
    noMatch: await s.get(`${s.at('v1', 'configmaps')}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true`),
    match: await s.get(`${s.at('v1', 'configmaps')}?watch=true&resourceVersionMatch=NotOlderThan&resourceVersion=1`),
  }));

  conforms('watch-selector', 'objects that enter a selector are added, those that leave are deleted', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a', { data: { n: '0' } }));
    await s.merge(path, { metadata: { labels: { in: 'yes' } }, data: { n: '1' } });
    await s.merge(path, { data: { n: '2' } });
    await s.merge(path, { metadata: { labels: { in: 'no' } }, data: { n: '3' } });
    await s.merge(path, { data: { n: '4' } });
    await s.merge(path, { metadata: { labels: { in: 'yes' } }, data: { n: '5' } });
    await s.delete(path);
    return s.watch(
      `${s.at('v1', 'configmaps')}?watch=true&labelSelector=in%3Dyes&resourceVersion=${versionOf(created)}`,
      5,
    );
  });

  conforms('watch-field', 'a watch of one object by name', async (s) => {
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at('v1', 'configmaps'), s.configMap('b'));
    await s.merge(s.at('v1', 'configmaps', 'a'), { data: { k: '1' } });
    const rv = versionOf(created);
    return {
      selector: brief(
        await s.watch(
          `${s.at('v1', 'configmaps')}?watch=true&fieldSelector=metadata.name%3Da&resourceVersion=${rv}`,
          1,
        ),
      ),
      // A name makes it a read of one object, whatever else is asked.
      path: await s.get(`${s.at('v1', 'configmaps', 'a')}?watch=true&resourceVersion=${rv}&timeoutSeconds=1`),
    };
  });

  conforms('watch-all-namespaces', 'a watch across namespaces sees them all', async (s) => {
    const list = await s.get('/api/v1/configmaps?limit=1');
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const rv = String(at(list, 'metadata', 'resourceVersion'));
    return brief(
      await s.watch(`/api/v1/configmaps?watch=true&resourceVersion=${rv}`, (events) =>
        events.some(({ object }) => JSON.stringify(object).includes(s.ns)),
      ),
    ).slice(-1);
  });

  conforms('watch-finalizer', 'deletion with a finalizer is a change first, then a deletion', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const created = await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['capstan.dev/hold'] }));
    await s.delete(path);
    await s.merge(path, { metadata: { finalizers: null } });
    return s.watch(`${s.at(WIDGETS, 'widgets')}?watch=true&resourceVersion=${versionOf(created)}`, 2);
  });

  conforms('watch-too-old', 'a watch from a forgotten version is told to start anew', async (s) => {
    await install(s, crdOf({ group: s.group, kind: 'Thing', schema: { type: 'object' } }));
    const events = await s.watch(`${s.at(`${s.group}/v1`, 'things')}?watch=true&resourceVersion=1`, 1);
    return events;
  });

  conforms('watch-timeout', 'the server ends a watch after timeoutSeconds', async (s) => {
    const events = await s.watch(`${s.at('v1', 'configmaps')}?watch=true&timeoutSeconds=1`, () => false);
    return events;
  });

  conforms('watch-invalid-version', 'a version that is no number is refused', (s) =>
    s.get(`${s.at('v1', 'configmaps')}?watch=true&resourceVersion=word`),
  );

  conforms(
    'watch-invalid-selectors',
    'a watch with a selector that cannot be read, or not used, is refused',
    async (s) => {
      const watched = (query: string) => s.get(`${s.at('v1', 'configmaps')}?watch=true&timeoutSeconds=1&${query}`);
      return {
        label: await watched('labelSelector=a,,b'),
        field: await watched('fieldSelector=metadata.name'),
        unknown: await watched('fieldSelector=data.x%3Da'),
        beforeVersion: await watched('labelSelector=a,,b&resourceVersion=word'),
      };
    },
  );

  conforms('watch-table', 'a watch of rows', async (s) => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const created = await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    await s.merge(s.at(WIDGETS, 'widgets', 'w'), { spec: { size: 5 } });
    await s.merge(s.at(WIDGETS, 'widgets', 'w'), { spec: { size: 6 } });
    const path = `${s.at(WIDGETS, 'widgets')}?watch=true&timeoutSeconds=1&resourceVersion=${versionOf(created)}`;
    const answer = await s.get(path, { accept });
    return typeof answer.body === 'string'
      ? answer.body
          .trim()
          .split('\n')
          .map((line): unknown => JSON.parse(line))
      : answer;
  });

  conforms('watch-port', 'the port watches too', async (s) => {
    const resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const abort = new AbortController();
    const seen: unknown[] = [];
    for await (const event of s.api.watch(resource, { namespace: s.ns, timeoutSeconds: 5 }, abort.signal)) {
      seen.push(event);
      if (seen.length === 1) await s.delete(s.at('v1', 'configmaps', 'a'));
      else break;
    }
    abort.abort();
    return seen;
  });
};

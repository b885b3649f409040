import { type Answer, at, bodyOf, type Fields, type Scene, uidOf, versionOf } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

/** An owner and the reference to it. */
async function owner(s: Scene, name: string, metadata: Fields = {}) {
  const made = await s.post(s.at('v1', 'configmaps'), s.configMap(name, {}, metadata));
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: uidOf(made), blockOwnerDeletion: true };
}

const child = (s: Scene, name: string, ownerReferences: object[], metadata: Fields = {}): Promise<Answer> =>
  s.post(s.at('v1', 'configmaps'), s.configMap(name, {}, { ownerReferences, ...metadata }));

const meta = (answer: Answer) => [
  answer.code,
  at(answer, 'metadata', 'finalizers') ?? 'none',
  at(answer, 'metadata', 'deletionTimestamp') ?? 'not deleted',
];

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_000));

/** Deletion: finalizers, preconditions, owners and namespaces. */
export const deletionCases: Topic = (conforms) => {
  conforms('delete-answers', 'a deletion answers with a Status, or with the object of some kinds', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    await s.post(s.at('v1', 'serviceaccounts'), { metadata: { name: 'x' } });
    await s.post(s.at('v1', 'services'), {
      metadata: { name: 'x' },
      spec: { clusterIP: 'None', ports: [{ port: 1 }] },
    });
    return {
      configMap: await s.delete(s.at('v1', 'configmaps', 'a')),
      widget: await s.delete(s.at(WIDGETS, 'widgets', 'w')),
      serviceAccount: await s.delete(s.at('v1', 'serviceaccounts', 'x')),
      service: await s.delete(s.at('v1', 'services', 'x')),
      missing: await s.delete(s.at('v1', 'configmaps', 'a')),
      missingWidget: await s.delete(s.at(WIDGETS, 'widgets', 'w')),
    };
  });

  conforms('delete-finalizer', 'an object with a finalizer waits for it', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['capstan.dev/a', 'capstan.dev/b'] }));
    return {
      deleted: await s.delete(path),
      again: await s.delete(path),
      spec: await s.merge(path, { spec: { size: 5 } }),
      more: await s.merge(path, { metadata: { finalizers: ['capstan.dev/a', 'capstan.dev/c'] } }),
      one: await s.merge(path, { metadata: { finalizers: ['capstan.dev/a'] } }),
      last: await s.merge(path, { metadata: { finalizers: [] } }),
      gone: await s.get(path),
    };
  });

  conforms('delete-finalizer-configmap', 'the same for a builtin kind', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    await s.post(s.at('v1', 'configmaps'), s.configMap('a', {}, { finalizers: ['capstan.dev/a'] }));
    const deleted = await s.delete(path);
    const again = await s.delete(path);
    const more = await s.merge(path, { metadata: { finalizers: ['capstan.dev/a', 'capstan.dev/c'] } });
    const released = await s.merge(path, { metadata: { finalizers: null } });
    return { deleted, again, more, released, gone: (await s.get(path)).code };
  });

  conforms('delete-preconditions', 'preconditions on uid and version', async (s) => {
    const path = s.at('v1', 'configmaps', 'a');
    const created = await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.merge(path, { data: { k: 'v' } });
    const uid = '11111111-1111-4111-8111-111111111111';
    return {
      uid: await s.delete(path, { preconditions: { uid } }),
      version: await s.delete(path, { preconditions: { resourceVersion: versionOf(created) } }),
      right: (await s.delete(path, { preconditions: { uid: uidOf(created) } })).code,
    };
  });

  conforms('delete-preconditions-widget', 'preconditions on a custom resource', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    const created = await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const uid = '11111111-1111-4111-8111-111111111111';
    return {
      uid: await s.delete(path, { preconditions: { uid } }),
      version: await s.delete(path, { preconditions: { resourceVersion: '1' } }),
      right: (await s.delete(path, { preconditions: { uid: uidOf(created), resourceVersion: versionOf(created) } }))
        .code,
    };
  });

  conforms('delete-options', 'options that contradict themselves are refused', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const path = s.at('v1', 'configmaps', 'a');
    return {
      both: await s.delete(path, { propagationPolicy: 'Background', orphanDependents: true }),
      unknown: await s.delete(path, { propagationPolicy: 'Sometimes' }),
      dryRun: await s.delete(`${path}?dryRun=Some`),
      query: (await s.delete(`${path}?propagationPolicy=Background&gracePeriodSeconds=0`)).code,
    };
  });

  conforms('delete-background', 'dependents follow in the background', async (s) => {
    const reference = await owner(s, 'o');
    await child(s, 'c', [reference]);
    const deleted = await s.delete(s.at('v1', 'configmaps', 'o'), { propagationPolicy: 'Background' });
    return { deleted: deleted.code, child: await s.gone(s.at('v1', 'configmaps', 'c')) };
  });

  conforms('delete-foreground', 'in the foreground the owner waits for its dependents', async (s) => {
    const reference = await owner(s, 'o');
    await child(s, 'c', [reference], { finalizers: ['capstan.dev/hold'] });
    const deleted = await s.delete(s.at('v1', 'configmaps', 'o'), { propagationPolicy: 'Foreground' });
    const waiting = await s.until(
      () => s.get(s.at('v1', 'configmaps', 'c')),
      (answer) => at(answer, 'metadata', 'deletionTimestamp') !== undefined,
    );
    const still = await s.get(s.at('v1', 'configmaps', 'o'));
    await s.merge(s.at('v1', 'configmaps', 'c'), { metadata: { finalizers: null } });
    await s.gone(s.at('v1', 'configmaps', 'o'));
    return { deleted, waiting: meta(waiting), still: meta(still) };
  });

  conforms('delete-foreground-unblocked', 'a dependent that does not block lets the owner go', async (s) => {
    const { blockOwnerDeletion: _, ...reference } = await owner(s, 'o');
    await child(s, 'c', [reference], { finalizers: ['capstan.dev/hold'] });
    await s.delete(s.at('v1', 'configmaps', 'o'), { propagationPolicy: 'Foreground' });
    await s.gone(s.at('v1', 'configmaps', 'o'));
    const left = await s.until(
      () => s.get(s.at('v1', 'configmaps', 'c')),
      (answer) => at(answer, 'metadata', 'deletionTimestamp') !== undefined,
    );
    await s.merge(s.at('v1', 'configmaps', 'c'), { metadata: { finalizers: null } });
    return meta(left);
  });

  conforms('delete-foreground-tree', 'foreground goes down the tree', async (s) => {
    const top = await owner(s, 'top');
    const middle = await child(s, 'middle', [top]);
    const below = { ...top, name: 'middle', uid: uidOf(middle) };
    await child(s, 'leaf', [below], { finalizers: ['capstan.dev/hold'] });
    await s.delete(s.at('v1', 'configmaps', 'top'), { propagationPolicy: 'Foreground' });
    await s.until(
      () => s.get(s.at('v1', 'configmaps', 'leaf')),
      (answer) => at(answer, 'metadata', 'deletionTimestamp') !== undefined,
    );
    const states = {
      top: meta(await s.get(s.at('v1', 'configmaps', 'top'))),
      middle: meta(await s.get(s.at('v1', 'configmaps', 'middle'))),
    };
    await s.merge(s.at('v1', 'configmaps', 'leaf'), { metadata: { finalizers: null } });
    await s.gone(s.at('v1', 'configmaps', 'top'));
    return states;
  });

  conforms('delete-orphan', 'orphans lose the reference and stay', async (s) => {
    const reference = await owner(s, 'o');
    await child(s, 'c', [reference]);
    const deleted = await s.delete(s.at('v1', 'configmaps', 'o'), { propagationPolicy: 'Orphan' });
    await s.gone(s.at('v1', 'configmaps', 'o'));
    const left = await s.get(s.at('v1', 'configmaps', 'c'));
    return { deleted, owners: at(left, 'metadata', 'ownerReferences') ?? 'none', code: left.code };
  });

  conforms('delete-two-owners', 'a dependent of two stays until both are gone', async (s) => {
    const [one, two] = [await owner(s, 'one'), await owner(s, 'two')];
    await child(s, 'c', [one, two]);
    await s.delete(s.at('v1', 'configmaps', 'one'));
    const left = await s.until(
      () => s.get(s.at('v1', 'configmaps', 'c')),
      (answer) =>
        answer.code !== 200 ||
        JSON.stringify(at(answer, 'metadata', 'ownerReferences') ?? []).split('uid').length === 2,
    );
    await s.delete(s.at('v1', 'configmaps', 'two'));
    await s.gone(s.at('v1', 'configmaps', 'c'));
    return at(left, 'metadata', 'ownerReferences');
  });

  conforms('delete-absent-owner', 'a dependent of nobody is collected', async (s) => {
    const made = await child(s, 'c', [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: '11111111-1111-4111-8111-111111111111' },
    ]);
    await s.gone(s.at('v1', 'configmaps', 'c'));
    return made.code;
  });

  conforms('delete-foreground-circle', 'objects that own each other go in the foreground, too', async (s) => {
    const first = await owner(s, 'first');
    const second = { ...first, name: 'second', uid: uidOf(await child(s, 'second', [first])) };
    await s.merge(s.at('v1', 'configmaps', 'first'), { metadata: { ownerReferences: [second] } });
    // The collector of a real server follows with a delay.
    await pause();
    await s.delete(s.at('v1', 'configmaps', 'first'), { propagationPolicy: 'Foreground' });
    await s.gone(s.at('v1', 'configmaps', 'first'));
    return (await s.gone(s.at('v1', 'configmaps', 'second'))).code;
  });

  conforms('delete-foreground-released', 'an owner goes when its dependents let go of it', async (s) => {
    const held = { finalizers: ['capstan.dev/hold'] };
    const [one, two] = [await owner(s, 'one'), await owner(s, 'two')];
    await child(s, 'unblocking', [one], held);
    await child(s, 'leaving', [two], held);
    for (const name of ['one', 'two'])
      await s.delete(s.at('v1', 'configmaps', name), { propagationPolicy: 'Foreground' });
    for (const name of ['unblocking', 'leaving'])
      await s.until(
        () => s.get(s.at('v1', 'configmaps', name)),
        (answer) => at(answer, 'metadata', 'deletionTimestamp') !== undefined,
      );
    await s.merge(s.at('v1', 'configmaps', 'unblocking'), {
      metadata: { ownerReferences: [{ ...one, blockOwnerDeletion: false }] },
    });
    await s.merge(s.at('v1', 'configmaps', 'leaving'), { metadata: { ownerReferences: null } });
    const gone = [await s.gone(s.at('v1', 'configmaps', 'one')), await s.gone(s.at('v1', 'configmaps', 'two'))];
    for (const name of ['unblocking', 'leaving'])
      await s.merge(s.at('v1', 'configmaps', name), { metadata: { finalizers: null } });
    return gone.map(({ code }) => code);
  });

  conforms('delete-unknown-owner', 'nothing is concluded from owners that cannot be looked at', async (s) => {
    const known = await owner(s, 'o');
    const gone = { ...known, name: 'gone', uid: '22222222-2222-4222-8222-222222222222' };
    await child(s, 'version', [{ ...known, apiVersion: 'v2' }]);
    await child(s, 'kind', [{ ...known, kind: 'Nonsense' }]);
    await child(s, 'both', [{ ...known, kind: 'Nonsense' }, gone]);
    await child(s, 'known', [known]);
    const wide = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${s.ns}`;
    await s.post('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: s.ns, ownerReferences: [gone] },
    });
    await s.delete(s.at('v1', 'configmaps', 'o'));
    await s.gone(s.at('v1', 'configmaps', 'known'));
    await pause();
    const left = await Promise.all(
      ['version', 'kind', 'both'].map(async (name) => {
        const answer = await s.get(s.at('v1', 'configmaps', name));
        return [answer.code, at(answer, 'metadata', 'ownerReferences') ?? 'none'];
      }),
    );
    const clusterRole = await s.get(wide);
    await s.delete(wide);
    return { left, clusterRole: clusterRole.code };
  });

  conforms('delete-collection', 'a collection is deleted by selector', async (s) => {
    for (const name of ['a', 'b', 'c'])
      await s.post(s.at('v1', 'configmaps'), s.configMap(name, {}, { labels: { keep: String(name === 'c') } }));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const deleted = await s.delete(`${s.at('v1', 'configmaps')}?labelSelector=keep%3Dfalse`);
    const widgets = await s.delete(s.at(WIDGETS, 'widgets'));
    return { deleted, widgets, left: await s.get(s.at('v1', 'configmaps')) };
  });

  conforms('delete-collection-finalizers', 'a collection with finalizers is marked', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['capstan.dev/hold'] }));
    const deleted = await s.delete(s.at(WIDGETS, 'widgets'));
    const marked = await s.get(s.at(WIDGETS, 'widgets', 'w'));
    await s.merge(s.at(WIDGETS, 'widgets', 'w'), { metadata: { finalizers: null } });
    return { code: deleted.code, marked };
  });

  conforms('delete-namespace', 'a namespace empties itself and takes nothing new', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['capstan.dev/hold'] }));
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    const path = `/api/v1/namespaces/${s.ns}`;
    const deleted = await s.delete(path);
    const again = await s.delete(path);
    const refused = await s.post(s.at('v1', 'configmaps'), s.configMap('b'));
    const refusedWidget = await s.post(s.at(WIDGETS, 'widgets'), widget('v'));
    await s.until(
      () => s.get(s.at(WIDGETS, 'widgets', 'w')),
      (answer) => at(answer, 'metadata', 'deletionTimestamp') !== undefined,
    );
    const emptied = await s.gone(s.at('v1', 'configmaps', 'a'));
    const waiting = await s.until(
      () => s.get(path),
      (answer) => JSON.stringify(at(answer, 'status', 'conditions') ?? []).includes('SomeFinalizersRemain'),
    );
    await s.merge(s.at(WIDGETS, 'widgets', 'w'), { metadata: { finalizers: null } });
    return {
      deleted,
      again: [again.code, at(again, 'status', 'phase')],
      refused,
      refusedWidget,
      emptied,
      waiting: at(waiting, 'status'),
    };
  });

  conforms('delete-namespace-empty', 'an empty namespace goes by itself', async (s) => {
    const deleted = await s.delete(`/api/v1/namespaces/${s.ns}`);
    const gone = await s.gone(`/api/v1/namespaces/${s.ns}`);
    return { deleted, gone, create: await s.post(s.at('v1', 'configmaps'), s.configMap('a')) };
  });

  conforms('delete-pod', 'a Pod that runs nowhere goes at once, one on a node waits for its kubelet', async (s) => {
    const pod = (name: string, spec: Fields = {}) =>
      s.post(s.at('v1', 'pods'), { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
    await pod('free');
    await pod('bound', { nodeName: 'n' });
    const free = await s.delete(s.at('v1', 'pods', 'free'));
    const bound = await s.delete(s.at('v1', 'pods', 'bound'));
    const shorter = await s.delete(s.at('v1', 'pods', 'bound'), { gracePeriodSeconds: 5 });
    const now = await s.delete(s.at('v1', 'pods', 'bound'), { gracePeriodSeconds: 0 });
    const grace = (answer: Answer) => [
      answer.code,
      bodyOf(answer).kind,
      at(answer, 'metadata', 'deletionGracePeriodSeconds') ?? 'none',
      at(answer, 'metadata', 'generation'),
    ];
    return {
      free: grace(free),
      bound: grace(bound),
      shorter: grace(shorter),
      now: grace(now),
      gone: (await s.get(s.at('v1', 'pods', 'bound'))).code,
    };
  });

  conforms('delete-options-once', 'options in the body of a deletion are all there are', async (s) => {
    for (const name of ['a', 'b', 'c', 'd']) await s.post(s.at('v1', 'configmaps'), s.configMap(name));
    const remove = async (name: string, query: string, body?: object) => {
      const path = s.at('v1', 'configmaps', name);
      const answer = await s.delete(`${path}?${query}`, body);
      return [answer.code, at(answer, 'message') ?? 'none', (await s.get(path)).code];
    };
    return {
      dryRun: await remove('a', 'dryRun=All', {}),
      grace: await remove('b', 'gracePeriodSeconds=nonsense', { gracePeriodSeconds: 0 }),
      policy: await remove('c', 'propagationPolicy=Nonsense', { kind: 'DeleteOptions', apiVersion: 'v1' }),
      query: await remove('d', 'dryRun=All'),
    };
  });
};

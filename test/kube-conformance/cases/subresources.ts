import { type Answer, at, bodyOf, managersOf } from '../scene';
import type { Topic } from '../topic';
import { crdOf, install, WIDGETS, widget } from '../widgets';

/** status, scale, eviction, token and their rules. */
export const subresourceCases: Topic = (conforms) => {
  conforms('status-create', 'status is dropped at creation where it is a subresource', async (s) =>
    s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, { status: { phase: 'Up' } })),
  );

  conforms('status-put', 'an update of status keeps spec and metadata', async (s) => {
    const created = await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const body = bodyOf(created);
    return s.put(s.at(WIDGETS, 'widgets', 'w', 'status'), {
      ...body,
      metadata: { ...body.metadata, labels: { a: 'b' }, finalizers: ['capstan.dev/x'] },
      spec: { size: 9 },
      status: { phase: 'Up', replicas: 2 },
    });
  });

  conforms('status-put-object', 'an update of the object keeps status', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const up = await s.merge(s.at(WIDGETS, 'widgets', 'w', 'status'), { status: { phase: 'Up' } });
    return s.put(s.at(WIDGETS, 'widgets', 'w'), { ...bodyOf(up), status: { phase: 'Down' }, spec: { size: 9 } });
  });

  conforms('status-invalid', 'status is validated at its subresource', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w', 'status');
    return {
      type: await s.merge(path, { status: { replicas: 'many' } }),
      enum: await s.merge(path, { status: { conditions: [{ type: 'A', status: 'Maybe' }] } }),
      required: await s.merge(path, { status: { conditions: [{ type: 'A' }] } }),
      duplicate: await s.merge(path, {
        status: {
          conditions: [
            { type: 'A', status: 'True' },
            { type: 'A', status: 'False' },
          ],
        },
      }),
      unknown: await s.merge(path, { status: { nonsense: 1 } }),
    };
  });

  conforms('status-get', 'status is read as the whole object', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return s.get(s.at(WIDGETS, 'widgets', 'w', 'status'));
  });

  conforms('status-none', 'kinds without status subresource have no such path and keep status in place', async (s) => {
    await install(
      s,
      crdOf({
        group: s.group,
        kind: 'Plain',
        schema: { type: 'object', properties: { status: { type: 'object', properties: { a: { type: 'string' } } } } },
      }),
    );
    const path = s.at(`${s.group}/v1`, 'plains');
    const made = await s.post(path, {
      apiVersion: `${s.group}/v1`,
      kind: 'Plain',
      metadata: { name: 'p' },
      status: { a: 'x' },
    });
    return {
      made,
      changed: await s.merge(`${path}/p`, { status: { a: 'y' } }),
      status: await s.merge(`${path}/p/status`, { status: { a: 'z' } }),
      scale: await s.get(`${path}/p/scale`),
    };
  });

  conforms('scale-get', 'scale shows replicas and selector', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', { replicas: 4 }));
    await s.merge(s.at(WIDGETS, 'widgets', 'w', 'status'), { status: { replicas: 3, selector: 'a=b' } });
    return s.get(s.at(WIDGETS, 'widgets', 'w', 'scale'));
  });

  conforms('scale-put', 'scale changes the replicas and the generation', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w', 'scale');
    const scale = await s.get(path);
    const put = await s.put(path, { ...bodyOf(scale), spec: { replicas: 5 } });
    const object = await s.get(s.at(WIDGETS, 'widgets', 'w'));
    return { put, replicas: at(object, 'spec', 'replicas'), generation: at(object, 'metadata', 'generation') };
  });

  conforms('scale-patch', 'scale by patch, to nothing and to less than nothing', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w', 'scale');
    return {
      patch: await s.merge(path, { spec: { replicas: 2 } }),
      zero: await s.merge(path, { spec: { replicas: 0 } }),
      negative: await s.merge(path, { spec: { replicas: -1 } }),
      missing: await s.merge(s.at(WIDGETS, 'widgets', 'x', 'scale'), { spec: { replicas: 2 } }),
    };
  });

  conforms('scale-stale', 'scale on an old version is a conflict', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w', 'scale');
    const scale = await s.get(path);
    await s.merge(s.at(WIDGETS, 'widgets', 'w'), { spec: { size: 4 } });
    return s.put(path, { ...bodyOf(scale), spec: { replicas: 5 } });
  });

  conforms('scale-deployment', 'scale of a Deployment', async (s) => {
    await s.post(s.at('apps/v1', 'deployments'), {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    const path = s.at('apps/v1', 'deployments', 'd', 'scale');
    return { get: await s.get(path), patch: await s.merge(path, { spec: { replicas: 3 } }) };
  });

  conforms('eviction', 'an eviction deletes, a budget refuses it', async (s) => {
    const pod = (name: string, labels = {}) =>
      s.post(s.at('v1', 'pods'), {
        metadata: { name, labels },
        spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
      });
    await pod('free');
    await pod('held', { held: 'yes' });
    await s.merge(s.at('v1', 'pods', 'held', 'status'), {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    await s.post(s.at('policy/v1', 'poddisruptionbudgets'), {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { held: 'yes' } } },
    });
    const evict = (name: string) =>
      s.post(s.at('v1', 'pods', name, 'eviction'), {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: s.ns },
      });
    return { free: await evict('free'), held: await evict('held'), missing: await evict('none') };
  });

  conforms('unknown-subresource', 'a subresource that does not exist', async (s) => {
    await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return {
      configMap: await s.get(s.at('v1', 'configmaps', 'a', 'status')),
      widget: await s.get(s.at(WIDGETS, 'widgets', 'w', 'nonsense')),
    };
  });

  conforms('scale-managers', 'scale owns the replicas it sets, and nobody those it leaves out', async (s) => {
    await s.post(`${s.at(WIDGETS, 'widgets')}?fieldManager=maker`, widget('w', { replicas: 2 }));
    const path = s.at(WIDGETS, 'widgets', 'w');
    const managers = async (answer: Promise<Answer>) => {
      const { code } = await answer;
      return [code, managersOf(await s.get(path))];
    };
    const scale = (replicas: number, manager: string) =>
      managers(s.merge(`${path}/scale?fieldManager=${manager}`, { spec: { replicas } }));
    const put = (replicas: number, manager: string) => {
      const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'w', namespace: s.ns } };
      return managers(s.put(`${path}/scale?fieldManager=${manager}`, { ...body, spec: { replicas } }));
    };
    const apply = (replicas: number) => {
      const spec = { size: 3, replicas };
      return managers(s.apply(path, 'applier', { apiVersion: WIDGETS, kind: 'Widget', metadata: { name: 'w' }, spec }));
    };
    return {
      more: await scale(3, 'scaler'),
      applied: await apply(3),
      conflict: await apply(4),
      again: await put(3, 'scaler'),
      zero: await scale(0, 'scaler'),
      free: await apply(4),
      zeroPut: await put(0, 'other'),
      back: await put(5, 'other'),
    };
  });

  conforms('scale-apply', 'a Scale is applied, with conflicts over the replicas', async (s) => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    };
    const path = s.at('apps/v1', 'deployments', 'd');
    await s.apply(path, 'maker', deployment);
    const scale = (replicas: number, query = '') => {
      const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas } };
      return s.apply(`${path}/scale`, 'scaler', body, query);
    };
    return {
      same: await scale(2),
      conflict: await scale(3),
      forced: await scale(3, '&force=true'),
      managers: managersOf(await s.get(path)),
      again: await scale(4),
      maker: await s.apply(path, 'maker', deployment),
      wrongKind: await s.apply(`${path}/scale`, 'scaler', deployment),
      missing: await s.apply(s.at('apps/v1', 'deployments', 'x', 'scale'), 'scaler', {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'x' },
        spec: { replicas: 1 },
      }),
    };
  });

  conforms('scale-refused', 'a Scale that cannot be read is refused', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w', 'scale');
    const header = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'w', namespace: s.ns } };
    return {
      text: await s.merge(path, { spec: { replicas: 'x' } }),
      fraction: await s.put(path, { ...header, spec: { replicas: 1.5 } }),
      negative: await s.put(path, { ...header, spec: { replicas: -1 } }),
      otherName: await s.put(path, { ...header, metadata: { name: 'x', namespace: s.ns }, spec: { replicas: 1 } }),
      unknown: await s.merge(`${path}?fieldValidation=Strict`, { spec: { replicas: 1, pace: 2 } }),
      empty: await s.put(path, header),
    };
  });

  conforms('scale-absent', 'replicas that are not there are no Scale, until somebody sets them', async (s) => {
    const group = s.group;
    const count = { type: 'object', properties: { replicas: { type: 'integer' } } };
    const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
    const schema = { type: 'object', properties: { spec: count, status: count } };
    await install(s, crdOf({ group, kind: 'Lot', schema, version: { subresources: { status: {}, scale } } }));
    await s.post(s.at(`${group}/v1`, 'lots'), {
      apiVersion: `${group}/v1`,
      kind: 'Lot',
      metadata: { name: 'l' },
      spec: {},
    });
    const path = s.at(`${group}/v1`, 'lots', 'l', 'scale');
    return {
      get: await s.get(path),
      nothing: await s.merge(path, { metadata: { labels: { a: 'b' } } }),
      set: await s.merge(path, { spec: { replicas: 2 } }),
      read: await s.get(path),
    };
  });
};

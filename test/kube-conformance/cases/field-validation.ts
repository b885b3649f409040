import { at } from '../scene';
import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const MODES = ['Strict', 'Warn', 'Ignore'] as const;

/** fieldValidation and dry run. */
export const fieldValidationCases: Topic = (conforms) => {
  for (const mode of MODES) {
    conforms(
      `validate-widget-${mode.toLowerCase()}`,
      `unknown and duplicate fields of a custom resource with ${mode}`,
      async (s) => ({
        unknown: await s.post(
          `${s.at(WIDGETS, 'widgets')}?fieldValidation=${mode}`,
          widget('a', { nonsense: 1, nested: { more: 2 }, parts: [{ name: 'p', extra: 1 }] }),
        ),
        duplicate: await s.post(
          `${s.at(WIDGETS, 'widgets')}?fieldValidation=${mode}`,
          `{"apiVersion":"${WIDGETS}","kind":"Widget","metadata":{"name":"b"},"spec":{"size":1,"size":2}}`,
        ),
        metadata: await s.post(
          `${s.at(WIDGETS, 'widgets')}?fieldValidation=${mode}`,
          widget('c', {}, {}, { nonsense: 1 }),
        ),
        put: await s.put(
          `${s.at(WIDGETS, 'widgets', 'zz')}?fieldValidation=${mode}`,
          widget('zz', { nonsense: 1 }, {}, { resourceVersion: '1' }),
        ),
      }),
    );

    conforms(
      `validate-builtin-${mode.toLowerCase()}`,
      `unknown and duplicate fields of a builtin kind with ${mode}`,
      async (s) => ({
        unknown: await s.post(`${s.at('v1', 'pods')}?fieldValidation=${mode}`, {
          metadata: { name: 'a', nonsense: 1 },
          spec: { containers: [{ name: 'c', image: 'i', wrong: 1 }], what: {} },
        }),
        duplicate: await s.post(
          `${s.at('v1', 'configmaps')}?fieldValidation=${mode}`,
          '{"metadata":{"name":"b"},"data":{"a":"1","a":"2"}}',
        ),
        nothing: await s.post(`${s.at('v1', 'configmaps')}?fieldValidation=${mode}`, s.configMap('c', { nonsense: 1 })),
      }),
    );

    conforms(`validate-patch-${mode.toLowerCase()}`, `unknown fields in patches with ${mode}`, async (s) => {
      await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
      await s.post(s.at('v1', 'configmaps'), s.configMap('a'));
      return {
        merge: await s.merge(`${s.at(WIDGETS, 'widgets', 'w')}?fieldValidation=${mode}`, { spec: { nonsense: 1 } }),
        json: await s.json(`${s.at(WIDGETS, 'widgets', 'w')}?fieldValidation=${mode}`, [
          { op: 'add', path: '/spec/nonsense', value: 1 },
        ]),
        strategic: await s.strategic(`${s.at('v1', 'configmaps', 'a')}?fieldValidation=${mode}`, { nonsense: 1 }),
        apply: await s.apply(
          s.at(WIDGETS, 'widgets', 'v'),
          'm',
          widget('v', { nonsense: 1 }),
          `&fieldValidation=${mode}`,
        ),
      };
    });
  }

  conforms('validate-default', 'without the option the server warns', (s) =>
    s.post(s.at(WIDGETS, 'widgets'), widget('a', { nonsense: 1 })),
  );

  conforms('validate-unknown-mode', 'another mode is refused', (s) =>
    s.post(`${s.at('v1', 'configmaps')}?fieldValidation=Maybe`, s.configMap('a')),
  );

  conforms('dry-run', 'a dry run answers as if and writes nothing', async (s) => {
    const created = await s.post(`${s.at(WIDGETS, 'widgets')}?dryRun=All`, widget('w'));
    const missing = await s.get(s.at(WIDGETS, 'widgets', 'w'));
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    const path = s.at(WIDGETS, 'widgets', 'w');
    return {
      created,
      missing: missing.code,
      exists: await s.post(`${s.at(WIDGETS, 'widgets')}?dryRun=All`, widget('w')),
      patched: await s.merge(`${path}?dryRun=All`, { spec: { size: 9 } }),
      invalid: await s.merge(`${path}?dryRun=All`, { spec: { size: 90 } }),
      applied: await s.apply(path, 'm', widget('w', { label: 'abc' }), '&dryRun=All'),
      deleted: await s.delete(`${path}?dryRun=All`),
      deletedBody: await s.delete(path, { dryRun: ['All'] }),
      kept: await s.get(path),
    };
  });

  conforms('dry-run-apply-creates', 'a dry run of an apply that would create', async (s) => {
    const applied = await s.apply(
      s.at('v1', 'configmaps', 'a'),
      'm',
      s.configMap('a', { data: { k: 'v' } }),
      '&dryRun=All',
    );
    return { applied, missing: (await s.get(s.at('v1', 'configmaps', 'a'))).code };
  });

  conforms('dry-run-finalizer', 'a dry run of a deletion with finalizers', async (s) => {
    await s.post(s.at(WIDGETS, 'widgets'), widget('w', {}, {}, { finalizers: ['capstan.dev/x'] }));
    const deleted = await s.delete(`${s.at(WIDGETS, 'widgets', 'w')}?dryRun=All`);
    const kept = await s.get(s.at(WIDGETS, 'widgets', 'w'));
    await s.merge(s.at(WIDGETS, 'widgets', 'w'), { metadata: { finalizers: null } });
    return { deleted, kept: at(kept, 'metadata', 'deletionTimestamp') ?? 'not deleted' };
  });

  conforms('dry-run-invalid', 'another dry run is refused', (s) =>
    s.post(`${s.at('v1', 'configmaps')}?dryRun=Some`, s.configMap('a')),
  );
};

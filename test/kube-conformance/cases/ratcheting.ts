import type { Scene } from '../scene';
import type { Topic } from '../topic';
import { CRDS, crdOf, install } from '../widgets';

const text = { type: 'string' };

/** A kind whose integers have `rules`, at every place that matters. */
function schemaOf(rules: object, specRules: object) {
  const n = { type: 'integer', ...rules };
  const part = { type: 'object', required: ['name'], properties: { name: text, n } };
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        ...specRules,
        properties: {
          n,
          other: text,
          deep: { type: 'object', properties: { n } },
          list: { type: 'array', maxItems: 4, items: n },
          parts: {
            type: 'array',
            maxItems: 4,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: part,
          },
        },
      },
      status: { type: 'object', properties: { n, other: text } },
    },
  };
}

/** An object from before its kind had rules, all of which it breaks. */
async function outdated(s: Scene) {
  const version = { subresources: { status: {} } };
  await install(s, crdOf({ group: s.group, kind: 'Rat', schema: schemaOf({}, {}), version }));
  const path = s.at(`${s.group}/v1`, 'rats');
  const object = (name: string) => ({ apiVersion: `${s.group}/v1`, kind: 'Rat', metadata: { name } });
  const spec = { n: 1, list: [1], parts: [{ name: 'a', n: 1 }], deep: { n: 1 } };
  await s.post(path, { ...object('r'), spec });
  await s.merge(`${path}/r/status`, { status: { n: 1 } });
  const strict = schemaOf(
    { minimum: 3, 'x-kubernetes-validations': [{ rule: 'self > 5', message: 'too small' }] },
    {
      'x-kubernetes-validations': [
        { rule: '!has(self.n) || self.n > 3', message: 'whole' },
        { rule: '!has(self.n) || self.n > 4', message: 'at a field', fieldPath: '.n' },
      ],
    },
  );
  await s.json(`${CRDS}/rats.${s.group}`, [
    { op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: strict },
  ]);
  await s.until(
    () => s.post(`${path}?dryRun=All`, { ...object('probe'), spec }),
    (answer) => answer.code === 422,
  );
  const change = async (patch: object, subresource = '') => {
    const answer = await s.merge(`${path}/r${subresource}`, patch);
    const { message = 'none', details } = answer.body as { message?: string; details?: { causes?: unknown } };
    return { code: answer.code, message, causes: details?.causes ?? 'none', warnings: answer.warnings ?? [] };
  };
  return { change, create: () => s.post(path, { ...object('new'), spec }) };
}

/** What an update does not touch is not held against it, but warned of. */
export const ratchetingCases: Topic = (conforms) => {
  conforms('ratchet-untouched', 'an update of something else warns of every broken rule', async (s) => {
    const { change } = await outdated(s);
    return change({ metadata: { labels: { a: 'b' } } });
  });

  conforms('ratchet-beside', 'a change beside a broken field touches what is above both', async (s) => {
    const { change } = await outdated(s);
    return { other: await change({ spec: { other: 'x' } }), deep: await change({ spec: { deep: { n: 2 } } }) };
  });

  conforms('ratchet-items', 'items of map lists are matched by key, those of other lists not at all', async (s) => {
    const { change } = await outdated(s);
    return {
      added: await change({
        spec: {
          n: 9,
          parts: [
            { name: 'a', n: 1 },
            { name: 'b', n: 1 },
          ],
        },
      }),
      addedFine: await change({
        spec: {
          n: 9,
          parts: [
            { name: 'a', n: 1 },
            { name: 'b', n: 9 },
          ],
        },
      }),
      list: await change({ spec: { n: 9, list: [1, 9] } }),
    };
  });

  conforms('ratchet-status', 'the status endpoint asks rules of everything, the schema of the status', async (s) => {
    const { change } = await outdated(s);
    return {
      other: await change({ status: { other: 'x' } }, '/status'),
      touched: await change({ status: { n: 2 } }, '/status'),
      spec: await change({ spec: { n: 2 }, status: { other: 'y' } }, '/status'),
    };
  });

  conforms('ratchet-create', 'nothing is let through in a new object', async (s) => (await outdated(s)).create());
};

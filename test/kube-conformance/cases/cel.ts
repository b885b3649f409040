import type { Fields, Scene } from '../scene';
import type { Topic } from '../topic';
import { crdOf, install } from '../widgets';

const text = { type: 'string', maxLength: 64 };
const integer = { type: 'integer' };

/** Installs a kind whose spec has these properties and rules; returns how to create and change an `a` of it. */
async function ruled(s: Scene, properties: Fields, rules: readonly Fields[] = [], top: readonly Fields[] = []) {
  const spec = { type: 'object', properties, ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }) };
  const schema = {
    type: 'object',
    properties: { spec, status: { type: 'object', properties: { n: integer } } },
    ...(top.length === 0 ? {} : { 'x-kubernetes-validations': top }),
  };
  const installed = await install(
    s,
    crdOf({ group: s.group, kind: 'Ruled', schema, version: { subresources: { status: {} } } }),
  );
  if (installed.code !== 201) throw new Error(JSON.stringify(installed));
  const path = s.at(`${s.group}/v1`, 'ruleds');
  return {
    path: `${path}/a`,
    create: (fields: Fields, name = 'a') =>
      s.post(path, { apiVersion: `${s.group}/v1`, kind: 'Ruled', metadata: { name }, spec: fields }),
    change: (fields: Fields) => s.merge(`${path}/a`, { spec: fields }),
  };
}

/** Rules in the Common Expression Language: validation, transitions, messages and functions. */
export const celCases: Topic = (conforms) => {
  conforms('cel-field', 'a rule of a field', async (s) => {
    const kind = await ruled(s, {
      n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self % 2 == 1', message: 'must be odd' }] },
    });
    return { even: await kind.create({ n: 4 }), odd: (await kind.create({ n: 3 })).code };
  });

  conforms('cel-no-message', 'a rule without message is its own message', async (s) => {
    const kind = await ruled(s, { n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self > 2' }] } });
    return kind.create({ n: 1 });
  });

  conforms('cel-cross-field', 'a rule over two fields, with path and reason', async (s) => {
    const kind = await ruled(s, { min: integer, max: integer }, [
      {
        rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
        message: 'min above max',
        fieldPath: '.max',
        reason: 'FieldValueForbidden',
      },
    ]);
    return { wrong: await kind.create({ min: 3, max: 2 }), absent: (await kind.create({ min: 3 })).code };
  });

  conforms('cel-expression', 'a message made by an expression', async (s) => {
    const kind = await ruled(s, { name: text }, [
      { rule: "self.name != 'x'", messageExpression: '"got " + self.name' },
    ]);
    return kind.create({ name: 'x' });
  });

  conforms('cel-transition', 'a transition rule holds at changes alone', async (s) => {
    const kind = await ruled(s, {
      n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'must not shrink' }] },
      name: { ...text, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }] },
    });
    return {
      created: (await kind.create({ n: 3, name: 'x' })).code,
      grown: (await kind.change({ n: 4 })).code,
      shrunk: await kind.change({ n: 2 }),
      renamed: await kind.change({ name: 'y' }),
      removed: (await kind.change({ name: null })).code,
      set: (await kind.change({ name: 'z' })).code,
      applied: await s.apply(
        kind.path,
        'm',
        { apiVersion: `${s.group}/v1`, kind: 'Ruled', metadata: { name: 'a' }, spec: { n: 1 } },
        '&force=true',
      ),
    };
  });

  conforms('cel-set-once', 'a rule of the parent forbids to set, change and remove', async (s) => {
    const kind = await ruled(s, { host: text, port: integer }, [
      {
        rule: 'has(self.host) == has(oldSelf.host) && (!has(self.host) || self.host == oldSelf.host)',
        message: 'host is immutable',
      },
    ]);
    await kind.create({ host: 'a' });
    return {
      same: (await kind.change({ port: 1 })).code,
      removed: await kind.change({ host: null }),
      changed: await kind.change({ host: 'b' }),
    };
  });

  conforms('cel-optional-old', 'a rule with an optional old value runs at creation too', async (s) => {
    const rule = { rule: '!oldSelf.hasValue() || self == oldSelf.value()', optionalOldSelf: true, message: 'once' };
    const kind = await ruled(s, { name: { ...text, 'x-kubernetes-validations': [rule] } });
    return { created: (await kind.create({ name: 'a' })).code, changed: await kind.change({ name: 'b' }) };
  });

  conforms('cel-lists', 'rules of items, and transitions by key', async (s) => {
    const items = {
      type: 'object',
      required: ['name'],
      properties: {
        name: text,
        size: { ...integer, 'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'must not shrink' }] },
      },
    };
    const kind = await ruled(s, {
      disks: {
        type: 'array',
        maxItems: 5,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items,
        'x-kubernetes-validations': [{ rule: "self.exists(d, d.name == 'root')", message: 'needs a root' }],
      },
    });
    return {
      noRoot: await kind.create({ disks: [{ name: 'x' }] }),
      fine: (
        await kind.create({
          disks: [
            { name: 'root', size: 5 },
            { name: 'x', size: 5 },
          ],
        })
      ).code,
      reordered: (
        await kind.change({
          disks: [
            { name: 'x', size: 6 },
            { name: 'root', size: 5 },
          ],
        })
      ).code,
      shrunk: await kind.change({
        disks: [
          { name: 'x', size: 6 },
          { name: 'root', size: 4 },
        ],
      }),
    };
  });

  conforms(
    'cel-functions',
    'functions: strings, lists, regular expressions, quantities, addresses, durations',
    async (s) => {
      const rules: Record<string, string> = {
        matches: "self.matches('^[a-z]+$')",
        lower: 'self.lowerAscii() == self',
        parts: "self.split('-').size() < 3",
        ends: "self.endsWith('z') || self.startsWith('a')",
        number: "!self.contains('9') || int(self.replace('a', '')) > 5",
        cidr: "!self.contains('/') || isCIDR(self)",
        ip: 'self.size() < 60',
        quantity: "!self.contains('Gi') || quantity(self).isGreaterThan(quantity('1Gi'))",
        ternary: "self == 'q' ? false : true",
        inList: "!(self in ['bad', 'worse'])",
      };
      const kind = await ruled(
        s,
        Object.fromEntries(
          Object.entries(rules).map(([name, rule]) => [
            name,
            { ...text, 'x-kubernetes-validations': [{ rule, message: `broken: ${name}` }] },
          ]),
        ),
      );
      return {
        fine: (
          await kind.create({
            matches: 'abc',
            lower: 'x',
            parts: 'a-b',
            ends: 'az',
            number: 'a96',
            cidr: '10.0.0.0/8',
            quantity: '2Gi',
            ternary: 'r',
            inList: 'good',
          })
        ).code,
        wrong: await kind.create(
          {
            matches: 'A',
            lower: 'X',
            parts: 'a-b-c',
            ends: 'q',
            number: '-9',
            cidr: '10.0.0/8',
            quantity: '1Gi',
            ternary: 'q',
            inList: 'bad',
          },
          'b',
        ),
      };
    },
  );

  conforms('cel-maps', 'rules over maps and keys', async (s) => {
    const kind = await ruled(s, { labels: { type: 'object', maxProperties: 5, additionalProperties: text } }, [
      {
        rule: "!has(self.labels) || self.labels.all(k, k.startsWith('x-') && self.labels[k] != '')",
        message: 'keys start with x-',
      },
    ]);
    return {
      wrong: await kind.create({ labels: { a: 'b' } }),
      empty: await kind.create({ labels: { 'x-a': '' } }),
      fine: (await kind.create({ labels: { 'x-a': 'b' } })).code,
    };
  });

  conforms('cel-status', 'rules of the whole object hold for status writes too', async (s) => {
    const kind = await ruled(
      s,
      { n: integer },
      [],
      [
        {
          rule: '!has(self.status) || !has(self.status.n) || self.status.n <= self.spec.n',
          message: 'status above spec',
        },
      ],
    );
    await kind.create({ n: 2 });
    return {
      fine: (await s.merge(`${kind.path}/status`, { status: { n: 2 } })).code,
      wrong: await s.merge(`${kind.path}/status`, { status: { n: 3 } }),
    };
  });

  conforms('cel-with-schema', 'rules are asked when the schema holds', async (s) => {
    const kind = await ruled(s, {
      n: { ...integer, minimum: 1, 'x-kubernetes-validations': [{ rule: 'self > 5', message: 'too small' }] },
      m: { ...integer, maximum: 3 },
    });
    return {
      both: await kind.create({ n: 0, m: 9 }),
      type: await kind.create({ n: 'x' }),
      rule: await kind.create({ n: 2, m: 9 }),
    };
  });

  conforms('cel-error', 'a rule that fails to evaluate refuses', async (s) => {
    const kind = await ruled(s, { list: { type: 'array', maxItems: 3, items: integer } }, [
      { rule: 'self.list[1] > 0' },
    ]);
    return { short: await kind.create({ list: [1] }), absent: await kind.create({}) };
  });

  conforms('cel-ratcheting', 'an unchanged field that breaks a newer rule passes', async (s) => {
    const kind = await ruled(s, { n: integer, other: text });
    await kind.create({ n: 1 });
    const name = `ruleds.${s.group}`;
    await s.json(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, [
      {
        op: 'add',
        path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/n/x-kubernetes-validations',
        value: [{ rule: 'self > 5', message: 'too small' }],
      },
    ]);
    await s.until(
      () =>
        s.post(`${s.at(`${s.group}/v1`, 'ruleds')}?dryRun=All`, {
          apiVersion: `${s.group}/v1`,
          kind: 'Ruled',
          metadata: { name: 'probe' },
          spec: { n: 1 },
        }),
      (answer) => answer.code === 422,
    );
    return { untouched: await kind.change({ other: 'x' }), touched: await kind.change({ n: 2 }) };
  });
};

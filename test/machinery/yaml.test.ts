import * as fc from 'fast-check';
import { parse as parse12 } from 'yaml';
import { readYaml, readYamlDocuments, writeYaml, writeYamlDocuments, YamlError } from '../../machinery/yaml';

test('words are read as Kubernetes reads them, and dates and times stay text', () => {
  const read = readYaml(
    'a: yes\nb: off\nc: 0777\nd: 2001-01-01\ne: 12:30:45\nf: "yes"\ng: ~\nh: 1_000\ni: 1.5e3\nj: 12:30:45.5',
  );

  expect(read).toEqual({
    a: true,
    b: false,
    c: 511,
    d: '2001-01-01',
    e: '12:30:45',
    f: 'yes',
    g: null,
    h: 1000,
    i: 1500,
    j: '12:30:45.5',
  });
});

test('merge keys are merged, and what was shared by an alias can be changed on its own', () => {
  const read = readYaml('a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}');

  expect(read).toEqual({ a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 } });
  const { a, c } = read as { a: object; c: object };
  expect(a).not.toBe(c);
});

test('empty documents are left out and several documents are read in order', () => {
  expect(readYamlDocuments('---\n---\na: 1\n---\n# nothing\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
});

test('an alias bomb is refused before it is written out', () => {
  const levels = Array.from({ length: 30 }, (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`);

  expect(() => readYaml(`l0: &l0 [x, x]\n${levels.join('\n')}`)).toThrow(/aliases expand to more than/);
});

test('too many bytes, too deep nesting, unknown tags and infinite numbers are refused', () => {
  expect(() => readYaml('a: 1', { maxBytes: 3 })).toThrow('4 bytes are more than the 3 allowed');
  expect(() => readYaml('['.repeat(200))).toThrow(YamlError);
  expect(() => readYaml('a: !!js/function "x"')).toThrow(YamlError);
  expect(() => readYaml('a: !!binary aGk=')).toThrow(YamlError);
  expect(() => readYaml('a: .inf')).toThrow('.inf and .nan');
});

test('a mistake is reported with its line and never with the text around it', () => {
  expect.assertions(3);
  try {
    readYaml('password: hunter2\nb: [1, 2\nc: 3', { file: 'manifests/a.yaml' });
  } catch (error) {
    expect(error).toBeInstanceOf(YamlError);
    expect(String(error)).toMatch(/manifests\/a\.yaml: .* at line 3/);
    expect(String(error)).not.toContain('hunter2');
  }
});

test('duplicate keys are refused', () => {
  expect(() => readYaml('a: 1\na: 2')).toThrow(YamlError);
});

test('sorted output is the same for every order of keys', () => {
  expect(writeYaml({ b: 1, a: { d: 1, c: 2 } }, { sorted: true })).toBe(
    writeYaml({ a: { c: 2, d: 1 }, b: 1 }, { sorted: true }),
  );
});

test('documents are separated by a line of three dashes', () => {
  expect(writeYamlDocuments([{ a: 1 }, { b: 2 }])).toBe('a: 1\n---\nb: 2\n');
});

const lookAlike = fc.constantFrom(
  'yes',
  'on',
  '0777',
  '1_000',
  '12:30:45',
  '1e3',
  'e5',
  '2001-01-01',
  '~',
  '<<',
  '=',
  '0x1f',
  '',
);

test('what is written is read back the same by YAML 1.1 and 1.2 parsers', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      lookAlike,
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    map: fc.dictionary(
      fc.oneof(lookAlike, fc.string()).filter((key) => key !== '__proto__'),
      tie('tree'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  }));
  void fc.assert(
    fc.property(tree, fc.boolean(), (value, sorted) => {
      const text = writeYaml(value, { sorted });
      expect(readYaml(text) ?? null).toEqual(value);
      expect(parse12(text)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

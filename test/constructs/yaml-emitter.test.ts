import fc from 'fast-check';
import { CORE_SCHEMA, load, YAML11_SCHEMA } from 'js-yaml';
import { parse } from 'yaml';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';

const LOOKALIKES = [
  'yes',
  'on',
  'NO',
  'y',
  'n',
  'true',
  'null',
  '~',
  '',
  '0777',
  '1_000',
  '12:30:45',
  '1e3',
  'e5',
  'E5',
  '.5',
  '0x1F',
  '0o17',
  '2001-01-01',
  '2001-01-01T00:00:00Z',
  '<<',
  '=',
  '.inf',
  '.NaN',
  '-',
  '--- a',
  '... b',
  '# c',
  'a: b',
  'a #b',
  '- x',
  '? y',
  '! z',
  '&a',
  '*a',
  '%d',
  '@e',
  '`f',
  '{}',
  '[]',
  'v1.34.2',
  '192.168.0.0/16',
  "it's",
  '"quoted"',
  'a\tb',
  'a\n',
  '\na',
  ' lead',
  'trail ',
  'line\nline',
  'line\n\nline\n',
  'line \nline',
  '\u0085',
  '\u2028',
  '\ufeff',
  'ünïcödé',
  '🚀',
  '\u0000',
  "cloudstack:///'{{ ds.meta_data.instance_id }}'",
  '{{ local_hostname }}',
  'swapoff -a',
  'yes no',
  'null x',
]; // prettier-ignore

const text = fc.oneof(fc.constantFrom(...LOOKALIKES), fc.string(), fc.string({ unit: 'binary' }));
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, text, number, fc.boolean(), fc.constant(null), tie('list'), tie('map')),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  map: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    tie('tree'),
    { maxKeys: 4, noNullPrototype: true },
  ),
}));

const readers: readonly (readonly [string, (yaml: string) => unknown])[] = [
  ['js-yaml 1.2', (yaml) => load(yaml, { schema: CORE_SCHEMA })],
  ['js-yaml 1.1', (yaml) => load(yaml, { schema: YAML11_SCHEMA })],
  ['yaml 1.2', (yaml) => parse(yaml, { version: '1.2', maxAliasCount: 0 })],
  ['yaml 1.1', (yaml) => parse(yaml, { version: '1.1', maxAliasCount: 0 })],
];

test.each(readers)('%s reads back what was written', (_name, read) => {
  fc.assert(
    fc.property(tree, (value) => {
      expect(read(emitYaml({ value }))).toEqual({ value });
    }),
    { numRuns: 1500 },
  );
});

test.each(LOOKALIKES.map((word) => [word]))('%j stays text as a value and as a key', (word) => {
  for (const [, read] of readers)
    expect(read(emitYaml({ [word]: word, list: [word] }))).toEqual({ [word]: word, list: [word] });
});

test('commands on several lines are written as a block', () => {
  expect(emitYaml({ run: '#!/bin/sh\nset -e\n' })).toBe('run: |\n  #!/bin/sh\n  set -e\n');
});

test('a number that JSON cannot hold is refused', () => {
  expect(() => emitYaml({ value: Number.NaN })).toThrow('cannot be written');
});

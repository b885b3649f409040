import { type Accepted, compare, readAccepted } from './compare';
import type { Fact } from './facts';

const fact = (value: string, field = 'sequence of Ready'): Fact => ({ object: 'Machine/m', field, value });
const accepted = (upstream: string, ours: string): Accepted => ({
  scenario: 's',
  object: 'Machine/m',
  field: 'sequence of Ready',
  upstream,
  ours,
  reason: 'because',
});
const NONE = new Set<string>();

test('a difference that is not listed is found, and a value that is missing or new is one', () => {
  expect(compare([fact('a')], [fact('b')], [], NONE).differences).toMatchObject([{ upstream: 'a', ours: 'b' }]);
  expect(compare([fact('a')], [], [], NONE).differences).toMatchObject([{ upstream: 'a', ours: '(absent)' }]);
  expect(compare([], [fact('b')], [], NONE).differences).toMatchObject([{ upstream: '(absent)', ours: 'b' }]);
});

test('an entry accepts its two values and no others, and counts as used only then', () => {
  const entry = accepted('a', 'b');

  const met = compare([fact('a')], [fact('b')], [entry], NONE);
  const other = compare([fact('a')], [fact('c')], [entry], NONE);

  expect([met.differences, [...met.used]]).toEqual([[], [entry]]);
  expect(other.differences).toHaveLength(1);
  expect(other.used.size).toBe(0);
});

test('a sequence may leave out what lies between, but not its end, and nothing else may', () => {
  const sequence = fact('a > b > c');

  expect(compare([sequence], [fact('a > c')], [], NONE).differences).toEqual([]);
  expect(compare([sequence], [fact('a > b')], [], NONE).differences).toHaveLength(1);
  expect(compare([fact('a > b > c', 'order')], [fact('a > c', 'order')], [], NONE).differences).toHaveLength(1);
});

test('facts of equal objects are compared as a bag', () => {
  expect(compare([fact('a'), fact('b')], [fact('b'), fact('a')], [], NONE).differences).toEqual([]);
  expect(compare([fact('a'), fact('a')], [fact('a'), fact('b')], [], NONE).differences).toHaveLength(1);
});

test('no entry of the list says the same as another one', () => {
  const keys = readAccepted().map(({ reason: _reason, ...entry }) => JSON.stringify(entry));

  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

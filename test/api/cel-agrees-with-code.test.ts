import * as fc from 'fast-check';
import * as z from 'zod';
import { allKinds } from '../../api/crds';
import { fieldFacts, type Rule, type Structural, structuralOf } from '../../api/schema';
import { compileCel } from '../../sandbox/kube/schema/cel';
import { celValue } from '../../sandbox/kube/schema/cel-values';
import { SchemaCompiler } from '../../sandbox/kube/schema/node';
import { arbitraryOf } from './arbitrary-objects';

interface Found {
  readonly rule: Rule<never>;
  readonly structural: Structural;
}

/** Every rule of every kind once, with the schema of the values it speaks about. */
function rulesIn(schema: z.core.$ZodType, found: Map<string, Found>): Map<string, Found> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return rulesIn(schema.unwrap(), found);
  }
  for (const rule of fieldFacts.get(schema)?.rules ?? [])
    found.set(rule.cel, { rule, structural: structuralOf(schema) });
  if (schema instanceof z.ZodObject) for (const field of Object.values(schema.shape)) rulesIn(field, found);
  if (schema instanceof z.ZodArray) rulesIn(schema.element, found);
  if (schema instanceof z.ZodRecord) rulesIn(schema.valueType, found);
  return found;
}

const rules = allKinds.reduce((found, kind) => rulesIn(kind.definition.spec, found), new Map<string, Found>());

test('there are rules to compare', () => {
  expect(rules.size).toBeGreaterThan(25);
});

test.each([...rules])('%s', async (cel, { rule, structural }) => {
  const program = compileCel(cel);
  const node = new SchemaCompiler().compile(structural);
  const values = arbitraryOf(structural);
  // Often the same, or nearly: independent values would hardly ever agree in anything.
  const pairs = fc.oneof(
    fc.tuple(values, values),
    values.map((value): [unknown, unknown] => [value, value]),
  );

  await fc.assert(
    fc.property(pairs, ([value, old]) => {
      const byCel = program.run({ self: celValue(value, node), oldSelf: celValue(old, node) });

      expect(rule.holds(value as never, old as never)).toBe(byCel);
    }),
    { numRuns: 150 },
  );
});

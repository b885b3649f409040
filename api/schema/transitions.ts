/** Rules that compare a value with the stored one, evaluated the way the API server evaluates them. */
import * as z from 'zod';
import { isJsonObject } from '../../machinery/json';
import { fieldFacts, type Rule } from './facts';
import { type Problem, pathText } from './problems';

/**
 * Problems of a change. Entries of lists are compared when the list has keys, by them; other lists are not looked
 * into. Both values must fit the schema.
 */
export function transitionProblems(
  schema: z.core.$ZodType,
  value: unknown,
  old: unknown,
  path: readonly PropertyKey[] = [],
): Problem[] {
  if (value === undefined || old === undefined) return [];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return transitionProblems(schema.unwrap(), value, old, path);
  }
  const facts = fieldFacts.get(schema);
  const own = (facts?.rules ?? []).flatMap((rule) => problemOf(rule, value, old, path));
  if (schema instanceof z.ZodObject && isJsonObject(value) && isJsonObject(old)) {
    const below = Object.entries(schema.shape).flatMap(([name, field]) =>
      transitionProblems(field, value[name], old[name], [...path, name]),
    );
    return [...own, ...below];
  }
  const keys = facts?.structural['x-kubernetes-list-map-keys'];
  if (schema instanceof z.ZodArray && Array.isArray(value) && Array.isArray(old) && Array.isArray(keys)) {
    const identity = (item: unknown) => JSON.stringify(keys.map((key) => (isJsonObject(item) ? item[key] : undefined)));
    const before = new Map(old.map((item: unknown) => [identity(item), item]));
    const below = value.flatMap((item: unknown, index) =>
      transitionProblems(schema.element, item, before.get(identity(item)), [...path, index]),
    );
    return [...own, ...below];
  }
  return own;
}

function problemOf(rule: Rule<never>, value: unknown, old: unknown, path: readonly PropertyKey[]): Problem[] {
  if (rule.transition !== true || holds(rule, value, old)) return [];
  const at = [...path, ...(rule.field?.split('.') ?? [])];
  return [
    {
      path: pathText(at),
      value: undefined,
      message: rule.message,
      fix: 'write what was there before',
      reason: rule.reason ?? 'FieldValueInvalid',
    },
  ];
}

/** A rule is filed with the schema its values were checked against, which the compiler cannot know here. */
function holds(rule: Rule<never>, value: unknown, old: unknown): boolean {
  return rule.holds(value as never, old as never);
}

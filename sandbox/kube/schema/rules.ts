import { messageOf } from '../../../machinery/errors';
import { equalJson, isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { FieldError, FieldReason } from '../rest/field-error';
import { type CelProgram, compileCel } from './cel';
import { celValue } from './cel-values';
import { fieldNode, type SchemaNode, type ValidationRule } from './node';
import { correlated } from './validate-value';

/**
 * Faults found by the CEL rules (`x-kubernetes-validations`) of a schema.
 * @param warnings takes what rules say against parts that an update did not touch (validation ratcheting)
 */
export function ruleFaults(
  object: KubeObject,
  old: KubeObject | undefined,
  schema: SchemaNode,
  warnings: string[] = [],
): FieldError[] {
  const found: Found = { errors: [], warnings };
  if (hasRules(schema)) visit({ value: object, old, isUntouched: false }, schema, '', found);
  return found.errors;
}

interface Found {
  readonly errors: FieldError[];
  readonly warnings: string[];
}

/** A part of an object and what it was before. */
interface Part {
  readonly value: unknown;
  /** Undefined: there was none, or none that can be told to be the same part. */
  readonly old: unknown;
  /** Whether the nearest part above that can be told to be the same is equal. */
  readonly isUntouched: boolean;
}

const known = new WeakMap<SchemaNode, boolean>();

/** Whether a node or anything below it has rules. */
export function hasRules(node: SchemaNode): boolean {
  if (node.isGoType) return false;
  let answer = known.get(node);
  if (answer === undefined) {
    known.set(node, false);
    answer =
      node.rules.length > 0 ||
      (node.items !== undefined && hasRules(node.items)) ||
      (node.additionalProperties !== undefined && hasRules(node.additionalProperties)) ||
      [...node.properties.values()].some(hasRules);
    known.set(node, answer);
  }
  return answer;
}

function visit(part: Part, node: SchemaNode, at: string, found: Found): void {
  const { value, old } = part;
  if (value === undefined || value === null) return;
  const isUntouched = old === undefined ? part.isUntouched : equalJson(value, old);
  for (const rule of node.rules) check(rule, { value, old, isUntouched }, node, at, found);
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined || !hasRules(items)) return;
    for (const [index, item] of value.entries()) {
      visit({ value: item, old: correlated(item, index, node, old), isUntouched }, items, `${at}[${index}]`, found);
    }
  } else if (isJsonObject(value)) {
    const before = isJsonObject(old) ? old : {};
    for (const [name, item] of Object.entries(value)) {
      const field = fieldNode(node, name);
      if (field === undefined || !hasRules(field)) continue;
      const below = node.properties.has(name) ? `${at}.${name}` : `${at}[${name}]`;
      visit({ value: item, old: before[name], isUntouched }, field, at === '' ? name : below, found);
    }
  }
}

function check(rule: ValidationRule, part: Part, node: SchemaNode, at: string, found: Found): void {
  const { value, old } = part;
  const program = compileCel(rule.rule);
  const isTransition = program.usesOldSelf;
  // A transition rule has nothing to say about something new, unless it says that it does.
  if (isTransition && old === undefined && rule.optionalOldSelf !== true) return;
  const verdict = evaluate(program, value, old, node, rule);
  if (verdict === true) return;
  const field = `${at}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>';
  const error = fault(rule, field, value, verdict === false ? message(rule, value, old, node) : verdict);
  // What did not change is not held against an update; a rule that cannot be evaluated always is.
  const isForgiven = verdict === false && !isTransition && part.isUntouched;
  if (isForgiven) found.warnings.push(`${error.field}: ${error.message}`);
  else found.errors.push(error);
}

function evaluate(
  program: CelProgram,
  value: unknown,
  old: unknown,
  node: SchemaNode,
  rule: ValidationRule,
): boolean | string {
  try {
    return program.run({ self: celValue(value, node), oldSelf: oldValue(old, node, rule) }) === true;
  } catch (error) {
    return `${celFailure(messageOf(error))} evaluating rule: ${rule.message ?? rule.rule}`;
  }
}

/** The evaluator's complaint, without its drawing, in the words of the real one. */
function celFailure(message: string): string {
  const [first = ''] = message.split('\n');
  const index = /index out of bounds, index (\d+)/.exec(first)?.[1];
  return index === undefined ? first.replace(/^No such key/, 'no such key') : `index out of bounds: ${index}`;
}

const oldValue = (old: unknown, node: SchemaNode, rule: ValidationRule): unknown => {
  if (rule.optionalOldSelf === true)
    return { optional: true, value: old === undefined ? undefined : celValue(old, node) };
  return old === undefined ? undefined : celValue(old, node);
};

function message(rule: ValidationRule, value: unknown, old: unknown, node: SchemaNode): string {
  if (rule.messageExpression !== undefined) {
    try {
      const text = compileCel(rule.messageExpression).run({
        self: celValue(value, node),
        oldSelf: oldValue(old, node, rule),
      });
      if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text;
    } catch {
      // The plain message stands in, as in the real server.
    }
  }
  return rule.message ?? `failed rule: ${rule.rule.trim()}`;
}

/** Rules are reported with the type of the value, not the value. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const REASONS: readonly FieldReason[] = [
  'FieldValueInvalid',
  'FieldValueForbidden',
  'FieldValueRequired',
  'FieldValueDuplicate',
];

function fault(rule: ValidationRule, field: string, value: unknown, detail: string): FieldError {
  const reason = REASONS.find((known) => known === rule.reason) ?? 'FieldValueInvalid';
  const shown = typeOf(value);
  switch (reason) {
    case 'FieldValueForbidden':
      return { reason, field, message: `Forbidden: ${detail}` };
    case 'FieldValueRequired':
      return { reason, field, message: `Required value: ${detail}` };
    case 'FieldValueDuplicate':
      return { reason, field, message: `Duplicate value: ${JSON.stringify(shown)}` };
    default:
      return { reason, field, message: `Invalid value: ${JSON.stringify(shown)}: ${detail}` };
  }
}

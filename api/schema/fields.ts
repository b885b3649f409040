/**
 * The words fields are declared with. Each returns a zod schema (type, validation) and files the facts that only a
 * CRD can say (formats, list types, map keys, CEL rules) under the same schema, so that a field is declared once.
 */
import * as z from 'zod';
import { isJsonObject } from '../../machinery/json';
import { type FieldFacts, fieldFacts, type Rule } from './facts';

/** Files facts about a schema and hands it back. */
function described<S extends z.ZodType>(schema: S, facts: FieldFacts): S {
  fieldFacts.add(schema, facts);
  return schema;
}

export interface TextLimits {
  /** Characters. */
  readonly min?: number;
  /** Characters. */
  readonly max?: number;
  /** A regular expression that means the same in JavaScript and in RE2. */
  readonly pattern?: string;
  readonly rules?: readonly Rule<string>[];
}

export function text(about: string, limits: TextLimits = {}): z.ZodString {
  const checks = lengthChecks(limits);
  if (limits.pattern !== undefined) checks.push(z.regex(new RegExp(limits.pattern)));
  return described(withRules(checked(z.string(), checks), limits.rules), {
    about,
    rules: limits.rules,
    structural: {
      type: 'string',
      ...(limits.min === undefined ? {} : { minLength: limits.min }),
      ...(limits.max === undefined ? {} : { maxLength: limits.max }),
      ...(limits.pattern === undefined ? {} : { pattern: limits.pattern }),
    },
  });
}

type TextCheck = z.core.$ZodCheck<string>;

function lengthChecks({ min, max }: { readonly min?: number; readonly max?: number }): TextCheck[] {
  return [...(min === undefined ? [] : [z.minLength(min)]), ...(max === undefined ? [] : [z.maxLength(max)])];
}

/** All checks in one step: each step makes a whole new schema, and there are a thousand fields to make at start. */
function checked(schema: z.ZodString, checks: readonly TextCheck[]): z.ZodString {
  return checks.length === 0 ? schema : schema.check(...checks);
}

/** One of a few words. */
export function oneOf<const V extends readonly [string, ...string[]]>(about: string, values: V) {
  return described(z.enum(values), { about, structural: { type: 'string', enum: [...values] } });
}

export function flag(about: string): z.ZodBoolean {
  return described(z.boolean(), { about, structural: { type: 'boolean' } });
}

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
}

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

export function int32(about: string, limits: NumberLimits = {}): z.ZodInt {
  return integer(about, 'int32', limits, INT32);
}

/** A 64-bit integer; beyond 2⁵³ JSON numbers lose digits, so those are refused. */
export function int64(about: string, limits: NumberLimits = {}): z.ZodInt {
  return integer(about, 'int64', limits, { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
}

function integer(about: string, format: string, limits: NumberLimits, range: { min: number; max: number }): z.ZodInt {
  const schema = z.int().check(z.gte(limits.min ?? range.min), z.lte(limits.max ?? range.max));
  return described(schema, {
    about,
    structural: {
      type: 'integer',
      format,
      ...(limits.min === undefined ? {} : { minimum: limits.min }),
      ...(limits.max === undefined ? {} : { maximum: limits.max }),
    },
  });
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** An instant in RFC 3339. */
export function time(about: string): z.ZodString {
  const schema = z.string().regex(RFC3339, { error: 'is not a time in RFC 3339, such as 2026-01-31T12:00:00Z' });
  return described(schema, { about, structural: { type: 'string', format: 'date-time' } });
}

/** Bytes in base64. */
export function bytes(about: string, limits: { min?: number; max?: number } = {}): z.ZodString {
  const base64 = z.regex(/^[A-Za-z0-9+/\r\n]*={0,2}$/, { error: 'is not base64' });
  const schema = checked(z.string(), [base64, ...lengthChecks(limits)]);
  return described(schema, {
    about,
    structural: {
      type: 'string',
      format: 'byte',
      ...(limits.min === undefined ? {} : { minLength: limits.min }),
      ...(limits.max === undefined ? {} : { maxLength: limits.max }),
    },
  });
}

/** A count, or a percentage such as `40%`. */
export function intOrPercent(about: string) {
  return described(z.union([z.int(), z.string()]), { about, structural: intOrString() });
}

const QUANTITY =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

/** An amount with an SI suffix, such as `500m` or `4Gi`. */
export function quantity(about: string) {
  return described(z.union([z.int(), z.string().regex(new RegExp(QUANTITY))]), {
    about,
    structural: { ...intOrString(), pattern: QUANTITY },
  });
}

function intOrString() {
  return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
}

/** Any JSON; the API server keeps what is in it. */
export function anyJson(about: string): z.ZodType<unknown> {
  const schema = z.unknown().refine((value) => value !== undefined, { error: 'is required' });
  return described(schema, { about, structural: { 'x-kubernetes-preserve-unknown-fields': true } });
}

export interface ObjectOptions<T> {
  /** At least so many fields must be set; 1 refuses `{}`. */
  readonly minProperties?: number;
  /** Server-side apply replaces it as a whole. */
  readonly atomic?: boolean;
  readonly rules?: readonly Rule<T>[];
}

export function object<S extends z.ZodRawShape>(
  about: string,
  shape: S,
  options: ObjectOptions<z.infer<z.ZodObject<S, z.core.$strict>>> = {},
): z.ZodObject<S, z.core.$strict> {
  const { minProperties } = options;
  let schema = z.strictObject(shape);
  if (minProperties !== undefined) {
    schema = schema.refine(
      (value) => Object.values(value).filter((field) => field !== undefined).length >= minProperties,
      {
        error: `must have at least ${minProperties} field${minProperties === 1 ? '' : 's'}`,
      },
    );
  }
  return described(withRules(schema, options.rules), {
    about,
    rules: options.rules as readonly Rule<never>[] | undefined,
    structural: {
      type: 'object',
      ...(minProperties === undefined ? {} : { minProperties }),
      ...(options.atomic === true ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    },
  });
}

export interface ListOptions<T> {
  readonly min?: number;
  readonly max?: number;
  /** Fields that identify an entry; server-side apply then merges entries instead of replacing the list. */
  readonly keys?: readonly string[];
  /**
   * `atomic` lists have one owner. `unset` leaves the list type out (the same to the API server, but visible).
   * @default 'map' with keys, else 'atomic'
   */
  readonly type?: 'atomic' | 'set' | 'unset';
  readonly rules?: readonly Rule<T[]>[];
}

export function list<I extends z.ZodType>(
  about: string,
  item: I,
  options: ListOptions<z.infer<I>> = {},
): z.ZodArray<I> {
  const { keys } = options;
  let schema = z.array(item);
  if (options.min !== undefined) schema = schema.min(options.min);
  if (options.max !== undefined) schema = schema.max(options.max);
  if (keys !== undefined || options.type === 'set') {
    schema = schema.superRefine((items, context) => {
      const seen = new Set<string>();
      items.forEach((entry, index) => {
        const identity = JSON.stringify(keys === undefined ? entry : keys.map((key) => fieldOf(entry, key)));
        if (seen.has(identity))
          context.addIssue({ code: 'custom', path: [index], message: 'is a duplicate', params: DUPLICATE });
        seen.add(identity);
      });
    });
  }
  const listType = keys === undefined ? (options.type ?? 'atomic') : 'map';
  return described(withRules(schema, options.rules), {
    about,
    rules: options.rules as readonly Rule<never>[] | undefined,
    structural: {
      type: 'array',
      ...(options.min === undefined ? {} : { minItems: options.min }),
      ...(options.max === undefined ? {} : { maxItems: options.max }),
      ...(listType === 'unset' ? {} : { 'x-kubernetes-list-type': listType }),
      ...(keys === undefined ? {} : { 'x-kubernetes-list-map-keys': [...keys] }),
    },
  });
}

const DUPLICATE = { reason: 'FieldValueDuplicate' };

function fieldOf(value: unknown, key: string): unknown {
  return isJsonObject(value) ? value[key] : undefined;
}

/** Text keys with values of one type. */
export function dictionary<V extends z.ZodType>(about: string, value: V) {
  return described(z.record(z.string(), value), { about, structural: { type: 'object' } });
}

/** Labels, annotations and other text by text. */
export function texts(about: string) {
  return dictionary(about, z.string());
}

/** Rules that look at one state; transition rules are for admission alone. */
function withRules<S extends z.ZodType>(schema: S, rules: readonly Rule<z.infer<S>>[] | undefined): S {
  const checks = (rules ?? []).filter((rule) => rule.transition !== true);
  if (checks.length === 0) return schema;
  return schema.superRefine((value, context) => {
    for (const rule of checks) {
      if (rule.holds(value, undefined)) continue;
      const path = rule.field?.split('.') ?? [];
      context.addIssue({ code: 'custom', message: rule.message, path, params: { reason: rule.reason } });
    }
  });
}

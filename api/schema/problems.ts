/** Validation problems in words: where, what was found, what is wrong, how to put it right. */
import * as z from 'zod';
import { closestName } from '../../machinery/closest-name';
import { CapstanError } from '../../machinery/errors';
import { isJsonObject } from '../../machinery/json';

export interface Problem {
  /** As in `kubectl explain`: `spec.files[0].path`. */
  readonly path: string;
  /** What stands there now; undefined when nothing does. */
  readonly value: unknown;
  /** What is wrong, to be read after the path. */
  readonly message: string;
  readonly fix: string;
  readonly reason: ProblemReason;
}

/** As in the causes of an API server's refusal; `UnknownField` is pruned or refused there, as the client asks. */
export type ProblemReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'UnknownField';

/** An object that its kind's schema refuses; every problem is listed. */
export class InvalidObject extends CapstanError {
  constructor(
    object: string,
    readonly problems: readonly Problem[],
  ) {
    super({
      name: 'InvalidObject',
      code: 'INVALID_OBJECT',
      retry: 'never',
      object,
      message: `${object} is not valid:\n${problems.map((problem) => `  - ${describeProblem(problem)}`).join('\n')}`,
    });
  }
}

const SHOWN_VALUE_CHARACTERS = 60;

/** `spec.replicas: must be at least 0 (is -1); use 0 or more`. */
export function describeProblem(problem: Problem): string {
  const shown = problem.value === undefined ? '' : ` (is ${shorten(JSON.stringify(problem.value))})`;
  return `${problem.path}: ${problem.message}${shown}; ${problem.fix}`;
}

function shorten(text: string): string {
  return text.length <= SHOWN_VALUE_CHARACTERS ? text : `${text.slice(0, SHOWN_VALUE_CHARACTERS)}…`;
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** All problems of a value; empty when the schema accepts it. */
export function problemsOf(schema: z.ZodType, value: unknown): Problem[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => problemsOfIssue(issue, schema, value));
}

function problemsOfIssue(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown): Problem[] {
  const path = pathText(issue.path);
  const value = at(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      value: at(value, [key]),
      message: 'is not a known field',
      fix: fixForUnknown(key, known),
      reason: 'UnknownField',
    }));
  }
  return [{ path, value, ...words(issue, value), reason: reasonOf(issue, value) }];
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): ProblemReason {
  if (issue.code === 'custom') return issue.params?.['reason'] ?? 'FieldValueInvalid';
  if (value === undefined) return 'FieldValueRequired';
  return issue.code === 'invalid_value' ? 'FieldValueNotSupported' : 'FieldValueInvalid';
}

function words(issue: z.core.$ZodIssue, value: unknown): { message: string; fix: string } {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return { message: 'is required', fix: `set it (${article(issue.expected)})` };
      return { message: `must be ${article(issue.expected)}`, fix: `write ${article(issue.expected)}` };
    case 'invalid_value': {
      const options = issue.values.map((option) => JSON.stringify(option)).join(', ');
      return value === undefined
        ? { message: 'is required', fix: `set it to one of ${options}` }
        : { message: 'is none of the known values', fix: `use one of ${options}` };
    }
    case 'too_small':
      return {
        message: `must ${measure(issue.origin, 'at least', issue.minimum)}`,
        fix: 'use more, or leave it out where it is optional',
      };
    case 'too_big':
      return { message: `must ${measure(issue.origin, 'at most', issue.maximum)}`, fix: 'use less' };
    case 'invalid_format':
      if (issue.format === 'regex' && issue.message.startsWith('Invalid'))
        return { message: 'has a form that is not allowed', fix: `write it so that it matches ${issue.pattern}` };
      return { message: issue.message, fix: 'write it in that form' };
    default:
      return { message: issue.message, fix: 'change it accordingly' };
  }
}

function article(type: string): string {
  const name = type === 'record' ? 'object' : type === 'int' ? 'whole number' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function measure(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} character${Number(limit) === 1 ? '' : 's'}`;
  if (origin === 'array' || origin === 'set') return `have ${bound} ${limit} entr${Number(limit) === 1 ? 'y' : 'ies'}`;
  return `be ${bound} ${limit}`;
}

function fixForUnknown(key: string, known: readonly string[]): string {
  const close = closestName(key, known);
  if (close !== undefined) return `did you mean "${close}"?`;
  return known.length === 0 ? 'remove it' : `remove it, or use one of ${[...known].sort().join(', ')}`;
}

function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const [step, ...rest] = path;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return fieldsAt(schema.unwrap(), path);
  }
  if (step === undefined) return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  if (schema instanceof z.ZodArray) return fieldsAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) return fieldsAt(schema.valueType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const field: z.core.$ZodType | undefined = schema.shape[String(step)];
  return field === undefined ? [] : fieldsAt(field, rest);
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value) && typeof step === 'number') return value[step];
    return isJsonObject(value) ? value[String(step)] : undefined;
  }, root);
}

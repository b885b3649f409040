/** Words for what admission rules find. */
import type { Problem } from '../schema';

export function invalid(path: string, value: unknown, message: string, fix: string): Problem {
  return { path, value, message, fix, reason: 'FieldValueInvalid' };
}

export function required(path: string, message: string, fix: string): Problem {
  return { path, value: undefined, message, fix, reason: 'FieldValueRequired' };
}

export function forbidden(path: string, message: string, fix: string): Problem {
  return { path, value: undefined, message, fix, reason: 'FieldValueForbidden' };
}

export function unchangeable(path: string): Problem {
  return forbidden(path, 'cannot be changed', 'write what was there before, or make a new object');
}

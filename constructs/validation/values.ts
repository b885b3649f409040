/** Checks of single values. Plain JavaScript may pass anything, so every check begins with the type. */
import { closestName } from '../../machinery/closest-name';
import { isLabelValue } from '../../machinery/label-values';
import type { Problem } from '../problem';

/** A mistake before the construct is known that it belongs to. */
export type Found = Omit<Problem, 'path'>;

/** A check of the value that stands in a field. */
export type Check = (field: string, value: unknown) => Found[];

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

export function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function missing(field: string, fix: string): Found {
  return { field, value: undefined, message: 'is missing', fix };
}

/** Nothing is wrong with a field that is left out. */
export function optional(check: Check): Check {
  return (field, value) => (value === undefined ? [] : check(field, value));
}

/** A text that is not empty: `what` says what it names. */
export function text(what: string): Check {
  return (field, value) => {
    const fix = `write ${what}`;
    if (value === undefined) return [missing(field, fix)];
    if (typeof value !== 'string') return [{ field, value, message: 'is not a text', fix }];
    return value.trim() === '' ? [{ field, value, message: 'is empty', fix }] : [];
  };
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  return (field, value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return [];
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
    return [{ field, value, message: 'is not allowed here', fix: `use a whole number, ${range}` }];
  };
}

export function oneOf(...choices: readonly string[]): Check {
  return (field, value) => {
    if (typeof value === 'string' && choices.includes(value)) return [];
    const fix = `use ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}`;
    return [{ field, value, message: 'is not one of the choices', fix }];
  };
}

export const flag: Check = (field, value) =>
  typeof value === 'boolean' ? [] : [{ field, value, message: 'is neither true nor false', fix: 'use true or false' }];

/** Cluster API label values hold the name, and `-control-plane-` plus a suffix is appended: 63 − 20. */
export const CLUSTER_NAME_LIMIT = 43;

/** A name of an object in the management cluster. */
export function dnsName(kind: 'label' | 'subdomain'): Check {
  const [pattern, limit] = kind === 'label' ? [DNS_LABEL, 63] : [DNS_SUBDOMAIN, 253];
  return (field, value) => {
    const dots = kind === 'label' ? '' : ', "."';
    if (typeof value !== 'string' || !pattern.test(value)) {
      const fix = `use lower-case letters, digits, "-"${dots}, beginning and ending with a letter or digit`;
      return [{ field, value, message: 'is not a valid name', fix }];
    }
    if (value.length <= limit) return [];
    return [{ field, value, message: 'the name is too long', fix: `use at most ${limit} characters` }];
  };
}

/** A list, each of whose items passes `check`. */
export function listOf(check: Check, example: string): Check {
  return (field, value) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(`${field}[${index}]`, item))
      : [{ field, value, message: 'is not a list', fix: `write ${example}` }];
}

/** Texts by name, e.g. the details of a machine. */
export const texts: Check = (field, value) => {
  if (!isMap(value)) return [{ field, value, message: 'is not an object', fix: 'write { name: "text" }' }];
  return Object.entries(value)
    .filter(([, item]) => typeof item !== 'string')
    .map(([name, item]) => {
      const fix = `write ${JSON.stringify(String(item))}`;
      return { field: `${field}.${name}`, value: item, message: 'is not a text', fix };
    });
};

/** Labels as Kubernetes accepts them. */
export const labels: Check = (field, value) => {
  if (!isMap(value)) return texts(field, value);
  const found = texts(field, value);
  for (const [key, item] of Object.entries(value)) {
    const [prefix, name = prefix, more] = key.split('/');
    const prefixed = key.includes('/') && (more !== undefined || !DNS_SUBDOMAIN.test(prefix ?? ''));
    if (prefixed || !LABEL_NAME.test(name ?? '') || (name ?? '').length > 63) {
      const fix = 'use letters, digits, "-", "_", "." (at most 63), with a domain and "/" before it if you like';
      found.push({ field: `${field}.${key}`, value: item, message: 'is not a valid label key', fix });
    }
    if (typeof item === 'string' && !isLabelValue(item)) {
      const fix = 'use at most 63 letters, digits, "-", "_", ".", beginning and ending with a letter or digit';
      found.push({ field: `${field}.${key}`, value: item, message: 'is not a valid label value', fix });
    }
  }
  return found;
};

/** Checks of a group of fields; a field that has none is unknown. */
export interface Fields {
  readonly [field: string]: Check;
}

/** Everything wrong in `props`: each field by its check, and fields that do not exist. */
export function checkFields(prefix: string, props: { readonly [key: string]: unknown }, fields: Fields): Found[] {
  const known = Object.keys(fields);
  const unknown = Object.keys(props)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const close = closestName(key, known);
      const fix =
        close === undefined ? `remove it; known fields: ${[...known].sort().join(', ')}` : `did you mean "${close}"?`;
      return { field: `${prefix}${key}`, value: props[key], message: 'unknown field', fix };
    });
  return [...Object.entries(fields).flatMap(([name, check]) => check(`${prefix}${name}`, props[name])), ...unknown];
}

/** An object with these fields and no others. */
export function shape(fields: Fields, example: string): Check {
  return (field, value) => {
    if (value === undefined) return [missing(field, `write ${example}`)];
    if (!isMap(value)) return [{ field, value, message: 'is not an object', fix: `write ${example}` }];
    return checkFields(`${field}.`, value, fields);
  };
}

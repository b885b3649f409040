/** How single values are written in old versions and in the hub. */
import { isJsonObject } from '../../machinery/json';
import { parseApiVersion } from '../../machinery/kube-object';
import type { Codec, Fields } from './lens';

const UNIT_SECONDS: { readonly [unit: string]: number } = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

const DURATION = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;

/** Seconds of a duration in Go's notation (`1h30m`), or undefined when it is none. */
export function secondsOf(text: string): number | undefined {
  if (text === '0') return 0;
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0);
  return text.startsWith('-') ? -total : total;
}

/** Whole seconds as Go prints them: `90` is `1m30s`. */
export function durationOf(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.abs(Math.trunc(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = `${whole % 60}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${sign}${minutes}m${rest}` : `${sign}${rest}`;
}

/** `10s` ↔ 10. */
export const duration: Codec = {
  up(value) {
    const seconds = typeof value === 'string' ? secondsOf(value) : undefined;
    return seconds === undefined ? undefined : Math.trunc(seconds);
  },
  down: (value) => (typeof value === 'number' ? durationOf(value) : undefined),
};

/** A map of arguments ↔ a list of name and value, by name. */
export const namedValues: Codec = {
  up: (value) =>
    isJsonObject(value)
      ? Object.keys(value)
          .sort()
          .map((name) => ({ name, value: value[name] }))
      : undefined,
  down: (value) =>
    Array.isArray(value)
      ? Object.fromEntries(value.filter(isJsonObject).map((item) => [String(item['name']), item['value']]))
      : undefined,
};

/** A map by name ↔ a list of objects with a name. */
export const namedObjects: Codec = {
  up: (value) =>
    isJsonObject(value)
      ? Object.keys(value)
          .sort()
          .map((name) => ({ name, ...fieldsOf(value[name]) }))
      : undefined,
  down: (value) =>
    Array.isArray(value)
      ? Object.fromEntries(
          value.filter(isJsonObject).map(({ name, ...rest }): [string, Fields] => [String(name), rest]),
        )
      : undefined,
};

function fieldsOf(value: unknown): Fields {
  return isJsonObject(value) ? value : {};
}

/** Old references name a version; these are the ones that satisfy contract v1beta1 in the groups we know. */
function oldVersionOf(group: string): string {
  return group === 'infrastructure.cluster.x-k8s.io' ? 'v1beta3' : 'v1beta1';
}

/** ObjectReference ↔ a reference by group, kind and name. */
export const contractReference: Codec = {
  up(value) {
    if (!isJsonObject(value)) return undefined;
    const { apiVersion, kind, name } = value;
    const reference: Fields = {};
    if (typeof apiVersion === 'string' && apiVersion !== '') reference['apiGroup'] = parseApiVersion(apiVersion).group;
    if (kind !== undefined) reference['kind'] = kind;
    if (name !== undefined) reference['name'] = name;
    return reference;
  },
  down(value) {
    if (!isJsonObject(value)) return undefined;
    const { apiGroup, kind, name } = value;
    const reference: Fields = {};
    if (typeof apiGroup === 'string') reference['apiVersion'] = `${apiGroup}/${oldVersionOf(apiGroup)}`;
    if (kind !== undefined) reference['kind'] = kind;
    if (name !== undefined) reference['name'] = name;
    return reference;
  },
};

/** ObjectReference ↔ {apiVersion, kind, name}. */
export const versionedReference: Codec = {
  up(value) {
    if (!isJsonObject(value)) return undefined;
    const { apiVersion, kind, name } = value;
    return Object.fromEntries(Object.entries({ apiVersion, kind, name }).filter(([, field]) => field !== undefined));
  },
  down: (value) => value,
};

/** ObjectReference of a Node ↔ {name}. */
export const nodeReference: Codec = {
  up: (value) => (isJsonObject(value) && value['name'] !== undefined ? { name: value['name'] } : undefined),
  down: (value) => (isJsonObject(value) ? { apiVersion: 'v1', kind: 'Node', name: value['name'] } : undefined),
};

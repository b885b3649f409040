import type { DeleteOptions, ListOptions, PatchBody } from '../../../api/ports/kube-api';
import { isJsonObject } from '../../../machinery/json';
import type { MutationOptions } from '../rest/core';
import { badRequest, Refusal } from '../rest/refusal';
import type { WatchRequest } from '../watch/watch';
import { unsupported } from './body';

const text = (query: URLSearchParams, name: string): string | undefined => {
  const value = query.get(name);
  return value === null || value === '' ? undefined : value;
};

const number = (query: URLSearchParams, name: string): number | undefined => {
  const value = text(query, name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (!Number.isInteger(parsed)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  return parsed;
};

/** The longest name of a field manager, in bytes. */
const MAX_MANAGER = 128;

export const isTrue = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
};

export function mutationOptions(query: URLSearchParams, kind: string): MutationOptions {
  const dryRun = text(query, 'dryRun');
  if (dryRun !== undefined && dryRun !== 'All') {
    throw invalidOption(kind, 'dryRun', `Unsupported value: ["${dryRun}"]: supported values: "All"`);
  }
  const manager = text(query, 'fieldManager');
  if (manager !== undefined && Buffer.byteLength(manager) > MAX_MANAGER) {
    throw invalidOption(
      kind,
      'fieldManager',
      `Too long: may not be more than ${MAX_MANAGER} bytes`,
      'FieldValueTooLong',
    );
  }
  const validation = text(query, 'fieldValidation');
  if (validation !== undefined && validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict') {
    throw invalidOption(
      kind,
      'fieldValidation',
      `Unsupported value: "${validation}": supported values: "", "Ignore", "Strict", "Warn"`,
    );
  }
  return {
    dryRun: dryRun !== undefined,
    fieldManager: text(query, 'fieldManager'),
    fieldValidation: validation ?? 'Warn',
  };
}

function invalidOption(kind: string, field: string, message: string, reason = 'FieldValueNotSupported'): Refusal {
  return new Refusal({
    code: 422,
    reason: 'Invalid',
    message: `${kind}.meta.k8s.io "" is invalid: ${field}: ${message}`,
    details: {
      group: 'meta.k8s.io',
      kind,
      causes: [{ reason, message, field }],
    },
  });
}

export function listOptions(query: URLSearchParams): ListOptions {
  const match = text(query, 'resourceVersionMatch');
  return {
    labelSelector: text(query, 'labelSelector'),
    fieldSelector: text(query, 'fieldSelector'),
    limit: number(query, 'limit'),
    continue: text(query, 'continue'),
    resourceVersion: text(query, 'resourceVersion'),
    resourceVersionMatch: match === 'Exact' || match === 'NotOlderThan' ? match : undefined,
  };
}

export function watchOptions(query: URLSearchParams): WatchRequest {
  return {
    labelSelector: text(query, 'labelSelector'),
    fieldSelector: text(query, 'fieldSelector'),
    resourceVersion: text(query, 'resourceVersion'),
    allowWatchBookmarks: isTrue(query, 'allowWatchBookmarks'),
    timeoutSeconds: number(query, 'timeoutSeconds'),
    sendInitialEvents: isTrue(query, 'sendInitialEvents'),
  };
}

/** Options of a delete: the body first, the query where the body says nothing. */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = isJsonObject(body) ? body : {};
  const policy = given['propagationPolicy'] ?? text(query, 'propagationPolicy');
  const grace = given['gracePeriodSeconds'] ?? number(query, 'gracePeriodSeconds');
  const dryRun = Array.isArray(given['dryRun']) ? given['dryRun'].includes('All') : query.get('dryRun') === 'All';
  const orphan = given['orphanDependents'] ?? text(query, 'orphanDependents');
  const conditions = isJsonObject(given['preconditions']) ? given['preconditions'] : undefined;
  const condition = (field: string): string | undefined => {
    const value = conditions?.[field];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    propagationPolicy:
      policy === 'Foreground' || policy === 'Orphan' || policy === 'Background'
        ? policy
        : orphan === true || orphan === 'true'
          ? 'Orphan'
          : undefined,
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    dryRun,
    preconditions: { uid: condition('uid'), resourceVersion: condition('resourceVersion') },
  };
}

export function patchBody(type: string, body: unknown, query: URLSearchParams): PatchBody {
  if (type === 'application/json-patch+json') {
    if (!Array.isArray(body))
      throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
    return { type: 'json', patch: body };
  }
  if (!isJsonObject(body)) throw badRequest('error decoding patch: the body is not a JSON object');
  switch (type) {
    case 'application/merge-patch+json':
      return { type: 'merge', patch: body };
    case 'application/strategic-merge-patch+json':
      return { type: 'strategic', patch: body };
    case 'application/apply-patch+yaml':
      return { type: 'apply', patch: body, force: isTrue(query, 'force') };
    default:
      throw unsupported('415: Unsupported Media Type');
  }
}

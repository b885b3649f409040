import type { DeleteOptions, ListOptions, PatchBody } from '../../../api/ports/kube-api';
import { isJsonObject } from '../../../machinery/json';
import type { MutationOptions } from '../rest/core';
import { badRequest, Refusal, unsupportedCustomPatch } from '../rest/refusal';
import { jsonKind } from '../schema/go-words';
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
  const unprintable = manager === undefined ? -1 : [...manager].findIndex((letter) => /\p{C}/u.test(letter));
  if (manager !== undefined && unprintable >= 0) {
    const code = (manager.codePointAt(unprintable) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw invalidOption(
      kind,
      'fieldManager',
      `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${unprintable})`,
      'FieldValueInvalid',
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
  if (match !== undefined && match !== 'Exact' && match !== 'NotOlderThan') {
    const supported = 'supported values: "Exact", "NotOlderThan", ""';
    throw invalidOption(
      'ListOptions',
      'resourceVersionMatch',
      `Unsupported value: ${JSON.stringify(match)}: ${supported}`,
    );
  }
  return {
    labelSelector: text(query, 'labelSelector'),
    fieldSelector: text(query, 'fieldSelector'),
    limit: number(query, 'limit'),
    continue: text(query, 'continue'),
    resourceVersion: text(query, 'resourceVersion'),
    resourceVersionMatch: match,
  };
}

export function watchOptions(query: URLSearchParams): WatchRequest {
  const match = text(query, 'resourceVersionMatch');
  const wantsInitial = query.has('sendInitialEvents');
  const refuse = (field: string, why: string) =>
    invalidOption('ListOptions', field, `Forbidden: ${why}`, 'FieldValueForbidden');
  if (wantsInitial && match !== 'NotOlderThan') {
    throw refuse('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (!wantsInitial && match !== undefined) {
    throw refuse(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  return {
    labelSelector: text(query, 'labelSelector'),
    fieldSelector: text(query, 'fieldSelector'),
    resourceVersion: text(query, 'resourceVersion'),
    allowWatchBookmarks: isTrue(query, 'allowWatchBookmarks'),
    timeoutSeconds: number(query, 'timeoutSeconds'),
    sendInitialEvents: isTrue(query, 'sendInitialEvents'),
  };
}

/** Options of a delete: the body, or the query where there is none. */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = body === undefined ? queriedOptions(query) : isJsonObject(body) ? body : {};
  const policy = given['propagationPolicy'];
  const grace = given['gracePeriodSeconds'];
  const dryRuns: readonly unknown[] = Array.isArray(given['dryRun']) ? given['dryRun'] : [];
  const unknown = dryRuns.filter((run) => run !== 'All');
  if (unknown.length > 0) {
    throw invalidOption(
      'DeleteOptions',
      'dryRun',
      `Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`,
    );
  }
  const dryRun = dryRuns.length > 0;
  const orphan = given['orphanDependents'];
  checkPolicy(policy, orphan);
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

const queriedOptions = (query: URLSearchParams): { readonly [option: string]: unknown } => ({
  propagationPolicy: text(query, 'propagationPolicy'),
  gracePeriodSeconds: number(query, 'gracePeriodSeconds'),
  orphanDependents: text(query, 'orphanDependents'),
  dryRun: query.getAll('dryRun'),
});

const POLICIES: readonly unknown[] = ['Foreground', 'Background', 'Orphan'];

/** What happens to dependents is said once, in words the server knows. */
function checkPolicy(policy: unknown, orphan: unknown): void {
  if (policy === undefined || policy === null) return;
  const shown = JSON.stringify(policy);
  if (orphan !== undefined) {
    throw invalidOption(
      'DeleteOptions',
      'propagationPolicy',
      `Invalid value: ${shown}: orphanDependents and deletionPropagation cannot be both set`,
      'FieldValueInvalid',
    );
  }
  if (!POLICIES.includes(policy)) {
    throw invalidOption(
      'DeleteOptions',
      'propagationPolicy',
      `Unsupported value: ${shown}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  }
}

const PATCH_TYPES: { readonly [mediaType: string]: PatchBody['type'] } = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** What kind of patch a request brings. */
export function patchType(mediaType: string, query: URLSearchParams, isCustom: boolean): PatchBody['type'] {
  const type = PATCH_TYPES[mediaType];
  if (isCustom && (type === undefined || type === 'strategic')) throw unsupportedCustomPatch();
  if (type === undefined) throw unsupported('415: Unsupported Media Type');
  if (query.has('force') && type !== 'apply') {
    throw invalidOption(
      'PatchOptions',
      'force',
      'Forbidden: may not be specified for non-apply patch',
      'FieldValueForbidden',
    );
  }
  return type;
}

export function patchBody(type: PatchBody['type'], body: unknown, query: URLSearchParams): PatchBody {
  if (type === 'json') return { type, patch: operations(body) };
  if (type === 'merge' && body === null) throw badRequest('Invalid JSON Patch');
  if ((type === 'strategic' || type === 'apply') && body === null) body = {};
  if (!isJsonObject(body)) {
    const fault = `json: cannot unmarshal ${jsonKind(body)} into Go value of type map[string]interface {}`;
    throw unreadablePatch(type, type === 'apply' ? `error unmarshaling JSON: while decoding JSON: ${fault}` : fault);
  }
  return type === 'apply' ? { type, patch: body, force: isTrue(query, 'force') } : { type, patch: body };
}

const BEFORE: { readonly [type in PatchBody['type']]: string } = {
  json: 'error decoding patch: ',
  merge: 'error decoding patch: ',
  strategic: '',
  apply: 'error decoding YAML: ',
};

export const unreadablePatch = (type: PatchBody['type'], why: string): Refusal => badRequest(BEFORE[type] + why);

function operations(body: unknown): readonly object[] {
  if (body === null) return [];
  const refuse = (value: unknown, type: string) =>
    badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(value)} into Go ${type}`);
  if (!Array.isArray(body)) throw refuse(body, 'value of type []handlers.jsonPatchOp');
  for (const operation of body) {
    if (operation === null) continue;
    if (!isJsonObject(operation)) throw refuse(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'from', 'path']) {
      const value = operation[field] ?? '';
      if (typeof value !== 'string') throw refuse(value, `struct field jsonPatchOp.${field} of type string`);
    }
  }
  return body;
}

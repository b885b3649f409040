import { posix } from 'node:path';
import type { ListOptions } from '../../../api/ports/kube-api';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { groupVersion } from '../registry/resource';
import { scanJson } from '../schema/go-json';
import { jsonKind } from '../schema/go-words';
import { RevisionCompacted } from '../store/event';
import type { CollectionTarget, Core, Target } from './core';
import { badRequest, expired, notFound, Refusal } from './refusal';
import { matcherFor } from './select';

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

export async function getObject(core: Core, target: Target): Promise<KubeObject> {
  const { resource } = target;
  const stored = core.store.get(resource.table, target);
  if (stored === undefined) throw notFound(resource, target.name);
  return resource.convert(stored, groupVersion(resource.group, target.version.name));
}

const TOKEN_VERSION = 'meta.k8s.io/v1';

interface ContinueToken {
  readonly revision: number;
  /** The last key of the page before. */
  readonly after: string;
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** LIST, in pages of one revision. */
export async function listObjects(core: Core, target: CollectionTarget, options: ListOptions): Promise<Page> {
  const { resource } = target;
  const namespace = target.namespace === '' ? undefined : target.namespace;
  const token = options.continue === undefined || options.continue === '' ? undefined : parseToken(options.continue);
  const revision = token?.revision ?? requestedRevision(core, options);
  const all = statesAt(core, resource.table, revision, namespace, token);
  const matches = matcherFor(target, options);
  const apiVersion = groupVersion(resource.group, target.version.name);
  const limit = options.limit ?? 0;
  const items: KubeObject[] = [];
  let next: string | undefined;
  let scanned = 0;
  for (const object of all) {
    scanned++;
    if (token !== undefined && !isAfter(object, token.after)) continue;
    if (matches !== undefined && !matches(object)) continue;
    if (limit > 0 && items.length === limit) {
      next = makeToken({ revision: revision ?? core.store.revision, after: keyOf(items.at(-1) ?? object) });
      scanned--;
      break;
    }
    items.push(object);
  }
  const page = {
    items: await Promise.all(items.map((item) => resource.convert(item, apiVersion))),
    resourceVersion: String(revision ?? core.store.revision),
  };
  if (next === undefined) return page;
  // A count is only known when nothing is filtered out.
  const remaining = matches === undefined ? { remainingItemCount: all.length - scanned } : {};
  return { ...page, continue: next, ...remaining };
}

function isAfter(object: KubeObject, key: string): boolean {
  const [namespace = '', name = ''] = key.split('/');
  const own = object.metadata.namespace ?? '';
  return own > namespace || (own === namespace && object.metadata.name > name);
}

/** The revision a list must show, or undefined for the newest. */
function requestedRevision(core: Core, options: ListOptions): number | undefined {
  const { resourceVersion, resourceVersionMatch } = options;
  if (resourceVersion === undefined || resourceVersion === '') {
    if (resourceVersionMatch !== undefined) {
      throw invalidList(
        'resourceVersionMatch',
        'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      );
    }
    return undefined;
  }
  if (!/^\d+$/.test(resourceVersion))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    );
  const revision = Number(resourceVersion);
  if (resourceVersionMatch === 'Exact' && revision === 0) {
    throw invalidList(
      'resourceVersionMatch',
      'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
  }
  if (revision > core.store.revision) throw tooLarge(revision, core.store.revision);
  return resourceVersionMatch === 'Exact' ? revision : undefined;
}

function invalidList(field: string, message: string): Refusal {
  return new Refusal({
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: ${field}: ${message}`,
    details: {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message, field }],
    },
  });
}

/** A revision from the future: the caller may come back. */
export function tooLarge(revision: number, current: number): Refusal {
  const why = `Too large resource version: ${revision}, current: ${current}`;
  return new Refusal({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: ${why}`,
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}

function statesAt(
  core: Core,
  table: string,
  revision: number | undefined,
  namespace: string | undefined,
  token: ContinueToken | undefined,
): readonly KubeObject[] {
  if (revision === undefined) return core.store.list(table, namespace);
  try {
    return core.store.listAt(table, revision, namespace);
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error;
    throw expired(
      token !== undefined
        ? 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'
        : `The resourceVersion for the provided list is too old.`,
      token === undefined ? undefined : makeToken({ ...token, revision: core.store.revision }),
    );
  }
}

const makeToken = (token: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv: token.revision, start: token.after })).toString('base64url');

function parseToken(text: string): ContinueToken {
  const refuse = (why: string): Refusal => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const corrupt = corruptAt(text);
  if (corrupt >= 0) throw refuse(`illegal base64 data at input byte ${corrupt}`);
  const decoded = Buffer.from(text, 'base64url').toString('latin1');
  const { fault } = scanJson(decoded);
  if (fault !== undefined) throw refuse(fault);
  const value: unknown = JSON.parse(Buffer.from(decoded, 'latin1').toString('utf8'));
  const [version = '', revision = 0, after = ''] = ['v', 'rv', 'start'].map((field) => valueAt(value, field));
  if (typeof revision !== 'number') {
    throw refuse(`json: cannot unmarshal ${jsonKind(revision)} into Go struct field continueToken.rv of type int64`);
  }
  if (version !== TOKEN_VERSION) throw refuse(`server does not recognize this encoded version ${String(version)}`);
  if (revision === 0) throw refuse(`incorrect encoded start resourceVersion (version ${TOKEN_VERSION})`);
  if (typeof after !== 'string' || after === '') throw refuse(`encoded start key empty (version ${TOKEN_VERSION})`);
  const key = after.startsWith('/') ? after : `/${after}`;
  if (posix.resolve(key) !== key) throw refuse(after);
  return { revision, after };
}

/** Where Go stops to read base64 without padding; -1 when it reads all of it. */
function corruptAt(text: string): number {
  const wrong = text.search(/[^\w-]/);
  return wrong < 0 && text.length % 4 === 1 ? text.length - 1 : wrong;
}

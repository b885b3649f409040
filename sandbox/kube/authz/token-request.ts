import { isJsonObject } from '../../../machinery/json';
import { type KubeObject, parseApiVersion } from '../../../machinery/kube-object';
import { goSchema } from '../builtins/catalog';
import { mapAt } from '../builtins/strategy';
import type { Caller, Core, MutationOptions, Target } from '../rest/core';
import { unregistered } from '../rest/decode';
import { invalid } from '../rest/field-error';
import { badRequest, conflict, invalidObject, notFound, type ResourceName } from '../rest/refusal';
import { faultTexts, jsonDuplicates, reportStrict, yamlFaults } from '../rest/strict';
import { type DecodeReport, goDecode } from '../schema/go-decode';

const KIND = 'TokenRequest';
const API_VERSION = 'authentication.k8s.io/v1';
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/** A TokenRequest that may be answered. */
export interface TokenRequest {
  readonly object: KubeObject;
  readonly audiences: readonly string[];
  readonly seconds: number;
  readonly boundObjectRef: { readonly [field: string]: unknown } | null;
  /** What the token says of the object it lives and dies with. */
  readonly bound: BoundClaims;
}

export type BoundClaims = { readonly [kind in keyof typeof BOUND_TABLES]?: { name: string; uid: string | undefined } };

/** Tables of what a token can be bound to, by the name of its claim. */
export const BOUND_TABLES = { pod: '/pods', secret: '/secrets', node: '/nodes' };

/**
 * Reads and checks the body of POST serviceaccounts/token, in the order of the real server.
 * @throws Refusal
 */
export function checkTokenRequest(
  core: Core,
  caller: Caller,
  target: Target,
  body: unknown,
  options: MutationOptions,
): TokenRequest {
  const object = decoded(body, caller, options);
  const { name = '', namespace = '' } = object.metadata ?? {};
  if (namespace !== '' && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const kind = { group: parseApiVersion(API_VERSION).group, kind: KIND };
  if (name !== '' && name !== target.name) {
    const why = 'must match the service account name if specified';
    throw invalidObject(kind, target.name, [invalid('metadata.name', name, why)]);
  }
  const account = core.store.get(target.resource.table, target);
  if (account === undefined) throw notFound(target.resource, target.name);
  checkAccount(object.metadata?.uid ?? '', account, { group: kind.group, resource: KIND });
  const spec = mapAt(object, 'spec');
  const seconds = Number(spec['expirationSeconds']);
  const fault = durationFault(seconds);
  if (fault !== undefined) throw invalidObject(kind, '', [invalid('spec.expirationSeconds', seconds, fault)]);
  const reference = isJsonObject(spec['boundObjectRef']) ? spec['boundObjectRef'] : null;
  return {
    object,
    audiences: Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : [],
    seconds,
    boundObjectRef: reference,
    bound: reference === null ? {} : boundClaims(core, target, reference),
  };
}

function decoded(body: unknown, caller: Caller, options: MutationOptions): KubeObject {
  const given = isJsonObject(body) ? body : {};
  const apiVersion = String(given['apiVersion'] ?? API_VERSION);
  const kind = String(given['kind'] ?? KIND);
  const refuse = (why: string) => {
    const { version } = parseApiVersion(apiVersion);
    return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${KIND}: ${why}`);
  };
  if (kind !== KIND || apiVersion !== API_VERSION) throw refuse(unregistered(kind, apiVersion));
  const twice = jsonDuplicates(options);
  const report: DecodeReport = { faults: [], twice: new Set(twice) };
  const object = goDecode(given, goSchema(`io.k8s.api.authentication.v1.${KIND}`), report) as KubeObject;
  if (report.typeError !== undefined) throw refuse(report.typeError);
  const faults = [...yamlFaults(options), ...faultTexts(report.faults, false)];
  reportStrict(faults, caller, options, (all) => refuse(`strict decoding error: ${all}`));
  // Decoding cannot tell no duration from none.
  const expirationSeconds = mapAt(given, 'spec')['expirationSeconds'] ?? DEFAULT_SECONDS;
  return { ...object, spec: { ...mapAt(object, 'spec'), expirationSeconds } };
}

/** A request may say which account of its name it is for. */
function checkAccount(uid: string, { metadata }: KubeObject, resource: ResourceName): void {
  if (uid === '' || uid === metadata.uid) return;
  const own = metadata.uid ?? '';
  const why = `the UID in the token request (${uid}) does not match the UID of the service account (${own})`;
  throw conflict(resource, metadata.name, why);
}

function durationFault(seconds: number): string | undefined {
  if (seconds < MIN_SECONDS) return 'may not specify a duration less than 10 minutes';
  return seconds > MAX_SECONDS ? 'may not specify a duration larger than 2^32 seconds' : undefined;
}

function boundClaims(core: Core, target: Target, reference: { readonly [field: string]: unknown }): BoundClaims {
  const { group, version } = parseApiVersion(String(reference['apiVersion'] ?? ''));
  const kind = String(reference['kind'] ?? '');
  const claim = kind.toLowerCase();
  if (group !== '' || !['Pod', 'Secret', 'Node'].includes(kind) || !isBindable(claim)) {
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  const name = String(reference['name'] ?? '');
  if (name === '') throw badRequest('Name parameter required.');
  const namespace = claim === 'node' ? '' : target.namespace;
  const object = core.store.get(BOUND_TABLES[claim], { namespace, name });
  if (object === undefined) throw notFound({ group: '', resource: `${claim}s` }, name);
  const spec = mapAt(object, 'spec');
  if (claim === 'pod' && spec['serviceAccountName'] !== target.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`,
    );
  }
  const { uid } = object.metadata;
  const wanted = String(reference['uid'] ?? '');
  if (wanted !== '' && wanted !== uid) {
    throw conflict(
      { group: '', resource: kind },
      name,
      `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { [claim]: { name, uid }, ...(claim === 'pod' ? nodeOf(core, String(spec['nodeName'] ?? '')) : {}) };
}

const isBindable = (claim: string): claim is keyof typeof BOUND_TABLES => claim in BOUND_TABLES;

function nodeOf(core: Core, name: string): BoundClaims {
  if (name === '') return {};
  return { node: { name, uid: core.store.get(BOUND_TABLES.node, { namespace: '', name })?.metadata.uid } };
}

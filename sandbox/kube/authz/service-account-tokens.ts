import { createHmac, timingSafeEqual } from 'node:crypto';
import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { mapAt } from '../builtins/strategy';
import type { Caller, Core, MutationOptions, Target, User } from '../rest/core';
import { BOUND_TABLES, checkTokenRequest } from './token-request';

const TABLE = 'internal/keys';
const KEY_NAME = 'service-account-tokens';
/** Who gives out tokens, and whom they are for when nobody else is named. */
const ISSUER = 'https://kubernetes.default.svc';

/** Issues and checks tokens of service accounts. The key is part of the stored state, so that tokens outlive a restart. */
export class ServiceAccountTokens {
  readonly #key: Buffer;

  constructor(private readonly core: Core) {
    const place = { namespace: '', name: KEY_NAME };
    let stored = core.store.get(TABLE, place);
    if (stored === undefined) {
      const key = Buffer.from(core.random.secret(32)).toString('base64');
      const record: KubeObject = { apiVersion: 'internal/v1', kind: 'Key', metadata: { name: KEY_NAME }, key };
      stored = core.store.put(TABLE, record, undefined);
    }
    this.#key = Buffer.from(String(stored?.['key'] ?? ''), 'base64');
  }

  /** POST serviceaccounts/token: a TokenRequest with its status filled in. */
  issue(caller: Caller, target: Target, body: unknown, options: MutationOptions): KubeObject {
    const asked = checkTokenRequest(this.core, caller, target, body, options);
    const { seconds, bound } = asked;
    const { uid } = this.core.store.get('/serviceaccounts', target)?.metadata ?? {};
    const now = Math.floor(this.core.clock.now() / 1000);
    const claims = {
      iss: ISSUER,
      aud: asked.audiences.length === 0 ? [ISSUER] : asked.audiences,
      sub: `system:serviceaccount:${target.namespace}:${target.name}`,
      iat: now,
      nbf: now,
      exp: now + seconds,
      'kubernetes.io': { namespace: target.namespace, serviceaccount: { name: target.name, uid }, ...bound },
    };
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    const timeAfter = (after: number): string => `${new Date((now + after) * 1000).toISOString().slice(0, 19)}Z`;
    const { name, namespace } = target;
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { ...asked.object.metadata, name, namespace, uid, creationTimestamp: timeAfter(0) },
      spec: { audiences: claims.aud, expirationSeconds: seconds, boundObjectRef: asked.boundObjectRef },
      status: { token: `${text}.${this.#sign(text)}`, expirationTimestamp: timeAfter(seconds) },
    };
  }

  /**
   * The service account a token belongs to; undefined when it is not ours, for others, too old, or when its account or
   * what it is bound to is gone.
   */
  review(token: string): User | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const expected = Buffer.from(this.#sign(`${header}.${payload}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    // Our own signature says that the rest is what we wrote.
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (!isJsonObject(claims) || Number(claims['exp']) * 1000 <= this.core.clock.now()) return undefined;
    const holder = mapAt(claims, 'kubernetes.io');
    const namespace = String(holder['namespace']);
    const { name, uid } = mapAt(holder, 'serviceaccount');
    const account = this.core.store.get('/serviceaccounts', { namespace, name: String(name) });
    if (account === undefined || account.metadata.uid !== uid) return undefined;
    if (!Array.isArray(claims['aud']) || !claims['aud'].includes(ISSUER)) return undefined;
    if (this.#isUnbound(holder, namespace)) return undefined;
    return {
      username: String(claims['sub']),
      uid: account.metadata.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    };
  }

  /** Whether an object the token is bound to is gone, or another one of its name. */
  #isUnbound(holder: { readonly [claim: string]: unknown }, namespace: string): boolean {
    return Object.entries(BOUND_TABLES).some(([claim, table]) => {
      if (!isJsonObject(holder[claim])) return false;
      const { name, uid } = mapAt(holder, claim);
      // A pod's node may go first: the pod decides.
      if (claim === 'node' && isJsonObject(holder['pod'])) return false;
      const place = { namespace: claim === 'node' ? '' : namespace, name: String(name) };
      return this.core.store.get(table, place)?.metadata.uid !== uid;
    });
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

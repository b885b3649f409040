import { createHmac, timingSafeEqual } from 'node:crypto';
import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { mapAt } from '../builtins/strategy';
import type { Core, Target, User } from '../rest/core';
import { notFound } from '../rest/refusal';

const TABLE = 'internal/keys';
const KEY_NAME = 'service-account-tokens';
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;

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
  issue(target: Target, body: unknown): KubeObject {
    const account = this.core.store.get('/serviceaccounts', target);
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, target.name);
    const spec = isJsonObject(body) ? mapAt(body, 'spec') : {};
    const wanted = spec['expirationSeconds'];
    const seconds = Math.max(MIN_SECONDS, typeof wanted === 'number' ? wanted : DEFAULT_SECONDS);
    const now = Math.floor(this.core.clock.now() / 1000);
    const claims = {
      iss: 'https://kubernetes.default.svc',
      aud: ['https://kubernetes.default.svc'],
      sub: `system:serviceaccount:${target.namespace}:${target.name}`,
      iat: now,
      nbf: now,
      exp: now + seconds,
      'kubernetes.io': {
        namespace: target.namespace,
        serviceaccount: { name: target.name, uid: account.metadata.uid },
      },
    };
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    const expirationTimestamp = `${new Date((now + seconds) * 1000).toISOString().slice(0, 19)}Z`;
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: target.name, namespace: target.namespace },
      spec: { audiences: claims.aud, expirationSeconds: seconds, boundObjectRef: null },
      status: { token: `${text}.${this.#sign(text)}`, expirationTimestamp },
    };
  }

  /** The service account a token belongs to; undefined when it is not ours, too old, or its account is gone. */
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
    return {
      username: String(claims['sub']),
      uid: account.metadata.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { User } from '../rest/core';
import { Refusal } from '../rest/refusal';
import type { TokenReviewer } from '../rest/reviews';

export const ANONYMOUS: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

const AUTHENTICATED = 'system:authenticated';

/**
 * Who sent a request: a client certificate of our CA (common name and organisations), or a bearer token.
 * @throws Refusal 401 when credentials are given and wrong
 */
export function authenticate(request: IncomingMessage, reviewToken: TokenReviewer): User {
  const header = request.headers.authorization;
  if (header !== undefined && /^bearer /i.test(header)) {
    const user = reviewToken(header.slice(7).trim());
    if (user === undefined) throw unauthorized();
    return withAuthenticated(user);
  }
  const fromCertificate = certificateUser(request.socket as TLSSocket);
  return fromCertificate === undefined ? ANONYMOUS : withAuthenticated(fromCertificate);
}

export const unauthorized = (): Refusal => new Refusal({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

const withAuthenticated = (user: User): User =>
  user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };

function certificateUser(socket: TLSSocket): User | undefined {
  if (typeof socket.getPeerCertificate !== 'function' || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  // Node gives a list where a name occurs more than once.
  const names: unknown = subject?.CN;
  const organisations: unknown = subject?.O;
  if (typeof names !== 'string' || names === '') return undefined;
  const groups = Array.isArray(organisations)
    ? organisations.map(String)
    : typeof organisations === 'string'
      ? [organisations]
      : [];
  return { username: names, groups };
}

import type { IncomingMessage } from 'node:http';
import { denial, isAllowed } from '../authz/rbac';
import type { Core, User } from '../rest/core';
import { forbiddenRequest } from '../rest/refusal';

/** The user a request acts as (`kubectl --as`), when the real one may do that. */
export function impersonated(core: Core, request: IncomingMessage, user: User): User {
  const name = request.headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return user;
  const header = request.headers['impersonate-group'];
  const groups =
    header === undefined ? [] : Array.isArray(header) ? header : header.split(',').map((part) => part.trim());
  for (const [resource, target] of [['users', name] as const, ...groups.map((group) => ['groups', group] as const)]) {
    const attributes = { user, verb: 'impersonate', group: '', resource, subresource: '', namespace: '', name: target };
    if (!isAllowed(core, attributes)) throw forbiddenRequest({ group: '', resource }, target, denial(attributes));
  }
  return { username: name, groups: [...groups, 'system:authenticated'] };
}

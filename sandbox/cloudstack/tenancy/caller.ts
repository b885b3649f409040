import { permissionDenied } from '../protocol/api-error';
import type { Database } from '../store/database';
import { type AccountRow, AccountType, type DomainRow, type UserRow } from '../store/tenancy-rows';

/** Who sent a command. */
export interface Caller {
  readonly user: UserRow;
  readonly account: AccountRow;
  readonly domain: DomainRow;
}

/** Roles in ascending order of rights; a command names the least one that may send it. */
export type Role = 'user' | 'domain-admin' | 'root';

export function callerOf(db: Database, user: UserRow): Caller {
  const account = db.accounts.need(user.accountId);
  return { user, account, domain: db.domains.need(account.domainId) };
}

export function isRoot(caller: Caller): boolean {
  return caller.account.type === AccountType.root;
}

export function isDomainAdmin(caller: Caller): boolean {
  return caller.account.type === AccountType.domainAdmin;
}

export function mayCall(caller: Caller, role: Role): boolean {
  return role === 'user' || isRoot(caller) || (role === 'domain-admin' && isDomainAdmin(caller));
}

/** A domain is in a tree when it is its root or below. */
export function isInTree(db: Database, domainId: string, rootId: string): boolean {
  for (let domain = db.domains.get(domainId); domain !== undefined; domain = db.domains.get(domain.parentId)) {
    if (domain.id === rootId) return true;
  }
  return false;
}

/** Whether the caller may work on objects of an account, a project's hidden account included. */
export function mayUse(db: Database, caller: Caller, accountId: string): boolean {
  if (isRoot(caller) || accountId === caller.account.id) return true;
  const owner = db.accounts.get(accountId);
  if (owner === undefined) return false;
  const project = db.projects.get(owner.projectId);
  if (project?.memberAccountIds.includes(caller.account.id) === true) return true;
  return isDomainAdmin(caller) && isInTree(db, owner.domainId, caller.account.domainId);
}

/** @throws ApiError 531 */
export function checkMayUse(db: Database, caller: Caller, accountId: string): void {
  if (mayUse(db, caller, accountId)) return;
  const owner = db.accounts.get(accountId);
  throw permissionDenied(
    `Acct[${caller.account.id}-${caller.account.name}] does not have permission to operate with resource ` +
      `Acct[${accountId}-${owner?.name ?? ''}]`,
  );
}

import type { Installation } from '../installation';
import { invalidValue, permissionDenied } from '../protocol/api-error';
import { flag, idOf, text } from '../protocol/parameters';
import type { Database } from '../store/database';
import type { AccountRow } from '../store/tenancy-rows';
import { type Caller, checkMayUse, isDomainAdmin, isInTree, isRoot, mayUse } from './caller';

/** Parameters of commands that create something for somebody. */
export const ownerParameters = { account: text(), domainid: idOf('domains'), projectid: idOf('projects') };

/** Parameters of lists of owned objects. `projectid` is an id or -1. */
export const visibilityParameters = {
  account: text(),
  domainid: idOf('domains'),
  isrecursive: flag(),
  listall: flag(),
  projectid: text(),
};

interface OwnerArgs {
  readonly account: string | undefined;
  readonly domainid: string | undefined;
  readonly projectid: string | undefined;
}

interface VisibilityArgs extends OwnerArgs {
  readonly isrecursive: boolean | undefined;
  readonly listall: boolean | undefined;
}

/**
 * The account that will own what a command creates.
 * @throws ApiError 531 when the caller may not create for it, 431 when it does not exist.
 */
export function ownerFor(cloud: Installation, caller: Caller, args: OwnerArgs): AccountRow {
  const { db } = cloud;
  if (args.projectid !== undefined) {
    const project = db.projects.need(args.projectid);
    checkMayUse(db, caller, project.accountId);
    return db.accounts.need(project.accountId);
  }
  if (args.account === undefined) return caller.account;
  const owner = accountNamed(db, args.account, args.domainid ?? caller.account.domainId);
  checkMayUse(db, caller, owner.id);
  return owner;
}

/** @throws ApiError 431 */
export function accountNamed(db: Database, name: string, domainId: string): AccountRow {
  const found = db.accounts.find(
    (account) => account.name === name && account.domainId === domainId && account.projectId === undefined,
  );
  if (found === undefined) {
    throw invalidValue(`Unable to find account ${name} in domain ${db.domains.get(domainId)?.name ?? domainId}`);
  }
  return found;
}

/**
 * Whose objects a list shows (`cloudstack.md` 2.3).
 * @param byId the list asks for one object by its id: administrators see any
 */
export function visibleOwners(
  cloud: Installation,
  caller: Caller,
  args: VisibilityArgs,
  byId: boolean,
): (accountId: string) => boolean {
  const { db } = cloud;
  const isProject = (accountId: string) => db.accounts.get(accountId)?.projectId !== undefined;
  if (args.projectid === '-1') return projectOwners(cloud, caller, args.listall === true);
  if (args.projectid !== undefined) {
    const project = db.projects.get(args.projectid);
    if (project === undefined) throw invalidValue(`Unable to find project by id ${args.projectid}`);
    checkMayUse(db, caller, project.accountId);
    return (accountId) => accountId === project.accountId;
  }
  if (args.account !== undefined) {
    if (args.domainid === undefined) throw invalidValue('Account name and domainId must be specified together');
    const owner = accountNamed(db, args.account, args.domainid);
    checkMayUse(db, caller, owner.id);
    return (accountId) => accountId === owner.id;
  }
  if (args.domainid !== undefined) return domainOwners(cloud, caller, args.domainid, args.isrecursive === true);
  if (isRoot(caller) && (args.listall === true || byId)) return (accountId) => byId || !isProject(accountId);
  if (isDomainAdmin(caller) && (args.listall === true || byId)) {
    return (accountId) => mayUse(db, caller, accountId) && !isProject(accountId);
  }
  return (accountId) => accountId === caller.account.id;
}

function projectOwners(cloud: Installation, caller: Caller, all: boolean): (accountId: string) => boolean {
  const { db } = cloud;
  return (accountId) => {
    const project = db.projects.get(db.accounts.get(accountId)?.projectId);
    if (isRoot(caller)) return all || project !== undefined;
    return project?.memberAccountIds.includes(caller.account.id) === true;
  };
}

function domainOwners(
  cloud: Installation,
  caller: Caller,
  domainId: string,
  recursive: boolean,
): (accountId: string) => boolean {
  const { db } = cloud;
  if (!isRoot(caller) && !isDomainAdmin(caller)) {
    if (domainId !== caller.account.domainId) {
      throw permissionDenied(
        `Acct[${caller.account.id}-${caller.account.name}] does not have permission to operate with domain id=${domainId}`,
      );
    }
    return (accountId) => accountId === caller.account.id;
  }
  if (isDomainAdmin(caller) && !isInTree(db, domainId, caller.account.domainId)) {
    throw permissionDenied(
      `Acct[${caller.account.id}-${caller.account.name}] does not have permission to operate with domain id=${domainId}`,
    );
  }
  return (accountId) => {
    const owner = db.accounts.get(accountId);
    if (owner === undefined || owner.projectId !== undefined) return false;
    return recursive ? isInTree(db, owner.domainId, domainId) : owner.domainId === domainId;
  };
}

/** The fields that say whose an object is. */
export function ownerFields(db: Database, accountId: string): { [field: string]: string } {
  const account = db.accounts.get(accountId);
  const domain = db.domains.get(account?.domainId);
  const place = { domainid: domain?.id ?? '', domain: domain?.name ?? '', domainpath: domain?.path ?? '' };
  const project = db.projects.get(account?.projectId);
  if (project !== undefined) return { projectid: project.id, project: project.name, ...place };
  return { account: account?.name ?? '', ...place };
}

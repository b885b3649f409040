import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { type Fields, fields, is, listAnswer, matchesKeyword } from '../protocol/answers';
import { invalidValue, permissionDenied } from '../protocol/api-error';
import { type Command, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, required, text, whole, words } from '../protocol/parameters';
import { wireDate } from '../store/database';
import {
  type AccountRow,
  AccountType,
  type DomainRow,
  type Limits,
  type ProjectRow,
  type ResourceName,
  type UserRow,
} from '../store/tenancy-rows';
import { type Caller, isDomainAdmin, isInTree, isRoot, mayUse } from '../tenancy/caller';
import { UNLIMITED } from '../tenancy/quotas';
import { tagsOf } from '../tenancy/tags';

export const tenantCommands: readonly Command[] = [
  query({
    name: 'listDomains',
    description: 'Lists domains and provides detailed information for listed domains',
    role: 'domain-admin',
    answers: 'domain',
    parameters: {
      id: idOf('domains'),
      name: text(),
      level: whole(),
      listall: flag(),
      details: words(),
      showicon: flag(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const found = cloud.db.domains.filter(
        (domain) =>
          isInTree(cloud.db, domain.id, caller.account.domainId) &&
          is(args.id, domain.id) &&
          is(args.name, domain.name) &&
          is(args.level, domain.level) &&
          matchesKeyword(args.keyword, domain.name),
      );
      return listAnswer(cloud, args, 'domain', found, (domain) => renderDomain(cloud, domain));
    },
  }),
  query({
    name: 'listAccounts',
    description: 'Lists accounts and provides detailed account information for listed accounts',
    answers: 'account',
    parameters: {
      id: idOf('accounts'),
      name: text(),
      domainid: idOf('domains'),
      accounttype: whole(),
      state: text(),
      iscleanuprequired: flag(),
      isrecursive: flag(),
      listall: flag(),
      details: words(),
      showicon: flag(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const found = db.accounts.filter(
        (account) =>
          account.projectId === undefined &&
          seesAccount(
            cloud,
            caller,
            account.id,
            args.listall === true || args.id !== undefined || args.domainid !== undefined,
          ) &&
          is(args.id, account.id) &&
          is(args.name, account.name) &&
          (args.domainid === undefined ||
            (args.isrecursive === true
              ? isInTree(db, account.domainId, args.domainid)
              : account.domainId === args.domainid)) &&
          is(args.accounttype, account.type) &&
          is(args.state, account.state) &&
          matchesKeyword(args.keyword, account.name),
      );
      return listAnswer(cloud, args, 'account', found, (account) => renderAccount(cloud, account, caller));
    },
  }),
  query({
    name: 'listUsers',
    description: 'Lists user accounts',
    answers: 'user',
    parameters: {
      id: idOf('users'),
      username: text(),
      account: text(),
      domainid: idOf('domains'),
      accounttype: whole(),
      state: text(),
      isrecursive: flag(),
      listall: flag(),
      showicon: flag(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const wide = args.listall === true || args.id !== undefined || args.account !== undefined;
      const found = db.users.filter((user) => {
        const account = db.accounts.need(user.accountId);
        return (
          seesAccount(cloud, caller, account.id, wide) &&
          is(args.id, user.id) &&
          is(args.username, user.username) &&
          is(args.account, account.name) &&
          is(args.domainid, account.domainId) &&
          is(args.accounttype, account.type) &&
          is(args.state, user.state) &&
          matchesKeyword(args.keyword, user.username, user.firstName, user.lastName)
        );
      });
      return listAnswer(cloud, args, 'user', found, (user) => renderUser(cloud, user, caller));
    },
  }),
  query({
    name: 'getUser',
    description: 'Find user account by API key',
    role: 'domain-admin',
    answers: 'user',
    parameters: { userapikey: required(text()) },
    handle: ({ cloud, caller, args }) => {
      const [id] = cloud.db.usersByKey.get(args.userapikey);
      const user = cloud.db.users.get(id);
      if (user === undefined || !mayUse(cloud.db, caller, user.accountId)) {
        throw invalidValue('User with the given API key does not exist');
      }
      return { user: renderUser(cloud, user, caller) };
    },
  }),
  query({
    name: 'getUserKeys',
    description: 'This command allows the user to query the seceret and API keys for the account',
    answers: 'userkeys',
    parameters: { id: required(idOf('users')) },
    handle: ({ cloud, caller, args }) => {
      const user = ownUser(cloud, caller, args.id);
      return { userkeys: fields({ apikey: user.apiKey, secretkey: user.secretKey }) };
    },
  }),
  query({
    name: 'registerUserKeys',
    description: 'This command allows a user to register for the developer API, returning a secret key and an API key.',
    answers: 'userkeys',
    parameters: { id: required(idOf('users')) },
    handle: ({ cloud, caller, args }) => {
      const user = ownUser(cloud, caller, args.id);
      const keys = newKeys(cloud);
      cloud.db.users.patch(user.id, keys);
      return { userkeys: { apikey: keys.apiKey, secretkey: keys.secretKey } };
    },
  }),
  query({
    name: 'listProjects',
    description: 'Lists projects and provides detailed information for listed projects',
    answers: 'project',
    parameters: {
      id: idOf('projects'),
      name: text(),
      displaytext: text(),
      state: text(),
      account: text(),
      domainid: idOf('domains'),
      username: text(),
      isrecursive: flag(),
      listall: flag(),
      details: words(),
      showicon: flag(),
      tags: entries(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const found = cloud.db.projects.filter(
        (project) =>
          (isRoot(caller) || project.memberAccountIds.includes(caller.account.id)) &&
          is(args.id, project.id) &&
          is(args.name, project.name) &&
          is(args.displaytext, project.displayText) &&
          is(args.state, project.state) &&
          is(args.domainid, project.domainId) &&
          matchesKeyword(args.keyword, project.name, project.displayText),
      );
      return listAnswer(cloud, args, 'project', found, (project) => renderProject(cloud, project));
    },
  }),
];

/** A fresh pair, in the alphabet and length of the real ones. */
export function newKeys(cloud: Pick<Installation, 'random'>): { apiKey: string; secretKey: string } {
  const key = () => Buffer.from(cloud.random.secret(64)).toString('base64url');
  return { apiKey: key(), secretKey: key() };
}

function seesAccount(cloud: Installation, caller: Caller, accountId: string, wide: boolean): boolean {
  if (accountId === caller.account.id) return true;
  return wide && (isRoot(caller) || isDomainAdmin(caller)) && mayUse(cloud.db, caller, accountId);
}

function ownUser(cloud: Installation, caller: Caller, id: string): UserRow {
  const user = cloud.db.users.get(id);
  if (user === undefined) throw invalidValue(`unable to find user by id ${id}`);
  if (
    user.accountId !== caller.account.id &&
    !(isRoot(caller) || (isDomainAdmin(caller) && mayUse(cloud.db, caller, user.accountId)))
  ) {
    throw permissionDenied(
      `Acct[${caller.account.id}-${caller.account.name}] does not have permission to operate with resource User ${id}`,
    );
  }
  return user;
}

const RESOURCE_FIELDS: readonly (readonly [prefix: string, resource: ResourceName])[] = [
  ['vm', 'user_vm'],
  ['ip', 'public_ip'],
  ['volume', 'volume'],
  ['snapshot', 'snapshot'],
  ['template', 'template'],
  ['project', 'project'],
  ['network', 'network'],
  ['vpc', 'vpc'],
  ['cpu', 'cpu'],
  ['memory', 'memory'],
  ['primarystorage', 'primary_storage'],
  ['secondarystorage', 'secondary_storage'],
];

/** `<resource>limit`, `total`, `available`: limits are texts, totals numbers (`cloudstack.md` 4.7). */
function resourceFields(limits: Limits, used: (resource: ResourceName) => number, skip?: string): Fields {
  const all: { [field: string]: string | number } = {};
  for (const [prefix, resource] of RESOURCE_FIELDS) {
    if (prefix === skip) continue;
    const limit = limits[resource] ?? UNLIMITED;
    const total = used(resource);
    all[`${prefix}limit`] = limit === UNLIMITED ? 'Unlimited' : `${limit}`;
    all[`${prefix}total`] = total;
    all[`${prefix}available`] = limit === UNLIMITED ? 'Unlimited' : `${Math.max(0, limit - total)}`;
  }
  return all;
}

function renderDomain(cloud: Installation, domain: DomainRow): JsonObject {
  const { db, quotas } = cloud;
  const parent = db.domains.get(domain.parentId);
  return fields({
    id: domain.id,
    name: domain.name,
    level: domain.level,
    parentdomainid: parent?.id,
    parentdomainname: parent?.name,
    haschild: db.domains.find((other) => other.parentId === domain.id) !== undefined,
    path: domain.path,
    state: 'Active',
    ...resourceFields(domain.limits, (resource) => quotas.usedByDomain(domain.id, resource)),
    domaindetails: {},
    hasannotations: false,
  });
}

const ROLES: { readonly [type: number]: readonly [role: string, type: string] } = {
  [AccountType.user]: ['User', 'User'],
  [AccountType.root]: ['Root Admin', 'Admin'],
  [AccountType.domainAdmin]: ['Domain Admin', 'DomainAdmin'],
};

/** Roles are built in, so their ids are too. */
function roleFields(account: AccountRow): Fields {
  const [rolename, roletype] = ROLES[account.type] ?? ['User', 'User'];
  return { roleid: `00000000-0000-4000-8000-00000000000${account.type}`, rolename, roletype };
}

function renderAccount(cloud: Installation, account: AccountRow, caller: Caller): JsonObject {
  const { db, quotas } = cloud;
  const domain = db.domains.need(account.domainId);
  const vms = db.vms.filter((vm) => vm.accountId === account.id);
  return fields({
    id: account.id,
    name: account.name,
    accounttype: account.type,
    ...roleFields(account),
    domainid: domain.id,
    domain: domain.name,
    domainpath: domain.path,
    created: wireDate(account.created),
    state: account.state,
    isdefault: account.type === AccountType.root,
    ...resourceFields(account.limits, (resource) => quotas.usedByAccount(account.id, resource)),
    vmrunning: vms.filter((vm) => vm.state === 'Running').length,
    vmstopped: vms.filter((vm) => vm.state === 'Stopped').length,
    groups: [],
    user: db.users.filter((user) => user.accountId === account.id).map((user) => renderUser(cloud, user, caller)),
  });
}

function renderUser(cloud: Installation, user: UserRow, caller: Caller): JsonObject {
  const account = cloud.db.accounts.need(user.accountId);
  const domain = cloud.db.domains.need(account.domainId);
  return fields({
    id: user.id,
    username: user.username,
    firstname: user.firstName,
    lastname: user.lastName,
    email: user.email,
    created: wireDate(user.created),
    state: user.state,
    account: account.name,
    accountid: account.id,
    accounttype: account.type,
    usersource: 'native',
    ...roleFields(account),
    domainid: domain.id,
    domain: domain.name,
    timezone: 'UTC',
    apikey: user.apiKey,
    iscallerchilddomain: isDomainAdmin(caller) && account.domainId !== caller.account.domainId,
    isdefault: account.type === AccountType.root,
  });
}

function renderProject(cloud: Installation, project: ProjectRow): JsonObject {
  const { db, quotas } = cloud;
  const domain = db.domains.need(project.domainId);
  const hidden = db.accounts.need(project.accountId);
  const owner = db.accounts.need(project.ownerAccountId);
  const vms = db.vms.filter((vm) => vm.accountId === project.accountId);
  return fields({
    id: project.id,
    name: project.name,
    displaytext: project.displayText,
    domainid: domain.id,
    domain: domain.name,
    owner: [{ account: owner.name }],
    projectaccountname: hidden.name,
    state: project.state,
    created: wireDate(project.created),
    ...resourceFields(hidden.limits, (resource) => quotas.usedByAccount(hidden.id, resource), 'project'),
    vmrunning: vms.filter((vm) => vm.state === 'Running').length,
    vmstopped: vms.filter((vm) => vm.state === 'Stopped').length,
    tags: tagsOf(cloud, project.id),
  });
}

import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields, listAnswer } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, listParameters, query } from '../protocol/command';
import { idOf, required, since, text, whole } from '../protocol/parameters';
import type { AccountRow, ResourceName } from '../store/tenancy-rows';
import {
  accountNamed,
  ownerFields,
  ownerFor,
  ownerParameters,
  visibilityParameters,
  visibleOwners,
} from '../tenancy/owners';
import { resourceTypes, UNLIMITED } from '../tenancy/quotas';

export const limitCommands: readonly Command[] = [
  query({
    name: 'listResourceLimits',
    description: 'Lists resource limits.',
    answers: 'resourcelimit',
    parameters: {
      id: whole(),
      resourcetype: whole(),
      resourcetypename: text(),
      tag: since('4.20', text()),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, false);
      const project = cloud.db.projects.get(args.projectid);
      const owner =
        project !== undefined
          ? cloud.db.accounts.need(project.accountId)
          : args.account === undefined
            ? caller.account
            : accountNamed(cloud.db, args.account, args.domainid ?? caller.account.domainId);
      if (!mine(owner.id)) return {};
      const found = resourceTypes.filter(
        (name, type) =>
          (args.resourcetype === undefined || args.resourcetype === type) &&
          (args.resourcetypename === undefined || args.resourcetypename === name),
      );
      return listAnswer(cloud, args, 'resourcelimit', found, (name) => renderLimit(cloud, owner, name));
    },
  }),
  query({
    name: 'updateResourceLimit',
    description: 'Updates resource limits for an account or domain.',
    role: 'domain-admin',
    answers: 'resourcelimit',
    parameters: { resourcetype: required(whole()), max: whole(), tag: since('4.20', text()), ...ownerParameters },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const resource = resourceTypes[args.resourcetype];
      if (resource === undefined) throw invalidValue('Please specify valid resource type');
      const max = args.max ?? UNLIMITED;
      if (max < UNLIMITED)
        throw invalidValue("Please specify either '-1' for an infinite limit, or a limit that is at least '0'.");
      if (args.domainid !== undefined && args.account === undefined && args.projectid === undefined) {
        const domain = db.domains.need(args.domainid);
        db.domains.patch(domain.id, { limits: { ...domain.limits, [resource]: max } });
        return {
          resourcelimit: {
            domainid: domain.id,
            domain: domain.name,
            resourcetype: `${args.resourcetype}`,
            resourcetypename: resource,
            max,
          },
        };
      }
      const owner = ownerFor(cloud, caller, args);
      const updated = db.accounts.patch(owner.id, { limits: { ...owner.limits, [resource]: max } });
      return { resourcelimit: renderLimit(cloud, updated, resource) };
    },
  }),
  query({
    name: 'updateResourceCount',
    description: 'Recalculate and update resource count for an account or domain.',
    role: 'domain-admin',
    answers: 'resourcecount',
    parameters: {
      domainid: required(idOf('domains')),
      account: text(),
      projectid: idOf('projects'),
      resourcetype: whole(),
    },
    handle: ({ cloud, args }) => {
      const { db, quotas } = cloud;
      const owner = args.account === undefined ? undefined : accountNamed(db, args.account, args.domainid);
      const found = resourceTypes.filter((_, type) => args.resourcetype === undefined || args.resourcetype === type);
      return listAnswer(cloud, {}, 'resourcecount', found, (resource) =>
        fields({
          ...(owner === undefined ? { domainid: args.domainid } : ownerFields(db, owner.id)),
          resourcetype: `${resourceTypes.indexOf(resource)}`,
          resourcetypename: resource,
          resourcecount:
            owner === undefined
              ? quotas.usedByDomain(args.domainid, resource)
              : quotas.usedByAccount(owner.id, resource),
        }),
      );
    },
  }),
];

function renderLimit(cloud: Installation, owner: AccountRow, resource: ResourceName): JsonObject {
  return fields({
    ...ownerFields(cloud.db, owner.id),
    resourcetype: `${resourceTypes.indexOf(resource)}`,
    resourcetypename: resource,
    max: owner.limits[resource] ?? UNLIMITED,
  });
}

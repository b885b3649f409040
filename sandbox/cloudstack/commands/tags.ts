import type { Installation } from '../installation';
import { is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { internalError, invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, type MapEntry, required, text, words } from '../protocol/parameters';
import { type Caller, checkMayUse } from '../tenancy/caller';
import { visibilityParameters, visibleOwners } from '../tenancy/owners';
import { renderTag } from '../tenancy/tags';

/** Owner of a taggable object; undefined: there is none with this id. */
type FindOwner = (cloud: Installation, id: string) => string | undefined;

/** Types as they are printed, and where their objects are. */
const TAGGABLE: { readonly [type: string]: FindOwner } = {
  UserVm: ({ db }, id) => db.vms.get(id)?.accountId,
  Template: ({ db }, id) => db.templates.get(id)?.accountId,
  Volume: ({ db }, id) => db.volumes.get(id)?.accountId,
  Network: ({ db }, id) => db.networks.get(id)?.accountId,
  LoadBalancer: ({ db }, id) => db.loadBalancers.get(id)?.accountId,
  PortForwardingRule: ({ db }, id) => db.portForwardings.get(id)?.accountId,
  FirewallRule: ({ db }, id) => db.firewallRules.get(id)?.accountId,
  PublicIpAddress: ({ db }, id) => db.addresses.get(id)?.accountId,
  Project: ({ db }, id) => db.projects.get(id)?.accountId,
  Vpc: ({ db }, id) => db.vpcs.get(id)?.accountId,
  NetworkACL: ({ db }, id) => db.vpcs.get(db.aclLists.get(db.acls.get(id)?.aclId)?.vpcId)?.accountId,
};

/** Known types that carry no tags (`cloudstack.md` 4.6). */
const UNTAGGABLE = [
  'affinitygroup',
  'networkacllist',
  'nic',
  'zone',
  'kubernetescluster',
  'serviceoffering',
  'diskoffering',
  'networkoffering',
];

const LONGEST = 255;

export const tagCommands: readonly Command[] = [
  job({
    name: 'createTags',
    description: 'Creates resource tag(s)',
    event: 'CREATE_TAGS',
    parameters: {
      resourceids: required(words()),
      resourcetype: required(text()),
      tags: required(entries()),
      customer: text(),
    },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const type = typeOf(args.resourcetype);
      const pairs = args.tags.map(checkedPair);
      const owners = args.resourceids.map((id) => ownerOf(cloud, caller, type, id));
      return {
        entity: { type, id: args.resourceids[0] ?? '' },
        finish: () => {
          for (const [index, id] of args.resourceids.entries()) {
            const row = db.tags.get(id) ?? { id, resourceType: type, accountId: owners[index] ?? '', tags: [] };
            for (const { key } of pairs) {
              if (row.tags.some((tag) => tag.key === key))
                throw internalError(`tag ${key} already on ${type} with id ${id}`);
            }
            const added = pairs.map((pair) => ({ ...pair, customer: args.customer }));
            db.tags.put({ ...row, tags: [...row.tags, ...added] });
          }
          return success;
        },
      };
    },
  }),
  job({
    name: 'deleteTags',
    description: 'Deleting resource tag(s)',
    event: 'DELETE_TAGS',
    parameters: { resourceids: required(words()), resourcetype: required(text()), tags: entries() },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const type = typeOf(args.resourcetype);
      for (const id of args.resourceids) ownerOf(cloud, caller, type, id);
      const isMeant = (key: string, value: string) =>
        args.tags === undefined ||
        args.tags.some(
          (entry) =>
            entry['key']?.toLowerCase() === key.toLowerCase() &&
            (entry['value'] === undefined || entry['value'].toLowerCase() === value.toLowerCase()),
        );
      return {
        entity: { type, id: args.resourceids[0] ?? '' },
        finish: () => {
          let removed = 0;
          for (const id of args.resourceids) {
            const row = db.tags.get(id);
            if (row === undefined) continue;
            const kept = row.tags.filter((tag) => !isMeant(tag.key, tag.value));
            removed += row.tags.length - kept.length;
            if (kept.length === 0) db.tags.remove(id);
            else db.tags.put({ ...row, tags: kept });
          }
          if (removed === 0)
            throw invalidValue('Unable to find any tags which conform to specified delete parameters.');
          return success;
        },
      };
    },
  }),
  query({
    name: 'listTags',
    description: 'List resource tag(s)',
    answers: 'tag',
    parameters: {
      resourceid: text(),
      resourcetype: text(),
      key: text(),
      value: text(),
      customer: text(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, false);
      const one = cloud.db.tags.get(args.resourceid);
      const rows = args.resourceid === undefined ? [...cloud.db.tags.values()] : one === undefined ? [] : [one];
      const found = rows
        .filter((row) => mine(row.accountId) && is(args.resourcetype?.toLowerCase(), row.resourceType.toLowerCase()))
        .flatMap((row) => row.tags.map((tag) => ({ row, tag })))
        .filter(
          ({ tag }) =>
            is(args.key, tag.key) &&
            is(args.value, tag.value) &&
            is(args.customer, tag.customer) &&
            matchesKeyword(args.keyword, tag.key, tag.value),
        );
      return listAnswer(cloud, args, 'tag', found, ({ row, tag }) => renderTag(cloud, row, tag));
    },
  }),
];

function typeOf(asked: string): string {
  const type = Object.keys(TAGGABLE).find((name) => name.toLowerCase() === asked.toLowerCase());
  if (type !== undefined) return type;
  throw invalidValue(
    UNTAGGABLE.includes(asked.toLowerCase())
      ? `The resource type ${asked} doesn't support resource tags`
      : `Invalid resource type ${asked}`,
  );
}

function checkedPair(entry: MapEntry): { key: string; value: string } {
  const { key, value } = entry;
  if (key === undefined || key === '') throw invalidValue('The key of a tag is either null or empty');
  if (value === undefined || value === '') throw invalidValue(`Value for the key ${key} is either null or empty`);
  if (key.length > LONGEST || value.length > LONGEST) throw invalidValue(`The key or value of tag ${key} is too long`);
  return { key, value };
}

function ownerOf(cloud: Installation, caller: Caller, type: string, id: string): string {
  const owner = TAGGABLE[type]?.(cloud, id);
  if (owner === undefined) throw invalidValue(`Unable to find resource by id ${id} and type ${type}`);
  checkMayUse(cloud.db, caller, owner);
  return owner;
}

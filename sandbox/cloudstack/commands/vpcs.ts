import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { parseIpv4Cidr } from '../network/ipv4';
import { ensureSourceNat, releaseAddress, removeTagged } from '../network/public-addresses';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { internalError, invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, required, since, text, whole, words } from '../protocol/parameters';
import { rowsOf, wireDate } from '../store/database';
import type { VpcRow } from '../store/network-rows';
import { type Caller, checkMayUse } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { checkZoneOpen, renderNetwork } from './networks';
import { renderServices } from './offerings';

/** What a VPC gets when the caller names no CIDR. */
const DEFAULT_CIDR = '10.0.0.0/16';

export const vpcCommands: readonly Command[] = [
  query({
    name: 'listVPCs',
    description: 'Lists VPCs',
    answers: 'vpc',
    parameters: {
      id: idOf('vpcs'),
      name: text(),
      displaytext: text(),
      cidr: text(),
      zoneid: idOf('zones'),
      state: text(),
      vpcofferingid: idOf('vpcOfferings'),
      restartrequired: flag(),
      supportedservices: words(),
      fordisplay: flag(),
      showicon: flag(),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const found = cloud.db.vpcs.filter(
        (vpc) =>
          mine(vpc.accountId) &&
          is(args.id, vpc.id) &&
          is(args.name, vpc.name) &&
          is(args.displaytext, vpc.displayText) &&
          is(args.cidr, vpc.cidr) &&
          is(args.zoneid, vpc.zoneId) &&
          is(args.state?.toLowerCase(), vpc.state.toLowerCase()) &&
          is(args.vpcofferingid, vpc.offeringId) &&
          matchesTags(cloud, vpc.id, args.tags) &&
          matchesKeyword(args.keyword, vpc.name),
      );
      return listAnswer(cloud, args, 'vpc', found, (vpc) => renderVpc(cloud, vpc, caller));
    },
  }),
  job({
    name: 'createVPC',
    description: 'Creates a VPC',
    answers: 'vpc',
    creates: true,
    event: 'VPC.CREATE',
    parameters: {
      name: required(text()),
      zoneid: required(idOf('zones')),
      vpcofferingid: required(idOf('vpcOfferings')),
      displaytext: text(),
      cidr: text(),
      networkdomain: text(),
      start: flag(),
      fordisplay: flag(),
      dns1: text(),
      dns2: text(),
      publicmtu: whole(),
      sourcenatipaddress: since('4.19', text()),
      cidrsize: since('4.20', whole()),
      ...ownerParameters,
    },
    submit: ({ cloud, caller, args }) => {
      const { db, clock } = cloud;
      const owner = ownerFor(cloud, caller, args);
      const zone = db.zones.need(args.zoneid);
      checkZoneOpen(zone, caller);
      const cidr = args.cidr ?? DEFAULT_CIDR;
      if (parseIpv4Cidr(cidr) === undefined) throw invalidValue(`Invalid CIDR specified ${cidr}`);
      cloud.quotas.check(owner, { vpc: 1 });
      const number = db.nextNumber();
      const vpc = db.vpcs.put({
        id: db.newId(),
        number,
        name: args.name,
        displayText: args.displaytext ?? args.name,
        accountId: owner.id,
        zoneId: zone.id,
        offeringId: args.vpcofferingid,
        cidr,
        domainName: args.networkdomain ?? `cs${number}${cloud.settings.guestDomain}`,
        // Only deletion takes it out of service: a creation that is cut short leaves it usable.
        state: 'Enabled',
        created: clock.now(),
      });
      return {
        entity: { type: 'Vpc', id: vpc.id },
        queue: `network ${vpc.id}`,
        finish: () => {
          const now = db.vpcs.get(vpc.id);
          if (now === undefined) throw invalidValue(`Unable to find VPC by id ${vpc.id}`);
          if (args.start !== false) ensureSourceNat(cloud, now, 'vpc');
          return { vpc: renderVpc(cloud, now, caller) };
        },
        failed: () => db.vpcs.remove(vpc.id),
      };
    },
  }),
  job({
    name: 'restartVPC',
    description: 'Restarts a VPC',
    event: 'VPC.RESTART',
    parameters: { id: required(idOf('vpcs')), cleanup: flag(), livepatch: flag(), makeredundant: flag() },
    submit: ({ cloud, caller, args }) => {
      const vpc = needVpc(cloud, caller, args.id);
      return { entity: { type: 'Vpc', id: vpc.id }, queue: `network ${vpc.id}`, finish: () => success };
    },
  }),
  job({
    name: 'deleteVPC',
    description: 'Deletes a VPC',
    event: 'VPC.DELETE',
    parameters: { id: required(idOf('vpcs')) },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const vpc = needVpc(cloud, caller, args.id);
      return {
        entity: { type: 'Vpc', id: vpc.id },
        queue: `network ${vpc.id}`,
        begin: () => {
          if (db.vpcs.get(vpc.id) === undefined) return;
          if (db.networksByVpc.get(vpc.id).size > 0) {
            throw internalError(
              `Can't delete VPC ${vpc.id} as its used by ${db.networksByVpc.get(vpc.id).size} networks`,
            );
          }
          db.vpcs.patch(vpc.id, { state: 'Inactive' });
        },
        finish: () => {
          if (db.vpcs.get(vpc.id) === undefined) return success;
          for (const id of [...db.addressesByNetwork.get(vpc.id)]) releaseAddress(cloud, db.addresses.need(id));
          for (const list of db.aclLists.filter((row) => row.vpcId === vpc.id)) {
            for (const id of [...db.aclsByList.get(list.id)]) removeTagged(cloud, () => db.acls.remove(id), id);
            db.aclLists.remove(list.id);
          }
          removeTagged(cloud, () => db.vpcs.remove(vpc.id), vpc.id);
          return success;
        },
      };
    },
  }),
];

/** @throws ApiError 431, 531 */
export function needVpc(cloud: Installation, caller: Caller, id: string): VpcRow {
  const vpc = cloud.db.vpcs.get(id);
  if (vpc === undefined) throw invalidValue(`Unable to find VPC by id ${id}`);
  checkMayUse(cloud.db, caller, vpc.accountId);
  return vpc;
}

function renderVpc(cloud: Installation, vpc: VpcRow, caller: Caller): JsonObject {
  const { db } = cloud;
  const zone = db.zones.need(vpc.zoneId);
  const offering = db.vpcOfferings.need(vpc.offeringId);
  const tiers = rowsOf(db.networksByVpc.get(vpc.id), (id) => db.networks.get(id));
  return fields({
    id: vpc.id,
    name: vpc.name,
    displaytext: vpc.displayText,
    state: vpc.state,
    zoneid: zone.id,
    zonename: zone.name,
    service: renderServices(offering.services),
    cidr: vpc.cidr,
    vpcofferingid: offering.id,
    vpcofferingname: offering.name,
    created: wireDate(vpc.created),
    ...ownerFields(db, vpc.accountId),
    network: tiers.map((network) => renderNetwork(cloud, network, caller)),
    restartrequired: false,
    networkdomain: vpc.domainName,
    fordisplay: true,
    distributedvpcrouter: false,
    redundantvpcrouter: offering.name.startsWith('Redundant'),
    regionlevelvpc: false,
    dns1: zone.dns1,
    hasannotations: false,
    tags: tagsOf(cloud, vpc.id),
    ...jobFields(cloud, vpc.id),
  });
}

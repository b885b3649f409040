import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { releaseAddress, reserveAddress, sourceNatOf } from '../network/public-addresses';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, since, text, whole } from '../protocol/parameters';
import { rowsOf, wireDate } from '../store/database';
import type { AddressRow } from '../store/network-rows';
import { type Caller, checkMayUse, isRoot } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { needNetwork } from './networks';

export const addressCommands: readonly Command[] = [
  query({
    name: 'listPublicIpAddresses',
    description: 'Lists all public ip addresses',
    answers: 'publicipaddress',
    parameters: {
      id: idOf('addresses'),
      ipaddress: text(),
      zoneid: idOf('zones'),
      networkid: idOf('networks'),
      associatednetworkid: idOf('networks'),
      vpcid: idOf('vpcs'),
      allocatedonly: flag(),
      state: text(),
      issourcenat: flag(),
      isstaticnat: flag(),
      forvirtualnetwork: flag(),
      forloadbalancing: flag(),
      forsystemvms: flag(),
      fordisplay: flag(),
      physicalnetworkid: text(),
      vlanid: text(),
      retrieveonlyresourcecount: since('4.19', flag()),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      // Free addresses belong to nobody: everybody who may take one sees them.
      const withFree =
        args.allocatedonly === false && args.associatednetworkid === undefined && args.vpcid === undefined;
      const state = args.state?.toLowerCase();
      const keep = (address: AddressRow) =>
        (address.accountId === undefined ? withFree || state === 'free' : mine(address.accountId)) &&
        is(args.id, address.id) &&
        is(args.ipaddress, address.address) &&
        is(args.zoneid, address.zoneId) &&
        is(args.networkid, address.networkId) &&
        is(args.associatednetworkid, address.networkId) &&
        is(args.vpcid, address.vpcId) &&
        is(state, address.state.toLowerCase()) &&
        is(args.issourcenat, address.sourceNat) &&
        is(args.isstaticnat, address.staticNatVmId !== undefined) &&
        // Only public addresses are kept here, none of a shared network.
        args.forvirtualnetwork !== false &&
        is(args.vlanid, address.vlanId) &&
        matchesTags(cloud, address.id, args.tags) &&
        matchesKeyword(args.keyword, address.address);
      const found = candidates(cloud, args).filter(keep);
      return listAnswer(cloud, args, 'publicipaddress', found, (address) => renderAddress(cloud, address, caller));
    },
  }),
  job({
    name: 'associateIpAddress',
    description: 'Acquires and associates a public IP to an account.',
    answers: 'ipaddress',
    creates: true,
    event: 'NET.IPASSIGN',
    parameters: {
      networkid: idOf('networks'),
      vpcid: idOf('vpcs'),
      zoneid: idOf('zones'),
      ipaddress: text(),
      isportable: flag(),
      regionid: whole(),
      fordisplay: flag(),
      ...ownerParameters,
    },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const network = args.networkid === undefined ? undefined : needNetwork(cloud, caller, args.networkid);
      const vpc = db.vpcs.get(args.vpcid);
      if (args.vpcid !== undefined && vpc === undefined) throw invalidValue(`Unable to find VPC by id ${args.vpcid}`);
      if (vpc !== undefined) checkMayUse(db, caller, vpc.accountId);
      const zoneId = network?.zoneId ?? vpc?.zoneId ?? args.zoneid;
      if (zoneId === undefined) {
        throw invalidValue(
          'Unable to figure out zone to assign ip to. Please specify either zoneId, or networkId, or vpcId in the call',
        );
      }
      const ownerId = network?.accountId ?? vpc?.accountId ?? ownerFor(cloud, caller, args).id;
      cloud.quotas.check(db.accounts.need(ownerId), { public_ip: 1 });
      const free = reserveAddress(cloud, zoneId, args.ipaddress);
      const vpcId = vpc?.id ?? network?.vpcId;
      const target = db.vpcs.get(vpcId) ?? network;
      const services = network === undefined ? [] : db.networkOfferings.need(network.offeringId).services;
      // The first address of a network without one becomes its source NAT (`cloudstack.md` 4.3).
      const isSourceNat =
        target !== undefined &&
        sourceNatOf(cloud, target) === undefined &&
        (vpcId !== undefined || services.includes('SourceNat'));
      const address = db.addresses.put({
        ...free,
        state: 'Allocating',
        accountId: ownerId,
        allocated: cloud.clock.now(),
        networkId: vpcId === undefined ? network?.id : undefined,
        vpcId,
        sourceNat: isSourceNat,
      });
      return {
        entity: { type: 'IpAddress', id: address.id },
        queue: queueOf(address),
        finish: () => {
          const result = { ipaddress: renderAddress(cloud, db.addresses.need(address.id), caller) };
          // The copy in the result is taken before the address is in use.
          db.addresses.patch(address.id, { state: 'Allocated' });
          return result;
        },
        failed: () => {
          const left = db.addresses.get(address.id);
          if (left?.state === 'Allocating') releaseAddress(cloud, left);
        },
      };
    },
  }),
  job({
    name: 'disassociateIpAddress',
    description: 'Disassociates an IP address from the account.',
    event: 'NET.IPRELEASE',
    parameters: { id: idOf('addresses'), ipaddress: since('4.19', text()) },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const address =
        args.id === undefined
          ? rowsOf(db.addressesByText.get(args.ipaddress ?? ''), (id) => db.addresses.get(id))[0]
          : db.addresses.get(args.id);
      if (address === undefined) throw invalidValue('Unable to find IP address by id');
      if (address.accountId === undefined || address.state === 'Releasing') {
        return { entity: { type: 'IpAddress', id: address.id }, finish: () => success };
      }
      checkMayUse(db, caller, address.accountId);
      if (address.sourceNat && (address.networkId !== undefined || address.vpcId !== undefined)) {
        throw invalidValue("IP address is used for source nat purposes and can't be disassociated.");
      }
      return {
        entity: { type: 'IpAddress', id: address.id },
        queue: queueOf(address),
        begin: () => {
          if (db.addresses.get(address.id)?.accountId !== undefined) {
            db.addresses.patch(address.id, { state: 'Releasing' });
          }
        },
        finish: () => {
          const now = db.addresses.need(address.id);
          if (now.accountId !== undefined) releaseAddress(cloud, now);
          return success;
        },
        failed: () => {
          if (db.addresses.get(address.id)?.state === 'Releasing')
            db.addresses.patch(address.id, { state: 'Allocated' });
        },
      };
    },
  }),
];

/** Narrow look-ups go by index: providers ask for one address or one network at a time. */
function candidates(
  cloud: Installation,
  args: { id: string | undefined; ipaddress: string | undefined; associatednetworkid: string | undefined },
): AddressRow[] {
  const { db } = cloud;
  const get = (id: string) => db.addresses.get(id);
  if (args.id !== undefined) return rowsOf(new Set([args.id]), get);
  if (args.ipaddress !== undefined) return rowsOf(db.addressesByText.get(args.ipaddress), get);
  if (args.associatednetworkid !== undefined) return rowsOf(db.addressesByNetwork.get(args.associatednetworkid), get);
  return [...db.addresses.values()];
}

/** Changes of one network, or VPC, are made one after the other. */
export function queueOf(address: AddressRow): string {
  return `network ${address.vpcId ?? address.networkId ?? address.id}`;
}

/** The allocated address, if it is the caller's. @throws ApiError 431, 531 */
export function needAddress(cloud: Installation, caller: Caller, id: string): AddressRow & { accountId: string } {
  const address = cloud.db.addresses.get(id);
  const accountId = address?.accountId;
  if (address === undefined || accountId === undefined || address.state === 'Free') {
    throw invalidValue(`Unable to find ip address by id ${id}: it is not allocated`);
  }
  checkMayUse(cloud.db, caller, accountId);
  return { ...address, accountId };
}

function renderAddress(cloud: Installation, address: AddressRow, caller: Caller): JsonObject {
  const { db } = cloud;
  const zone = db.zones.need(address.zoneId);
  const network = db.networks.get(address.networkId);
  const vpc = db.vpcs.get(address.vpcId);
  const machine = db.vms.get(address.staticNatVmId);
  return fields({
    id: address.id,
    ipaddress: address.address,
    allocated: address.allocated === undefined ? undefined : wireDate(address.allocated),
    zoneid: zone.id,
    zonename: zone.name,
    issourcenat: address.sourceNat,
    ...(address.accountId === undefined ? {} : ownerFields(db, address.accountId)),
    forvirtualnetwork: true,
    vlanid: isRoot(caller) ? address.vlanId : undefined,
    vlanname: isRoot(caller) ? 'vlan://untagged' : undefined,
    isstaticnat: machine !== undefined,
    issystem: address.system,
    virtualmachineid: machine?.id,
    virtualmachinename: machine?.name,
    virtualmachinedisplayname: machine?.displayName,
    associatednetworkid: network?.id,
    associatednetworkname: network?.name,
    networkid: zone.publicNetworkId,
    networkname: 'public',
    vpcid: vpc?.id,
    vpcname: vpc?.name,
    state: address.state,
    physicalnetworkid: zone.physicalNetworkId,
    isportable: false,
    fordisplay: true,
    hasannotations: false,
    tags: tagsOf(cloud, address.id),
    ...jobFields(cloud, address.id),
  });
}

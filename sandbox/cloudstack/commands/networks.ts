import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { contains, formatIpv4, netmaskOf, parseIpv4, parseIpv4Cidr, prefixOf, rangesOverlap } from '../network/ipv4';
import { releaseAddress, removeTagged } from '../network/public-addresses';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { internalError, invalidValue, permissionDenied } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, required, since, text, whole, words } from '../protocol/parameters';
import type { NetworkOfferingRow, ZoneRow } from '../store/catalog-rows';
import { rowsOf, wireDate } from '../store/database';
import type { NetworkRow, VpcRow } from '../store/network-rows';
import { type Caller, checkMayUse, isRoot } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { renderServices } from './offerings';

export const networkCommands: readonly Command[] = [
  query({
    name: 'listNetworks',
    description: 'Lists all available networks.',
    answers: 'network',
    parameters: {
      id: idOf('networks'),
      name: since('4.22', text()),
      type: text(),
      zoneid: idOf('zones'),
      vpcid: idOf('vpcs'),
      forvpc: flag(),
      traffictype: text(),
      acltype: text(),
      networkofferingid: idOf('networkOfferings'),
      associatednetworkid: idOf('networks'),
      physicalnetworkid: text(),
      supportedservices: words(),
      restartrequired: flag(),
      canusefordeploy: flag(),
      issystem: flag(),
      specifyipranges: flag(),
      displaynetwork: flag(),
      showicon: flag(),
      networkfilter: text(),
      retrieveonlyresourcecount: since('4.19', flag()),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const found = cloud.db.networks.filter(
        (network) =>
          (network.type === 'Shared' || mine(network.accountId)) &&
          is(args.id, network.id) &&
          is(args.name, network.name) &&
          is(args.type?.toLowerCase(), network.type.toLowerCase()) &&
          is(args.zoneid, network.zoneId) &&
          is(args.vpcid, network.vpcId) &&
          is(args.forvpc, network.vpcId !== undefined) &&
          is(args.traffictype?.toLowerCase(), 'guest') &&
          is(args.acltype?.toLowerCase(), network.type === 'Shared' ? 'domain' : 'account') &&
          is(args.networkofferingid, network.offeringId) &&
          is(args.restartrequired, false) &&
          is(args.issystem, false) &&
          supports(cloud, network, args.supportedservices) &&
          matchesTags(cloud, network.id, args.tags) &&
          matchesKeyword(args.keyword, network.name, network.displayText),
      );
      return listAnswer(cloud, args, 'network', found, (network) => renderNetwork(cloud, network, caller));
    },
  }),
  query({
    name: 'createNetwork',
    description: 'Creates a network',
    answers: 'network',
    parameters: {
      name: required(text()),
      networkofferingid: required(idOf('networkOfferings')),
      zoneid: required(idOf('zones')),
      displaytext: text(),
      gateway: text(),
      netmask: text(),
      startip: text(),
      endip: text(),
      vlan: text(),
      vpcid: idOf('vpcs'),
      aclid: idOf('aclLists'),
      acltype: text(),
      networkdomain: text(),
      physicalnetworkid: text(),
      sourcenatipaddress: since('4.19', text()),
      cidrsize: since('4.20', whole()),
      externalid: text(),
      publicmtu: whole(),
      privatemtu: whole(),
      subdomainaccess: flag(),
      displaynetwork: flag(),
      dns1: text(),
      dns2: text(),
      ...ownerParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const owner = ownerFor(cloud, caller, args);
      const zone = db.zones.need(args.zoneid);
      const offering = db.networkOfferings.get(args.networkofferingid);
      if (offering === undefined) throw invalidValue(`Unable to find network offering by id ${args.networkofferingid}`);
      checkZoneOpen(zone, caller);
      if (offering.guestType === 'Shared' && !isRoot(caller)) {
        throw invalidValue('Only Admin users can create shared networks');
      }
      const vpc = db.vpcs.get(args.vpcid);
      if (vpc !== undefined) checkMayUse(db, caller, vpc.accountId);
      if (offering.forVpc !== (vpc !== undefined)) {
        throw invalidValue(
          offering.forVpc
            ? 'Network offering can be used for VPC networks only'
            : 'Network offering is not supposed to be used for VPC networks',
        );
      }
      const plan = planAddresses(cloud, args, zone, offering, vpc);
      if (offering.guestType !== 'Shared') cloud.quotas.check(owner, { network: 1 });
      const number = db.nextNumber();
      const network = db.networks.put({
        id: db.newId(),
        number,
        name: args.name,
        displayText: args.displaytext ?? args.name,
        accountId: owner.id,
        zoneId: zone.id,
        offeringId: offering.id,
        type: offering.guestType,
        state: offering.guestType === 'Shared' ? 'Setup' : 'Allocated',
        ...plan,
        startIp: args.startip,
        endIp: args.endip,
        domainName: args.networkdomain ?? `cs${number}${cloud.settings.guestDomain}`,
        vpcId: vpc?.id,
        aclId: vpc === undefined ? undefined : (args.aclid ?? db.aclLists.find((list) => list.builtIn === 'deny')?.id),
        created: cloud.clock.now(),
      });
      return { network: renderNetwork(cloud, network, caller) };
    },
  }),
  job({
    name: 'updateNetwork',
    description: 'Updates a network',
    answers: 'network',
    event: 'NETWORK.UPDATE',
    parameters: {
      id: required(idOf('networks')),
      name: text(),
      displaytext: text(),
      networkdomain: text(),
      networkofferingid: idOf('networkOfferings'),
      displaynetwork: flag(),
      changecidr: flag(),
      forced: flag(),
      guestvmcidr: text(),
    },
    submit: ({ cloud, caller, args }) => {
      const network = needNetwork(cloud, caller, args.id);
      return {
        entity: { type: 'Network', id: network.id },
        queue: `network ${network.id}`,
        finish: () => {
          const now = cloud.db.networks.need(network.id);
          const updated = cloud.db.networks.put({
            ...now,
            name: args.name ?? now.name,
            displayText: args.displaytext ?? now.displayText,
            domainName: args.networkdomain ?? now.domainName,
          });
          return { network: renderNetwork(cloud, updated, caller) };
        },
      };
    },
  }),
  job({
    name: 'restartNetwork',
    description:
      'Restarts the network; includes 1) restarting network elements - virtual routers, DHCP servers 2) reapplying all public IPs 3) reapplying loadBalancing/portForwarding rules',
    event: 'NETWORK.RESTART',
    parameters: { id: required(idOf('networks')), cleanup: flag(), livepatch: flag(), makeredundant: flag() },
    submit: ({ cloud, caller, args }) => {
      const network = needNetwork(cloud, caller, args.id);
      return {
        entity: { type: 'Network', id: network.id },
        queue: `network ${network.id}`,
        finish: () => success,
      };
    },
  }),
  job({
    name: 'deleteNetwork',
    description: 'Deletes a network',
    event: 'NETWORK.DELETE',
    parameters: { id: required(idOf('networks')), forced: flag() },
    submit: ({ cloud, caller, args }) => {
      const network = needNetwork(cloud, caller, args.id);
      return {
        entity: { type: 'Network', id: network.id },
        queue: `network ${network.id}`,
        finish: () => {
          deleteNetwork(cloud, network.id);
          return success;
        },
      };
    },
  }),
];

/** @throws ApiError 531 for users when the operator closed the zone. */
export function checkZoneOpen(zone: ZoneRow, caller: Caller): void {
  if (zone.allocationState === 'Enabled' || isRoot(caller)) return;
  throw permissionDenied(`Cannot perform this operation, Zone is currently disabled: ${zone.name}`);
}

/** The network, if it is still there and the caller's. @throws ApiError 431, 531 */
export function needNetwork(cloud: Installation, caller: Caller, id: string): NetworkRow {
  const network = cloud.db.networks.get(id);
  if (network === undefined) throw invalidValue(`Unable to find a network with id ${id}`);
  if (network.type !== 'Shared') checkMayUse(cloud.db, caller, network.accountId);
  return network;
}

/** Takes the network away with its rules, its addresses, its router. @throws ApiError 530 while machines hold a NIC */
function deleteNetwork(cloud: Installation, networkId: string): void {
  const { db } = cloud;
  if (db.networks.get(networkId) === undefined) return;
  // Destroyed machines block too, only failed ones do not (`cloudstack.md` 7.4).
  const inUse = rowsOf(db.vmsByNetwork.get(networkId), (id) => db.vms.get(id)).some((vm) => vm.state !== 'Error');
  if (inUse) throw internalError('Failed to delete network');
  for (const id of [...db.balancersByNetwork.get(networkId)]) {
    removeTagged(cloud, () => db.loadBalancers.remove(id), id);
  }
  for (const id of [...db.addressesByNetwork.get(networkId)]) {
    const address = db.addresses.need(id);
    // Addresses of a VPC stay with the VPC.
    if (address.vpcId === undefined) releaseAddress(cloud, address);
    else db.addresses.patch(id, { networkId: undefined });
  }
  for (const id of [...db.firewallByNetwork.get(networkId)]) removeTagged(cloud, () => db.firewallRules.remove(id), id);
  removeTagged(cloud, () => db.networks.remove(networkId), networkId);
}

function supports(cloud: Installation, network: NetworkRow, services: readonly string[] | undefined): boolean {
  const offered = cloud.db.networkOfferings.need(network.offeringId).services;
  return (services ?? []).every((service) => offered.includes(service));
}

interface AddressArgs {
  readonly gateway: string | undefined;
  readonly netmask: string | undefined;
}

/** Gateway, netmask and CIDR of a new network. @throws ApiError 431 */
function planAddresses(
  cloud: Installation,
  args: AddressArgs,
  zone: ZoneRow,
  offering: NetworkOfferingRow,
  vpc: VpcRow | undefined,
): Pick<NetworkRow, 'gateway' | 'netmask' | 'cidr'> {
  if (offering.guestType === 'L2') return {};
  if (args.gateway === undefined || args.netmask === undefined) {
    if (args.gateway !== undefined) throw invalidValue('gateway and netmask should be specified together');
    if (vpc !== undefined) throw invalidValue('Gateway and netmask are required when creating a network in a VPC');
    const range = parseIpv4Cidr(zone.guestCidr) ?? { first: 0, last: 255, prefix: 24 };
    return { gateway: formatIpv4(range.first + 1), netmask: netmaskOf(range.prefix), cidr: zone.guestCidr };
  }
  const gateway = parseIpv4(args.gateway);
  if (gateway === undefined) throw invalidValue(`Invalid gateway ${args.gateway}`);
  const prefix = prefixOf(args.netmask);
  if (prefix === undefined) throw invalidValue(`Invalid netmask ${args.netmask}`);
  const size = 2 ** (32 - prefix);
  const cidr = `${formatIpv4(gateway - (gateway % size))}/${prefix}`;
  if (vpc !== undefined) checkTier(cloud, vpc, cidr, gateway);
  return { gateway: args.gateway, netmask: args.netmask, cidr };
}

function checkTier(cloud: Installation, vpc: VpcRow, cidr: string, gateway: number): void {
  const range = parseIpv4Cidr(cidr);
  const whole = parseIpv4Cidr(vpc.cidr);
  if (range === undefined || whole === undefined) return;
  if (!contains(whole, gateway) || !contains(whole, range.first) || !contains(whole, range.last)) {
    throw invalidValue(`Subnet ${cidr} is not within the VPC cidr ${vpc.cidr}`);
  }
  for (const tier of rowsOf(cloud.db.networksByVpc.get(vpc.id), (id) => cloud.db.networks.get(id))) {
    const other = parseIpv4Cidr(tier.cidr ?? '');
    if (other !== undefined && rangesOverlap(range, other)) {
      throw invalidValue(`Network cidr ${cidr} crosses other network cidr ${tier.cidr} in the vpc ${vpc.id}`);
    }
  }
}

export function renderNetwork(cloud: Installation, network: NetworkRow, caller: Caller): JsonObject {
  const { db } = cloud;
  const zone = db.zones.need(network.zoneId);
  const offering = db.networkOfferings.need(network.offeringId);
  const vpc = db.vpcs.get(network.vpcId);
  return fields({
    id: network.id,
    name: network.name,
    displaytext: network.displayText,
    broadcastdomaintype: 'Vlan',
    broadcasturi: isRoot(caller) && network.vlan !== undefined ? `vlan://${network.vlan}` : undefined,
    vlan: isRoot(caller) && network.vlan !== undefined ? `${network.vlan}` : undefined,
    traffictype: 'Guest',
    gateway: network.gateway,
    netmask: network.netmask,
    cidr: network.cidr,
    zoneid: zone.id,
    zonename: zone.name,
    networkofferingid: offering.id,
    networkofferingname: offering.name,
    networkofferingdisplaytext: offering.displayText,
    networkofferingconservemode: true,
    networkofferingavailability: offering.availability,
    issystem: false,
    state: network.state,
    related: network.id,
    dns1: zone.dns1,
    type: network.type,
    acltype: network.type === 'Shared' ? 'Domain' : 'Account',
    subdomainaccess: network.type === 'Shared' ? true : undefined,
    ...ownerFields(db, network.accountId),
    service: renderServices(offering.services),
    networkdomain: network.domainName,
    physicalnetworkid: zone.physicalNetworkId,
    restartrequired: false,
    specifyipranges: offering.specifyIpRanges,
    specifyvlan: network.type === 'Shared',
    vpcid: vpc?.id,
    vpcname: vpc?.name,
    aclid: network.aclId,
    aclname: db.aclLists.get(network.aclId)?.name,
    canusefordeploy: true,
    ispersistent: false,
    displaynetwork: true,
    strechedl2subnet: false,
    redundantrouter: false,
    supportsvmautoscaling: true,
    egressdefaultpolicy: offering.egressDefaultAllow,
    ip4routing: offering.routingMode,
    ip4routes: offering.routingMode === undefined ? undefined : [],
    created: wireDate(network.created),
    hasannotations: false,
    details: {},
    tags: tagsOf(cloud, network.id),
    ...jobFields(cloud, network.id),
  });
}

import type { JsonObject } from '../../../machinery/json';
import { fields, is, listAnswer, matchesKeyword } from '../protocol/answers';
import { type Command, listParameters, query } from '../protocol/command';
import { flag, idOf, since, text, whole, words } from '../protocol/parameters';
import type { DiskOfferingRow, NetworkOfferingRow, ServiceOfferingRow, VpcOfferingRow } from '../store/catalog-rows';
import { wireDate } from '../store/database';
import { visibilityParameters } from '../tenancy/owners';

/** Offerings are shared: owner parameters are taken and change nothing. */
export const offeringCommands: readonly Command[] = [
  query({
    name: 'listServiceOfferings',
    description: 'Lists all available service offerings.',
    answers: 'serviceoffering',
    parameters: {
      id: idOf('serviceOfferings'),
      name: text(),
      zoneid: idOf('zones'),
      issystem: flag(),
      virtualmachineid: idOf('vms'),
      cpunumber: whole(),
      memory: whole(),
      cpuspeed: whole(),
      encryptroot: flag(),
      storagetype: since('4.19', text()),
      templateid: since('4.20', idOf('templates')),
      state: since('4.20', text()),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.serviceOfferings.filter(
        (offering) =>
          is(args.id, offering.id) &&
          is(args.name, offering.name) &&
          args.issystem !== true &&
          (args.cpunumber === undefined || (offering.cpuNumber ?? args.cpunumber) >= args.cpunumber) &&
          (args.memory === undefined || (offering.memoryMiB ?? args.memory) >= args.memory) &&
          matchesKeyword(args.keyword, offering.name, offering.displayText),
      );
      return listAnswer(cloud, args, 'serviceoffering', found, renderServiceOffering);
    },
  }),
  query({
    name: 'listDiskOfferings',
    description: 'Lists all available disk offerings.',
    answers: 'diskoffering',
    parameters: {
      id: idOf('diskOfferings'),
      name: text(),
      zoneid: idOf('zones'),
      storagetype: text(),
      encrypt: flag(),
      volumeid: idOf('volumes'),
      virtualmachineid: since('4.20', idOf('vms')),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.diskOfferings.filter(
        (offering) =>
          is(args.id, offering.id) &&
          is(args.name, offering.name) &&
          matchesKeyword(args.keyword, offering.name, offering.displayText),
      );
      return listAnswer(cloud, args, 'diskoffering', found, renderDiskOffering);
    },
  }),
  query({
    name: 'listNetworkOfferings',
    description: 'Lists all available network offerings.',
    answers: 'networkoffering',
    parameters: {
      id: idOf('networkOfferings'),
      name: text(),
      displaytext: text(),
      state: text(),
      forvpc: flag(),
      guestiptype: text(),
      availability: text(),
      isdefault: flag(),
      sourcenatsupported: flag(),
      supportedservices: words(),
      specifyipranges: flag(),
      specifyvlan: flag(),
      traffictype: text(),
      tags: text(),
      istagged: flag(),
      networkid: idOf('networks'),
      domainid: idOf('domains'),
      zoneid: idOf('zones'),
      routingmode: since('4.20', text()),
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.networkOfferings.filter(
        (offering) =>
          is(args.id, offering.id) &&
          is(args.name, offering.name) &&
          is(args.state, 'Enabled') &&
          is(args.forvpc, offering.forVpc) &&
          is(args.guestiptype?.toLowerCase(), offering.guestType.toLowerCase()) &&
          is(args.availability, offering.availability) &&
          is(args.isdefault, offering.isDefault) &&
          is(args.sourcenatsupported, offering.services.includes('SourceNat')) &&
          is(args.routingmode, offering.routingMode) &&
          (args.supportedservices ?? []).every((service) => offering.services.includes(service)) &&
          matchesKeyword(args.keyword, offering.name, offering.displayText),
      );
      return listAnswer(cloud, args, 'networkoffering', found, renderNetworkOffering);
    },
  }),
  query({
    name: 'listVPCOfferings',
    description: 'Lists VPC offerings',
    answers: 'vpcoffering',
    parameters: {
      id: idOf('vpcOfferings'),
      name: text(),
      displaytext: text(),
      isdefault: flag(),
      state: text(),
      supportedservices: words(),
      domainid: idOf('domains'),
      zoneid: idOf('zones'),
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.vpcOfferings.filter(
        (offering) =>
          is(args.id, offering.id) &&
          is(args.name, offering.name) &&
          is(args.isdefault, offering.isDefault) &&
          is(args.state, 'Enabled') &&
          matchesKeyword(args.keyword, offering.name),
      );
      return listAnswer(cloud, args, 'vpcoffering', found, renderVpcOffering);
    },
  }),
];

function renderServiceOffering(offering: ServiceOfferingRow): JsonObject {
  return fields({
    id: offering.id,
    name: offering.name,
    displaytext: offering.displayText,
    cpunumber: offering.cpuNumber,
    cpuspeed: offering.cpuSpeedMhz,
    memory: offering.memoryMiB,
    created: wireDate(offering.created),
    storagetype: 'shared',
    provisioningtype: 'thin',
    offerha: offering.offerHa,
    limitcpuuse: false,
    isvolatile: false,
    issystem: false,
    defaultuse: false,
    iscustomized: offering.cpuNumber === undefined,
    iscustomizediops: false,
    hosttags: offering.hostTags.length === 0 ? undefined : offering.hostTags.join(','),
    rootdisksize: offering.rootDiskGiB,
    dynamicscalingenabled: false,
    encryptroot: false,
    state: 'Active',
    serviceofferingdetails: {},
    hasannotations: false,
  });
}

function renderDiskOffering(offering: DiskOfferingRow): JsonObject {
  return fields({
    id: offering.id,
    name: offering.name,
    displaytext: offering.displayText,
    disksize: offering.sizeGiB ?? 0,
    created: wireDate(offering.created),
    iscustomized: offering.sizeGiB === undefined,
    iscustomizediops: false,
    storagetype: 'shared',
    provisioningtype: 'thin',
    cacheMode: 'none',
    displayoffering: true,
    encrypt: false,
    state: 'Active',
    hasannotations: false,
  });
}

/** `service` of networks and offerings; the load balancer also says what it can. */
export function renderServices(services: readonly string[]): JsonObject[] {
  return services.map((name) => {
    if (name !== 'Lb') return { name };
    const capability = (capabilityName: string, value: string) => ({
      name: capabilityName,
      value,
      canchooseservicecapability: false,
    });
    return {
      name,
      capability: [
        capability('SupportedLBIsolation', 'dedicated'),
        capability('SupportedLbAlgorithms', 'roundrobin,leastconn,source'),
        capability('SupportedProtocols', 'tcp, udp, tcp-proxy'),
        capability('LbSchemes', 'Public'),
      ],
    };
  });
}

function renderNetworkOffering(offering: NetworkOfferingRow): JsonObject {
  return fields({
    id: offering.id,
    name: offering.name,
    displaytext: offering.displayText,
    traffictype: 'Guest',
    isdefault: offering.isDefault,
    specifyvlan: offering.guestType === 'Shared',
    conservemode: true,
    specifyipranges: offering.specifyIpRanges,
    availability: offering.availability,
    networkrate: 200,
    state: 'Enabled',
    guestiptype: offering.guestType,
    serviceofferingid: offering.serviceOfferingId,
    service: renderServices(offering.services),
    forvpc: offering.forVpc,
    ispersistent: false,
    egressdefaultpolicy: offering.egressDefaultAllow,
    supportspublicaccess: false,
    supportsstrechedl2subnet: false,
    routingmode: offering.routingMode,
    networkmode: offering.routingMode === undefined ? undefined : 'ROUTED',
    created: wireDate(offering.created),
    hasannotations: false,
  });
}

function renderVpcOffering(offering: VpcOfferingRow): JsonObject {
  return fields({
    id: offering.id,
    name: offering.name,
    displaytext: offering.displayText,
    created: wireDate(offering.created),
    isdefault: offering.isDefault,
    state: 'Enabled',
    service: renderServices(offering.services),
    distributedvpcrouter: false,
    supportsregionLevelvpc: false,
  });
}

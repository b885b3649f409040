import { fields, is, listAnswer, matchesKeyword } from '../protocol/answers';
import { type Command, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, idsOf, since, text } from '../protocol/parameters';
import { isRoot } from '../tenancy/caller';

export const zoneCommands: readonly Command[] = [
  query({
    name: 'listZones',
    description: 'Lists zones',
    answers: 'zone',
    parameters: {
      id: idOf('zones'),
      ids: since('4.19', idsOf('zones')),
      name: text(),
      available: flag(),
      networktype: text(),
      domainid: idOf('domains'),
      showcapacities: flag(),
      showicon: flag(),
      tags: entries(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const found = cloud.db.zones.filter(
        (zone) =>
          is(args.id, zone.id) &&
          is(args.name, zone.name) &&
          (args.ids === undefined || args.ids.includes(zone.id)) &&
          is(args.networktype, 'Advanced') &&
          (isRoot(caller) || args.available !== true || zone.allocationState === 'Enabled') &&
          matchesKeyword(args.keyword, zone.name),
      );
      return listAnswer(cloud, args, 'zone', found, (zone) =>
        fields({
          id: zone.id,
          name: zone.name,
          dns1: zone.dns1,
          internaldns1: zone.dns1,
          guestcidraddress: zone.guestCidr,
          networktype: 'Advanced',
          securitygroupsenabled: false,
          allocationstate: zone.allocationState,
          zonetoken: zone.token,
          dhcpprovider: 'VirtualRouter',
          localstorageenabled: false,
          allowuserspecifyvrmtu: false,
          type: 'Core',
          tags: [],
          resourcedetails: {},
        }),
      );
    },
  }),
];

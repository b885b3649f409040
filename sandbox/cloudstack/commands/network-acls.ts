import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { removeTagged } from '../network/public-addresses';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { invalidValue, permissionDenied } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, required, text, whole, words } from '../protocol/parameters';
import { rowsOf } from '../store/database';
import type { AclListRow, AclRow } from '../store/network-rows';
import { type Caller, checkMayUse } from '../tenancy/caller';
import { visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields, matchesTags, tagsOf } from '../tenancy/tags';
import { cidrsOf, portsOf } from './firewall';
import { needNetwork } from './networks';
import { needVpc } from './vpcs';

export const networkAclCommands: readonly Command[] = [
  query({
    name: 'listNetworkACLLists',
    description: 'Lists all network ACLs',
    answers: 'networkacllist',
    parameters: {
      id: idOf('aclLists'),
      name: text(),
      networkid: idOf('networks'),
      vpcid: idOf('vpcs'),
      fordisplay: flag(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const ofNetwork = db.networks.get(args.networkid)?.aclId;
      const found = db.aclLists.filter(
        (list) =>
          (list.vpcId === undefined || mine(db.vpcs.need(list.vpcId).accountId)) &&
          is(args.id, list.id) &&
          is(args.name, list.name) &&
          // The built-in lists serve every VPC.
          (list.vpcId === undefined || is(args.vpcid, list.vpcId)) &&
          (args.networkid === undefined || list.id === ofNetwork) &&
          matchesKeyword(args.keyword, list.name),
      );
      return listAnswer(cloud, args, 'networkacllist', found, (list) => renderList(cloud, list));
    },
  }),
  job({
    name: 'createNetworkACLList',
    description: 'Creates a network ACL for the given VPC',
    answers: 'networkacllist',
    creates: true,
    event: 'NETWORK.ACL.CREATE',
    parameters: { name: required(text()), vpcid: idOf('vpcs'), description: text(), fordisplay: flag() },
    submit: ({ cloud, caller, args }) => {
      // Declared as optional, refused all the same.
      if (args.vpcid === undefined) throw invalidValue('vpcid is required to create a network ACL list');
      const vpc = needVpc(cloud, caller, args.vpcid);
      const list = cloud.db.aclLists.put({
        id: cloud.db.newId(),
        name: args.name,
        description: args.description ?? '',
        vpcId: vpc.id,
      });
      return {
        entity: { type: 'NetworkAcl', id: list.id },
        finish: () => ({ networkacllist: renderList(cloud, list) }),
        failed: () => cloud.db.aclLists.remove(list.id),
      };
    },
  }),
  job({
    name: 'deleteNetworkACLList',
    description: 'Deletes a network ACL',
    event: 'NETWORK.ACL.DELETE',
    parameters: { id: required(idOf('aclLists')) },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const list = ownList(cloud, caller, args.id);
      if (db.networks.find((network) => network.aclId === list.id) !== undefined) {
        throw invalidValue(`ACL is still associated with 1 tier(s): ${list.id}`);
      }
      return {
        entity: { type: 'NetworkAcl', id: list.id },
        finish: () => {
          for (const id of [...db.aclsByList.get(list.id)]) removeTagged(cloud, () => db.acls.remove(id), id);
          db.aclLists.remove(list.id);
          return success;
        },
      };
    },
  }),
  job({
    name: 'replaceNetworkACLList',
    description: 'Replaces ACL associated with a network or private gateway',
    event: 'NETWORK.ACL.REPLACE',
    parameters: { aclid: required(idOf('aclLists')), networkid: idOf('networks'), gatewayid: text() },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      if (args.networkid === undefined) throw invalidValue('Both networkId and gatewayId cannot be empty');
      const network = needNetwork(cloud, caller, args.networkid);
      const list = db.aclLists.get(args.aclid);
      if (list === undefined) throw invalidValue('Unable to find specified network ACL');
      if (list.vpcId !== undefined && list.vpcId !== network.vpcId) {
        throw invalidValue('Network ACL and network belong to different VPCs');
      }
      return {
        entity: { type: 'Network', id: network.id },
        queue: `network ${network.vpcId ?? network.id}`,
        finish: () => {
          db.networks.patch(network.id, { aclId: list.id });
          return success;
        },
      };
    },
  }),
  query({
    name: 'listNetworkACLs',
    description: 'Lists all network ACL items',
    answers: 'networkacl',
    parameters: {
      id: idOf('acls'),
      aclid: idOf('aclLists'),
      networkid: idOf('networks'),
      action: text(),
      protocol: text(),
      traffictype: text(),
      fordisplay: flag(),
      tags: entries(),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const aclId =
        args.aclid ?? (args.networkid === undefined ? undefined : (db.networks.get(args.networkid)?.aclId ?? ''));
      const found = db.acls.filter((rule) => {
        const vpc = db.vpcs.get(db.aclLists.get(rule.aclId)?.vpcId);
        return (
          vpc !== undefined &&
          mine(vpc.accountId) &&
          is(args.id, rule.id) &&
          is(aclId, rule.aclId) &&
          is(args.action?.toLowerCase(), rule.action.toLowerCase()) &&
          is(args.protocol?.toLowerCase(), rule.protocol) &&
          is(args.traffictype?.toLowerCase(), rule.trafficType.toLowerCase()) &&
          matchesTags(cloud, rule.id, args.tags)
        );
      });
      return listAnswer(cloud, args, 'networkacl', found, (rule) => renderAcl(cloud, rule));
    },
  }),
  job({
    name: 'createNetworkACL',
    description: 'Creates a ACL rule in the given network (the network has to belong to VPC)',
    answers: 'networkacl',
    creates: true,
    event: 'NETWORK.ACL.ITEM.CREATE',
    parameters: {
      protocol: required(text()),
      aclid: idOf('aclLists'),
      networkid: idOf('networks'),
      number: whole(),
      action: text(),
      traffictype: text(),
      startport: whole(),
      endport: whole(),
      cidrlist: words(),
      icmptype: whole(),
      icmpcode: whole(),
      reason: text(2500),
      fordisplay: flag(),
    },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const list =
        args.aclid === undefined ? listOf(cloud, caller, args.networkid) : ownList(cloud, caller, args.aclid);
      const rules = rowsOf(db.aclsByList.get(list.id), (id) => db.acls.get(id));
      if (args.number !== undefined && rules.some((rule) => rule.order === args.number)) {
        throw invalidValue(`ACL item with number ${args.number} already exists in ACL: ${list.id}`);
      }
      const rule = db.acls.put({
        id: db.newId(),
        number: db.nextNumber(),
        aclId: list.id,
        order: args.number ?? Math.max(0, ...rules.map((other) => other.order)) + 1,
        action: args.action?.toLowerCase() === 'deny' ? 'Deny' : 'Allow',
        trafficType: args.traffictype?.toLowerCase() === 'egress' ? 'Egress' : 'Ingress',
        ...portsOf(args),
        cidrs: cidrsOf(args.cidrlist, '0.0.0.0/0'),
        reason: args.reason,
        state: 'Add',
      });
      return {
        entity: { type: 'NetworkAclItem', id: rule.id },
        queue: `network ${list.vpcId}`,
        finish: () => {
          const active = db.acls.get(rule.id) === undefined ? rule : db.acls.patch(rule.id, { state: 'Active' });
          return { networkacl: renderAcl(cloud, active) };
        },
        failed: () => db.acls.remove(rule.id),
      };
    },
  }),
  job({
    name: 'deleteNetworkACL',
    description: 'Deletes a network ACL',
    event: 'NETWORK.ACL.ITEM.DELETE',
    parameters: { id: required(idOf('acls')) },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const rule = db.acls.get(args.id);
      if (rule === undefined) throw invalidValue(`Unable to find the ACL rule ${args.id}`);
      const list = ownList(cloud, caller, rule.aclId);
      return {
        entity: { type: 'NetworkAclItem', id: rule.id },
        queue: `network ${list.vpcId}`,
        finish: () => {
          removeTagged(cloud, () => db.acls.remove(rule.id), rule.id);
          return success;
        },
      };
    },
  }),
];

/** A list the caller may change: the built-in ones nobody may. @throws ApiError 431, 531 */
function ownList(cloud: Installation, caller: Caller, id: string): AclListRow {
  const list = cloud.db.aclLists.get(id);
  if (list === undefined) throw invalidValue('Unable to find specified network ACL');
  const vpc = cloud.db.vpcs.get(list.vpcId);
  if (vpc === undefined) throw permissionDenied(`Default ACL ${list.name} cannot be modified`);
  checkMayUse(cloud.db, caller, vpc.accountId);
  return list;
}

/** The list of a tier; a tier on a built-in list gets one of its own. */
function listOf(cloud: Installation, caller: Caller, networkId: string | undefined): AclListRow {
  const { db } = cloud;
  if (networkId === undefined) throw invalidValue('Cannot create Network ACL Item. ACL Id or network Id is required');
  const network = needNetwork(cloud, caller, networkId);
  if (network.vpcId === undefined) throw invalidValue(`Network ${network.id} does not belong to a VPC`);
  const list = db.aclLists.get(network.aclId);
  if (list?.vpcId !== undefined) return list;
  const own = db.aclLists.put({
    id: db.newId(),
    name: `VPC_${network.vpcId}_Tier_${network.name}_ACL_${network.id}`,
    description: `ACL for ${network.name}`,
    vpcId: network.vpcId,
  });
  db.networks.patch(network.id, { aclId: own.id });
  return own;
}

function renderList(cloud: Installation, list: AclListRow): JsonObject {
  const vpc = cloud.db.vpcs.get(list.vpcId);
  return fields({
    id: list.id,
    name: list.name,
    description: list.description,
    vpcid: vpc?.id,
    vpcname: vpc?.name,
    fordisplay: true,
    ...jobFields(cloud, list.id),
  });
}

function renderAcl(cloud: Installation, rule: AclRow): JsonObject {
  return fields({
    id: rule.id,
    protocol: rule.protocol,
    startport: rule.startPort === undefined ? undefined : `${rule.startPort}`,
    endport: rule.endPort === undefined ? undefined : `${rule.endPort}`,
    traffictype: rule.trafficType,
    state: rule.state,
    cidrlist: rule.cidrs.join(','),
    icmptype: rule.icmpType,
    icmpcode: rule.icmpCode,
    aclid: rule.aclId,
    aclname: cloud.db.aclLists.get(rule.aclId)?.name,
    number: rule.order,
    action: rule.action,
    fordisplay: true,
    reason: rule.reason,
    tags: tagsOf(cloud, rule.id),
    ...jobFields(cloud, rule.id),
  });
}

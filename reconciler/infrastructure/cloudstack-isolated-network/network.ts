import { CloudStackNoMatch, type Network } from '../../../api/ports';
import { ConfigurationProblem, isSureRefusal } from '../faults';
import { announce, intentOf, withdraw } from '../intent';
import { DEFAULT_NETWORK_OFFERING, DEFAULT_TIER_OFFERING, nonEmpty, Tag } from '../names';
import { Reason } from '../reasons';
import { ensureVpc } from './vpc';
import { ensureTags, type NetworkWork, ownTags, type Wait, waitForAnswer } from './work';

/** Finds the network, or makes it, and marks it when it is ours. */
export async function ensureNetwork(work: NetworkWork): Promise<Network | Wait> {
  const { scope, known } = work;
  if (known.network === undefined) {
    const found = (await recorded(work)) ?? (await byName(work)) ?? (await create(work));
    if ('reason' in found) return found;
    known.network = found;
  }
  const { network } = known;
  const { spec } = scope.object;
  spec.id = network.id;
  if (network.gateway !== undefined) spec.gateway = network.gateway;
  if (network.netmask !== undefined) spec.netmask = network.netmask;
  scope.object.status = { ...scope.object.status, routingMode: network.routingMode ?? '' };
  if (isOurs(work, network)) await ensureTags(work, 'Network', network.id, network.tags, ownTags(work.identity));
  return network;
}

/** Whether we (or the provider before us) made the network. Others' networks are used, never marked or deleted. */
export function isOurs(work: NetworkWork, network: Network): boolean {
  return network.tags[Tag.created] !== undefined || intentOf(work.scope.object.metadata, 'network') !== undefined;
}

async function recorded({ cloud, scope }: NetworkWork): Promise<Network | undefined> {
  const { spec, status } = scope.object;
  if ((spec.id ?? '') === '') return undefined;
  const network = await cloud.networks.get(spec.id ?? '');
  if (network === undefined && status?.ready === true) {
    throw new ConfigurationProblem(Reason.NetworkLost, [
      `network ${spec.id} does not exist any more in CloudStack; its addresses and machines are lost with it: delete and recreate the cluster`,
    ]);
  }
  return network;
}

/** The one network with exactly our name in our zone. Anything but a sure answer throws, so that nothing is doubled. */
export async function byName({ cloud, scope, zoneId }: NetworkWork): Promise<Network | undefined> {
  const name = scope.object.spec.name ?? '';
  const found = await cloud.networks.find(zoneId, name);
  if (found.length > 1) {
    throw new CloudStackNoMatch(`expected 1 Network with name ${name}, but got ${found.length}; name one by its id`);
  }
  return found[0];
}

async function create(work: NetworkWork): Promise<Network | Wait> {
  const { scope, cloud, zoneId, known } = work;
  const unanswered = waitForAnswer(work, 'network', 'createNetwork');
  if (unanswered !== undefined) return unanswered;
  const vpcId = await ensureVpc(work);
  if (typeof vpcId === 'object') return vpcId;

  const { spec } = scope.object;
  const standard = vpcId === undefined ? DEFAULT_NETWORK_OFFERING : DEFAULT_TIER_OFFERING;
  const offering = await cloud.networkOffering(nonEmpty(spec.offering) ?? standard, zoneId);
  announce(scope.object.metadata, 'network', scope.deps.clock);
  // The address follows at once and can only be ours in a network of ours: one write announces both.
  if (vpcId === undefined) announce(scope.object.metadata, 'address', scope.deps.clock);
  await scope.persistMain();
  try {
    const network = await cloud.networks.create({
      name: spec.name ?? '',
      zoneId,
      offeringId: offering.id,
      gateway: nonEmpty(spec.gateway),
      netmask: nonEmpty(spec.netmask),
      vpcId,
    });
    known.isNetworkNew = true;
    return network;
  } catch (error) {
    if (isSureRefusal(error)) {
      withdraw(scope.object.metadata, 'network');
      withdraw(scope.object.metadata, 'address');
    }
    throw error;
  }
}

import type { CloudStackIsolatedNetwork } from '../../../api/kinds';
import {
  type AddressTarget,
  CloudStackRefused,
  done,
  isGone,
  type Job,
  type Network,
  type PublicAddress,
  type TaggedType,
  type Vpc,
} from '../../../api/ports';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { faultOf, JobFailure } from '../faults';
import { intentOf } from '../intent';
import { isolatedNetworksOf } from '../isolated-networks';
import { clusterTag, LOAD_BALANCER_RULE, Tag } from '../names';
import { isOfCredentials, Reason } from '../reasons';
import { isOpenedByUs } from './egress';
import { addressTarget } from './endpoint';
import { byName } from './network';
import { vpcByName } from './vpc';
import {
  follow,
  jobOf,
  type NetworkWork,
  otherClusters,
  type Wait,
  waitAndLook,
  waitForAnswer,
  waitForJob,
} from './work';

/** Between attempts to delete a network that still holds destroyed machines. */
const EXPUNGE_LOOK_MS = 15_000;

/**
 * Takes away what was made for the cluster: the network when it is ours and nobody else uses it (rules and addresses go
 * with it), else our rule, our address and our marks. undefined: nothing of ours is left.
 */
export async function removeNetwork(work: NetworkWork): Promise<Wait | undefined> {
  const network = await findNetwork(work);
  if (network !== undefined && 'reason' in network) return network;
  const others = othersWith(work, ({ spec }) => network !== undefined && spec.id === network.id);
  // One that stays will remove it. Of several that go at once one does, and who left it to another looks again after it.
  if (!others.every(isBeingDeleted)) return undefined;
  if (network !== undefined) {
    const first = others.find((other) => rank(other) < rank(work.scope.object));
    if (first !== undefined) {
      const message = `${first.kind} ${first.metadata.name} removes network ${network.name}`;
      return { reason: Reason.DeletingNetwork, message, outcome: done() };
    }
    const isWhole = isRemovable(network.tags, intentOf(work.scope.object.metadata, 'network'), work.identity);
    const wait = isWhole ? await deleteNetwork(work, network) : await leaveNetwork(work, network);
    if (wait !== undefined) return wait;
  }
  return removeVpc(work, network?.vpcId);
}

/** Made by us or the provider before us, and no other cluster's mark is on it. */
export function isRemovable(
  tags: { readonly [key: string]: string },
  intended: number | undefined,
  identity: string,
): boolean {
  return (tags[Tag.created] !== undefined || intended !== undefined) && otherClusters(tags, identity).length === 0;
}

async function findNetwork(work: NetworkWork): Promise<Network | Wait | undefined> {
  const { scope, cloud } = work;
  const { id } = scope.object.spec;
  if ((id ?? '') !== '') return cloud.networks.get(id ?? '');
  // Without an id only an announced creation can have left something.
  if (intentOf(scope.object.metadata, 'network') === undefined) return undefined;
  return (await byName(work)) ?? waitForAnswer(work, 'network', 'createNetwork');
}

async function findVpc(work: NetworkWork, idOfNetwork: string | undefined): Promise<Vpc | Wait | undefined> {
  const { metadata, spec } = work.scope.object;
  const id = idOfNetwork ?? spec.vpc?.id ?? '';
  if (id !== '') return work.cloud.vpcs.get(id);
  if (intentOf(metadata, 'vpc') === undefined) return undefined;
  return (await vpcByName(work, spec.vpc?.name ?? '')) ?? waitForAnswer(work, 'vpc', 'createVPC');
}

/** Other objects of this cluster that stand for the same thing in CloudStack. */
function othersWith(
  { scope }: NetworkWork,
  isSame: (other: CloudStackIsolatedNetwork) => boolean,
): readonly CloudStackIsolatedNetwork[] {
  return isolatedNetworksOf(scope).filter((other) => other.metadata.uid !== scope.uid && isSame(other));
}

/** Order of removal: the one that knows the address first. */
function rank({ status, metadata }: CloudStackIsolatedNetwork): string {
  return `${(status?.publicIPID ?? '') === '' ? 'other' : 'holder'} ${metadata.uid ?? ''}`;
}

/** Who removes the VPC of several tiers: its maker, which knows it as ours in any case. */
function rankInVpc({ metadata }: CloudStackIsolatedNetwork): string {
  return `${intentOf(metadata, 'vpc') === undefined ? 'other' : 'maker'} ${metadata.uid ?? ''}`;
}

async function deleteNetwork(work: NetworkWork, network: Network): Promise<Wait | undefined> {
  const { cloud } = work;
  const what = `deleting network ${network.name}`;
  try {
    const deletion = jobOf(work, 'delete network', what);
    if (deletion?.outcome.state === 'pending') return waitForJob(Reason.DeletingNetwork, what, deletion.job);
    if (deletion?.outcome.state === 'succeeded') return undefined;
    const blocked = stillBlocked(work);
    if (blocked !== undefined) return blocked;
    const job = await cloud.networks.delete(network.id);
    follow(work, 'delete network', job);
    return waitForJob(Reason.DeletingNetwork, what, job);
  } catch (error) {
    if (error instanceof JobFailure || error instanceof CloudStackRefused) return explainRefusal(work, network, error);
    throw error;
  }
}

/** A network cannot go before its machines are expunged (`cloudstack.md` 7.4); without the right to, that takes long. */
async function explainRefusal(work: NetworkWork, network: Network, error: Error): Promise<Wait | undefined> {
  if (isGone(error)) return undefined;
  if (isOfCredentials(faultOf(error).reason)) throw error;
  const { mayExpunge } = await work.cloud.capabilities();
  if (mayExpunge) throw error;
  work.known.blocked = {
    untilMs: work.scope.deps.clock.now() + EXPUNGE_LOOK_MS,
    message:
      `network ${network.name} can be deleted when CloudStack has expunged its destroyed machines (settings expunge.delay, ` +
      'expunge.interval), because these credentials may not expunge (allow.user.expunge.recover.vm); ' +
      `last answer: ${error.message}`,
  };
  return stillBlocked(work) ?? waitAndLook(Reason.WaitingForExpunge, work.known.blocked.message);
}

/** Whatever wakes the network meanwhile, the next attempt waits for its time. */
function stillBlocked({ known, scope }: NetworkWork): Wait | undefined {
  const { blocked } = known;
  const waitMs = (blocked?.untilMs ?? 0) - scope.deps.clock.now();
  if (blocked === undefined || waitMs <= 0) return undefined;
  return waitAndLook(Reason.WaitingForExpunge, blocked.message, waitMs);
}

/** Leaves a network that stays: our rules, our address and our marks go. */
async function leaveNetwork(work: NetworkWork, network: Network): Promise<Wait | undefined> {
  const releasing = await leaveAddress(work, addressTarget(network));
  if (releasing !== undefined) return releasing;
  const closing = await closeOwnEgress(work, network);
  if (closing !== undefined) return closing;
  return unmark(work, 'Network', network.id, network.tags);
}

async function leaveAddress(work: NetworkWork, target: AddressTarget): Promise<Wait | undefined> {
  const address = await findAddress(work, target);
  return address === undefined ? undefined : releaseAddress(work, address);
}

/** The address that is ours. One that serves something else by now was taken away from us, and is left alone. */
async function findAddress(
  { scope, cloud, identity }: NetworkWork,
  target: AddressTarget,
): Promise<PublicAddress | undefined> {
  const id = scope.object.status?.publicIPID ?? '';
  if (id !== '') {
    const recorded = await cloud.addresses.get(id);
    return recorded !== undefined && isOf(target, recorded) ? recorded : undefined;
  }
  if (intentOf(scope.object.metadata, 'address') === undefined) return undefined;
  const addresses = await cloud.addresses.of(target);
  return addresses.find((address) => address.tags[clusterTag(identity)] !== undefined);
}

/** One that is being allocated does not name its network yet. */
function isOf(target: AddressTarget, { networkId, vpcId }: PublicAddress): boolean {
  if ('vpcId' in target) return vpcId === target.vpcId;
  return vpcId === undefined && (networkId === undefined || networkId === target.networkId);
}

async function releaseAddress(work: NetworkWork, address: PublicAddress): Promise<Wait | undefined> {
  const { scope, cloud, identity } = work;
  if (address.state === 'Free') return undefined;
  const intended = intentOf(scope.object.metadata, 'address');
  if (isRemovable(address.tags, intended, identity) && !address.sourceNat) {
    return step(work, 'release address', Reason.ReleasingAddress, `releasing address ${address.address}`, () =>
      cloud.addresses.disassociate(address.id),
    );
  }
  const recorded = scope.object.status?.loadBalancerRuleID;
  for (const rule of await cloud.loadBalancers.rules(address.id)) {
    const isMarked = rule.tags[clusterTag(identity)] !== undefined;
    if (!isMarked && !(rule.id === recorded && rule.name === LOAD_BALANCER_RULE)) continue;
    const what = `deleting load balancer rule ${rule.name}`;
    const wait = await step(work, `delete rule ${rule.id}`, Reason.ReleasingAddress, what, () =>
      cloud.loadBalancers.delete(rule.id),
    );
    if (wait !== undefined) return wait;
  }
  return unmark(work, 'PublicIpAddress', address.id, address.tags);
}

async function closeOwnEgress(work: NetworkWork, network: Network): Promise<Wait | undefined> {
  if (network.vpcId !== undefined) return undefined;
  const { identity } = work;
  const { firewall } = work.cloud;
  const isRouted = (network.routingMode ?? '') !== '';
  for (const rule of await (isRouted ? firewall.routing(network.id) : firewall.egress(network.id))) {
    const { id, tags } = rule;
    const isMarked = tags[clusterTag(identity)] !== undefined || tags[Tag.created] !== undefined;
    const isLast = otherClusters(tags, identity).length === 0 && (isMarked || isOpenedByUs(work, network, rule));
    const wait = isLast
      ? await step(work, `close ${id}`, Reason.DeletingNetwork, `closing egress rule ${id}`, () =>
          isRouted ? firewall.closeRouting(id) : firewall.closeEgress(id),
        )
      : await unmark(work, 'FirewallRule', id, tags);
    if (wait !== undefined) return wait;
  }
  return undefined;
}

async function unmark(
  work: NetworkWork,
  type: TaggedType,
  id: string,
  tags: { readonly [key: string]: string },
): Promise<Wait | undefined> {
  const key = clusterTag(work.identity);
  const value = tags[key];
  if (value === undefined) return undefined;
  return step(
    work,
    `unmark ${id}`,
    Reason.DeletingNetwork,
    `removing the mark of this cluster from ${type} ${id}`,
    () => work.cloud.tags.delete(type, id, { [key]: value }),
  );
}

async function removeVpc(work: NetworkWork, vpcId: string | undefined): Promise<Wait | undefined> {
  const { scope, cloud, identity } = work;
  const vpc = await findVpc(work, vpcId);
  if (vpc === undefined || 'reason' in vpc) return vpc;
  const { id } = vpc;
  const others = othersWith(work, (other) => other.spec.vpc?.id === id);
  const isShared = !others.every(isBeingDeleted);
  if (!isShared && isRemovable(vpc.tags, intentOf(scope.object.metadata, 'vpc'), identity)) {
    // Of several tiers that go at once one removes it, after the others have gone.
    if (others.some((other) => rankInVpc(other) < rankInVpc(scope.object))) return undefined;
    if (others.length > 0) {
      const message = `VPC ${vpc.name} goes after its tiers: ${others.map(({ metadata }) => metadata.name).join(', ')}`;
      return { reason: Reason.DeletingNetwork, message, outcome: done() };
    }
    return step(work, 'delete vpc', Reason.DeletingNetwork, `deleting VPC ${vpc.name}`, () => cloud.vpcs.delete(id));
  }
  // A tier's address is the VPC's, and stays with it when the tier goes.
  const releasing = await leaveAddress(work, { vpcId: id });
  if (releasing !== undefined || isShared) return releasing;
  return unmark(work, 'Vpc', id, vpc.tags);
}

/** Runs a job once; undefined when it has succeeded. "Gone" is what was wanted. */
async function step(
  work: NetworkWork,
  name: string,
  reason: Reason,
  what: string,
  start: () => Promise<Job>,
): Promise<Wait | undefined> {
  const running = jobOf(work, name, what);
  if (running?.outcome.state === 'succeeded') return undefined;
  if (running !== undefined) return waitForJob(reason, what, running.job);
  try {
    const job = await start();
    follow(work, name, job);
    return waitForJob(reason, what, job);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

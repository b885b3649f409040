import { CloudStackCluster } from '../../../api/kinds';
import { type AddressTarget, CloudStackRefused, type Network, type PublicAddress } from '../../../api/ports';
import { isIpAddress } from '../../../machinery/cidr';
import { cloneJson } from '../../../machinery/json';
import { failureDomainOf } from '../family';
import { ConfigurationProblem, isSureRefusal, JobFailure } from '../faults';
import { announce, intentOf, withdraw } from '../intent';
import { endpointNetworkOf, isNetworkOf } from '../isolated-networks';
import { Annotation, API_SERVER_PORT, clusterTag, LOAD_BALANCER_RULE } from '../names';
import { Reason } from '../reasons';
import {
  ensureTags,
  follow,
  jobOf,
  type NetworkWork,
  otherClusters,
  ownTags,
  type Wait,
  waitAndLook,
  waitForAnswer,
  waitForJob,
} from './work';

/**
 * Public address and load balancer rule of the API server. undefined: complete.
 * `isReachable` becomes true as soon as the endpoint is known and its rule accepted: from then on machines may be made.
 */
export async function ensureEndpoint(
  work: NetworkWork,
  network: Network,
): Promise<{ readonly isReachable: boolean; readonly wait?: Wait }> {
  if ((network.routingMode ?? '') !== '' || !isEndpointOwner(work)) return { isReachable: true };
  const address = await ensureAddress(work, network);
  if ('reason' in address) return { isReachable: false, wait: address };
  await publish(work, address);
  const wait = await ensureRule(work, network, address);
  return { isReachable: work.known.rule !== undefined, ...(wait === undefined ? {} : { wait }) };
}

/**
 * Only one network can hold the endpoint's address: the one that has it, else that of the first failure domain in the
 * spec whose network may be an isolated one.
 */
function isEndpointOwner({ scope, cloudStackCluster }: NetworkWork): boolean {
  const holder = endpointNetworkOf(scope);
  if (holder !== undefined) return holder.metadata.uid === scope.uid;
  const first = (cloudStackCluster?.spec.failureDomains ?? []).find((entry) => {
    const type = failureDomainOf(scope, entry.name)?.spec.zone.network.type ?? '';
    return type === '' || type === 'Isolated';
  });
  if (first === undefined || first.name === scope.object.spec.failureDomainName) return true;
  const failureDomain = failureDomainOf(scope, first.name);
  return failureDomain !== undefined && isNetworkOf(scope, scope.object, failureDomain);
}

export function addressTarget(network: Network): AddressTarget {
  return network.vpcId === undefined ? { networkId: network.id } : { vpcId: network.vpcId };
}

async function ensureAddress(work: NetworkWork, network: Network): Promise<PublicAddress | Wait> {
  const { scope, known } = work;
  if (known.address === undefined) {
    const found = await association(work);
    if (found !== undefined && 'reason' in found) return found;
    const address = found ?? (await recordedAddress(work, network)) ?? (await acquire(work, network));
    if ('reason' in address) return address;
    known.address = address;
  }
  const { address } = known;
  scope.object.status = { ...scope.object.status, publicIPID: address.id };
  if (intentOf(scope.object.metadata, 'address') !== undefined) {
    await ensureTags(work, 'PublicIpAddress', address.id, address.tags, ownTags(work.identity));
  }
  return address;
}

/** The association that is under way. */
async function association(work: NetworkWork): Promise<PublicAddress | Wait | undefined> {
  const { scope } = work;
  try {
    const found = jobOf(work, 'address', 'acquiring the public address');
    if (found?.outcome.state === 'pending') {
      return waitForJob(Reason.AllocatingAddress, 'acquiring a public address for the endpoint', found.job);
    }
    if (found?.outcome.state === 'succeeded') return found.outcome.address;
    return undefined;
  } catch (error) {
    if (error instanceof JobFailure) {
      scope.object.status = { ...scope.object.status, publicIPID: '' };
      withdraw(scope.object.metadata, 'address');
    }
    throw error;
  }
}

async function recordedAddress(work: NetworkWork, network: Network): Promise<PublicAddress | Wait | undefined> {
  const { scope, cloud } = work;
  const id = scope.object.status?.publicIPID ?? '';
  if (id === '') return undefined;
  const address = await cloud.addresses.get(id);
  if (address?.state === 'Allocating') {
    return waitAndLook(Reason.AllocatingAddress, `address ${address.address} is being allocated`);
  }
  if (address !== undefined && serves(address, network)) return address;
  if (scope.object.status?.ready === true) {
    throw new ConfigurationProblem(Reason.AddressUnavailable, [
      `the endpoint's public address ${address?.address ?? id} does not belong to network ${network.name} any more; associate it again`,
    ]);
  }
  scope.object.status = { ...scope.object.status, publicIPID: '' };
  return undefined;
}

function serves(address: PublicAddress, network: Network): boolean {
  if (address.state !== 'Allocated') return false;
  return network.vpcId === undefined ? address.networkId === network.id : address.vpcId === network.vpcId;
}

/** Takes the address the user asked for, finds the one a lost answer left us, or has the server choose one. */
async function acquire(work: NetworkWork, network: Network): Promise<PublicAddress | Wait> {
  const { scope, cloud, zoneId, known } = work;
  const host = work.cloudStackCluster?.spec.controlPlaneEndpoint?.host ?? '';
  const asked = isIpAddress(host) ? host : undefined;
  const intended = intentOf(scope.object.metadata, 'address');
  if (asked !== undefined) {
    const found = await cloud.addresses.find(zoneId, asked);
    if (found === undefined) {
      throw new ConfigurationProblem(Reason.AddressUnavailable, [
        `no public addresses found in available networks: ${asked} is not a public address of the zone`,
      ]);
    }
    if (serves(found, network)) return found;
    if (found.state !== 'Free' && found.state !== 'Reserved') {
      throw new ConfigurationProblem(Reason.AddressUnavailable, [
        `public address ${asked} is ${found.state} and used elsewhere; choose another or leave the host empty`,
      ]);
    }
  } else if (known.isNetworkNew !== true) {
    const present = await cloud.addresses.of(addressTarget(network));
    if (intended !== undefined) {
      const left = leftover(work, present, intended);
      if (left !== undefined) return left;
      const unanswered = waitForAnswer(work, 'address', 'associateIpAddress');
      if (unanswered !== undefined) return unanswered;
    }
    noteOthers(work, present);
  }
  if (intended === undefined || known.isNetworkNew !== true) {
    announce(scope.object.metadata, 'address', scope.deps.clock);
    await scope.persistMain();
  }
  try {
    const started = await cloud.addresses.associate(addressTarget(network), asked);
    known.isAddressNew = true;
    scope.object.status = { ...scope.object.status, publicIPID: started.id };
    follow(work, 'address', started.job);
    return waitForJob(Reason.AllocatingAddress, 'acquiring a public address for the endpoint', started.job);
  } catch (error) {
    if (isSureRefusal(error)) withdraw(scope.object.metadata, 'address');
    throw error;
  }
}

/** Clocks of CloudStack and of the management cluster may differ by this much. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;

/** The address that an association of ours took before its answer was lost: bearing our tag, or nobody's and as new. */
function leftover(work: NetworkWork, present: readonly PublicAddress[], intended: number): PublicAddress | undefined {
  const tagged = present.find((address) => address.tags[clusterTag(work.identity)] !== undefined);
  if (tagged !== undefined) return tagged;
  const others = work.scope.object.metadata.annotations?.[Annotation.addressesOfOthers]?.split(',') ?? [];
  const candidates = asNew(work, present, intended).filter(({ id }) => !others.includes(id));
  // The first association in a network becomes its source NAT; a VPC has its source NAT from the start.
  return candidates.find(({ sourceNat }) => !sourceNat) ?? candidates.find(({ vpcId }) => vpcId === undefined);
}

/** Addresses that an association sent at a time may have taken, as far as one can see. */
function asNew(work: NetworkWork, present: readonly PublicAddress[], sentMs: number): readonly PublicAddress[] {
  return present.filter(({ allocatedAt, staticNat, tags }) => {
    const isNew = allocatedAt === undefined || allocatedAt >= sentMs - CLOCK_TOLERANCE_MS;
    return isNew && !staticNat && otherClusters(tags, work.identity).length === 0;
  });
}

/** Notes with the intent what is there before the call: should its answer be lost, that is not what it took. */
function noteOthers(work: NetworkWork, present: readonly PublicAddress[]): void {
  const { scope } = work;
  const { [Annotation.addressesOfOthers]: _, ...annotations } = scope.object.metadata.annotations ?? {};
  const ids = asNew(work, present, scope.deps.clock.now()).map(({ id }) => id);
  scope.object.metadata.annotations =
    ids.length === 0 ? annotations : { ...annotations, [Annotation.addressesOfOthers]: ids.join(',') };
}

/** The endpoint is told as soon as the address is known: certificates are made for it. */
async function publish(work: NetworkWork, address: PublicAddress): Promise<void> {
  const { scope, cloudStackCluster } = work;
  const port = portOf(work);
  const host = cloudStackCluster?.spec.controlPlaneEndpoint?.host ?? '';
  const endpoint = { host: host === '' ? address.address : host, port };
  scope.object.spec.controlPlaneEndpoint = endpoint;
  if (cloudStackCluster === undefined) return;
  const after = cloneJson(cloudStackCluster);
  after.spec.controlPlaneEndpoint = endpoint;
  await scope.deps.objects.patch(CloudStackCluster, cloudStackCluster, after);
}

function portOf({ scope, cloudStackCluster }: NetworkWork): number {
  return (
    cloudStackCluster?.spec.controlPlaneEndpoint?.port ||
    scope.object.spec.controlPlaneEndpoint?.port ||
    API_SERVER_PORT
  );
}

async function ensureRule(work: NetworkWork, network: Network, address: PublicAddress): Promise<Wait | undefined> {
  const { scope, cloud, known } = work;
  if (known.rule === undefined) {
    const port = portOf(work);
    const existing = known.isAddressNew === true ? [] : await cloud.loadBalancers.rules(address.id);
    const found = existing.find((rule) => rule.publicPort === port);
    if (found !== undefined) {
      known.rule = found;
      if (found.name === LOAD_BALANCER_RULE && found.tags[clusterTag(work.identity)] === undefined) {
        await ensureTags(work, 'LoadBalancer', found.id, found.tags, ownTags(work.identity));
      }
    } else {
      const isVpc = network.vpcId !== undefined;
      const started = await cloud.loadBalancers.create({
        name: LOAD_BALANCER_RULE,
        addressId: address.id,
        networkId: network.id,
        publicPort: port,
        privatePort: API_SERVER_PORT,
        openFirewall: !isVpc,
      });
      known.rule = { id: started.id };
      known.isIngressOpen = true;
      follow(work, 'rule', started.job);
    }
    scope.object.status = { ...scope.object.status, loadBalancerRuleID: known.rule.id };
  }
  return ruleProgress(work, network, address, known.rule.id);
}

async function ruleProgress(
  work: NetworkWork,
  network: Network,
  address: PublicAddress,
  ruleId: string,
): Promise<Wait | undefined> {
  const { known } = work;
  const what = `creating load balancer rule ${LOAD_BALANCER_RULE}`;
  try {
    const creation = jobOf(work, 'rule', what);
    if (creation?.outcome.state === 'pending') return waitForJob(Reason.CreatingLoadBalancer, what, creation.job);
    if (creation?.outcome.state === 'succeeded') {
      await ensureTags(work, 'LoadBalancer', ruleId, {}, ownTags(work.identity));
    } else if (work.jobs.pending(work.scope.uid, `tag LoadBalancer ${ruleId}`) !== undefined) {
      await ensureTags(work, 'LoadBalancer', ruleId, {}, ownTags(work.identity));
    }
  } catch (error) {
    // The rule is looked for anew in the next pass.
    if (error instanceof JobFailure) known.rule = undefined;
    throw error;
  }
  if (known.isIngressOpen !== true && network.vpcId === undefined) await ensureIngress(work, address);
  return undefined;
}

/** Somebody may have closed the port since. */
async function ensureIngress(work: NetworkWork, address: PublicAddress): Promise<void> {
  const port = portOf(work);
  const rules = await work.cloud.firewall.ingress(address.id);
  const isOpen = rules.some((rule) => {
    const covers = (rule.startPort ?? 0) <= port && port <= (rule.endPort ?? rule.startPort ?? 65_535);
    return (rule.protocol === 'tcp' || rule.protocol === 'all') && covers;
  });
  if (!isOpen) {
    try {
      follow(work, 'ingress', (await work.cloud.firewall.openIngress(address.id, port)).job);
    } catch (error) {
      // 537: such a rule exists by now.
      if (!(error instanceof CloudStackRefused) || error.errorCode !== 537) throw error;
    }
  }
  work.known.isIngressOpen = true;
}

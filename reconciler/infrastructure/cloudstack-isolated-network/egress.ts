import { CloudStackRefused, type FirewallRule, type Network, type Started } from '../../../api/ports';
import { type Cidr, covers, tryParseCidr } from '../../../machinery/cidr';
import { isSureRefusal } from '../faults';
import { announce, intentOf, withdraw } from '../intent';
import { clusterTag } from '../names';
import { Reason } from '../reasons';
import { isOurs } from './network';
import { ensureTags, follow, jobOf, type NetworkWork, otherClusters, ownTags, type Wait, waitForJob } from './work';

const EVERYWHERE = '0.0.0.0/0';

const PROTOCOLS = ['all', 'tcp', 'udp', 'icmp'] as const;
type Protocol = (typeof PROTOCOLS)[number];

/** Lets machines reach the outside: images, time, CloudStack. VPC tiers use access lists and are left alone. */
export async function ensureEgress(work: NetworkWork, network: Network): Promise<Wait | undefined> {
  const { scope, cloud, known } = work;
  if (network.vpcId !== undefined || known.isEgressOpen === true) return undefined;
  const isRouted = (network.routingMode ?? '') !== '';
  const what = `opening egress of network ${network.name}`;

  const opening = PROTOCOLS.flatMap((protocol) => {
    const found = jobOf(work, `egress ${protocol}`, what);
    return found === undefined ? [] : [found];
  });
  const pending = opening.find(({ outcome }) => outcome.state === 'pending');
  if (pending !== undefined) return waitForJob(Reason.OpeningFirewall, what, pending.job);

  // In a network of others a rule of ours is looked at once more when it is there: it needs our mark.
  const isToBeLookedAt = opening.length === 0 || !isOurs(work, network);
  if (isToBeLookedAt && (isRouted || !network.egressDefaultAllow)) {
    const rules = known.isNetworkNew === true ? [] : await existingRules();
    const guestCidr = guestCidrOf(network);
    await markRules(work, network, rules, guestCidr);
    let wait: Wait | undefined;
    for (const protocol of missingProtocols(rules, guestCidr))
      wait = (await open(work, network, protocol, isRouted)) ?? wait;
    if (wait !== undefined) return wait;
  }
  known.isEgressOpen = true;
  scope.object.status = { ...scope.object.status, firewallRulesOpened: true };
  return undefined;

  function existingRules(): Promise<readonly FirewallRule[]> {
    return isRouted ? cloud.firewall.routing(network.id) : cloud.firewall.egress(network.id);
  }
}

/** The rules of a routed network let the world in, too: there it is not enough that its own machines may. */
function guestCidrOf(network: Network): string | undefined {
  return (network.routingMode ?? '') === '' ? network.cidr : undefined;
}

/**
 * Marks what we have opened in a network of others, so that it is closed with the cluster, and what another cluster has,
 * so that it stays open until the last one that needs it goes.
 */
async function markRules(
  work: NetworkWork,
  network: Network,
  rules: readonly FirewallRule[],
  guestCidr: string | undefined,
): Promise<void> {
  if (isOurs(work, network)) return;
  const own = { [clusterTag(work.identity)]: '1' };
  for (const rule of rules.filter((candidate) => isUnrestricted(candidate, guestCidr))) {
    const { id, tags } = rule;
    if (otherClusters(tags, work.identity).length > 0) await ensureTags(work, 'FirewallRule', id, tags, own);
    else if (isOpenedByUs(work, network, rule)) {
      await ensureTags(work, 'FirewallRule', id, tags, ownTags(work.identity));
    }
  }
}

/** Whether a rule without any mark is one that we set out to make when there was none. */
export function isOpenedByUs({ scope }: NetworkWork, network: Network, rule: FirewallRule): boolean {
  const protocol = PROTOCOLS.find((known) => known === rule.protocol);
  if (protocol === undefined || intentOf(scope.object.metadata, `egress-${protocol}`) === undefined) return false;
  return isUnrestricted(rule, guestCidrOf(network));
}

/** What is not open yet. One rule for everything unless somebody began with single protocols. */
export function missingProtocols(rules: readonly FirewallRule[], guestCidr: string | undefined): readonly Protocol[] {
  const open = new Set(rules.filter((rule) => isUnrestricted(rule, guestCidr)).map((rule) => rule.protocol));
  if (open.has('all')) return [];
  const single = ['tcp', 'udp', 'icmp'] as const;
  return single.some((protocol) => open.has(protocol)) ? single.filter((protocol) => !open.has(protocol)) : ['all'];
}

/** For all machines of the network, to everywhere, on all ports. */
function isUnrestricted(rule: FirewallRule, guestCidr: string | undefined): boolean {
  const hasPorts = rule.startPort !== undefined && !(rule.startPort === 1 && rule.endPort === 65_535);
  const isWhole = !hasPorts && (rule.icmpType === undefined || rule.icmpType === -1);
  return isWhole && includes(rule.cidrs, guestCidr ?? EVERYWHERE) && includes(rule.destinationCidrs ?? '', EVERYWHERE);
}

/** Whether a comma-joined list has a range that covers another; an empty list restricts nothing. */
function includes(list: string, wanted: string): boolean {
  const inner = tryParseCidr(wanted);
  return list === '' || list.split(',').some((text) => isWithin(inner, tryParseCidr(text.trim())));
}

function isWithin(inner: Cidr | undefined, outer: Cidr | undefined): boolean {
  return inner !== undefined && outer !== undefined && covers(outer, inner);
}

async function open(
  work: NetworkWork,
  network: Network,
  protocol: Protocol,
  isRouted: boolean,
): Promise<Wait | undefined> {
  const { scope } = work;
  const { firewall } = work.cloud;
  // In a network of others the intent says that the rule is ours, until its mark does.
  const intent = `egress-${protocol}` as const;
  if (!isOurs(work, network)) {
    announce(scope.object.metadata, intent, scope.deps.clock);
    await scope.persistMain();
  }
  let started: Started;
  try {
    started = isRouted
      ? await firewall.openRouting(network.id, protocol)
      : await firewall.openEgress(network.id, protocol);
  } catch (error) {
    if (isSureRefusal(error)) withdraw(scope.object.metadata, intent);
    // The rule exists, made by someone else just now (`capc.md` 4.4 row 6).
    if (error instanceof CloudStackRefused && error.errorCode === 537) return undefined;
    throw error;
  }
  follow(work, `egress ${protocol}`, started.job);
  if (!isOurs(work, network)) await ensureTags(work, 'FirewallRule', started.id, {}, ownTags(work.identity));
  return waitForJob(Reason.OpeningFirewall, `opening egress of network ${network.name}`, started.job);
}

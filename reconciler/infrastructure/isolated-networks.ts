/** Which isolated network serves which failure domains: all that name one network of a zone share its object. */
import { type CloudStackFailureDomain, CloudStackIsolatedNetwork } from '../../api/kinds';
import { failureDomainOf } from './family';
import { Label } from './names';
import type { ProviderObject, Scope } from './scope';

/** All isolated networks of the scope's cluster. */
export function isolatedNetworksOf<T extends ProviderObject>(scope: Scope<T>): readonly CloudStackIsolatedNetwork[] {
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  return scope.deps.objects.list(CloudStackIsolatedNetwork, { namespace: scope.namespace, selector });
}

/** The isolated network that serves a failure domain: the one that names it, else one that it shares. */
export function isolatedNetworkOf<T extends ProviderObject>(
  scope: Scope<T>,
  failureDomain: CloudStackFailureDomain,
): CloudStackIsolatedNetwork | undefined {
  const networks = isolatedNetworksOf(scope);
  return (
    networks.find((network) => network.spec.failureDomainName === failureDomain.spec.name) ??
    networks.find((network) => isNetworkOf(scope, network, failureDomain))
  );
}

/**
 * Whether a network is the one that a failure domain names. Ids decide; while one is missing, the same name in the same
 * zone and account does, as in the existing provider, which gives both one object (`capc.md` 0) but forgets the zone (9.2).
 */
export function isNetworkOf<T extends ProviderObject>(
  scope: Scope<T>,
  network: CloudStackIsolatedNetwork,
  failureDomain: CloudStackFailureDomain,
): boolean {
  const { name, zone } = failureDomain.spec;
  if (network.spec.failureDomainName === name) return true;
  const [id, networkId] = [zone.network.id ?? '', network.spec.id ?? ''];
  if (id !== '' && networkId !== '') return id === networkId;
  const keeper = failureDomainOf(scope, network.spec.failureDomainName);
  const isSameName = (zone.network.name ?? '').toLowerCase() === (network.spec.name ?? '').toLowerCase();
  return isSameName && keeper !== undefined && seeTheSame(keeper, failureDomain);
}

/** Whether a name means the same thing in both: they look with one account into one zone. */
export function seeTheSame(left: CloudStackFailureDomain, right: CloudStackFailureDomain): boolean {
  return accountOf(left) === accountOf(right) && inOneZone(left, right);
}

/** Whose names are meant: those that one account sees. */
function accountOf({ spec: { account, domain, project, acsEndpoint } }: CloudStackFailureDomain): string {
  return JSON.stringify([account ?? '', domain ?? '', project ?? '', acsEndpoint.namespace, acsEndpoint.name]);
}

function inOneZone(
  { spec: { zone: left } }: CloudStackFailureDomain,
  { spec: { zone: right } }: CloudStackFailureDomain,
) {
  const areBothKnown = (left.id ?? '') !== '' && (right.id ?? '') !== '';
  return areBothKnown ? left.id === right.id : (left.name ?? '') !== '' && left.name === right.name;
}

/**
 * The isolated network whose public address is the endpoint. undefined: none is, because the endpoint is the user's (on
 * shared and routed networks) or not made yet.
 */
export function endpointNetworkOf<T extends ProviderObject>(scope: Scope<T>): CloudStackIsolatedNetwork | undefined {
  return isolatedNetworksOf(scope).find((network) => (network.status?.publicIPID ?? '') !== '');
}

/**
 * Whether control-plane machines of a failure domain can be behind the endpoint: a load balancer rule leads only to
 * machines in its own network, VPC tiers included (`cloudstack.md` 4.4).
 */
export function isInReachOfEndpoint<T extends ProviderObject>(
  scope: Scope<T>,
  failureDomain: CloudStackFailureDomain | undefined,
): boolean {
  const network = endpointNetworkOf(scope);
  if (network === undefined) return true;
  return failureDomain !== undefined && isNetworkOf(scope, network, failureDomain);
}

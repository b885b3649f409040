import { CloudStackFailureDomain, CloudStackIsolatedNetwork } from '../../../api/kinds';
import { cloneJson } from '../../../machinery/json';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { controllerReference } from '../../../machinery/owner-references';
import { failureDomainOf } from '../family';
import { isNetworkOf, isolatedNetworksOf } from '../isolated-networks';
import { Label } from '../names';
import type { Scope } from '../scope';
import { machinesIn } from './evacuation';

/**
 * Parts a failure domain that goes, and that is empty, from its networks: hands one that others use to one of them, and
 * has one removed that nobody uses any more. Returns those that it must wait for. A network whose keeper is going as well
 * is waited for too, because it may be handed over in this very moment: it must never be without a keeper.
 */
export async function leaveNetworks(
  scope: Scope<CloudStackFailureDomain>,
): Promise<readonly CloudStackIsolatedNetwork[]> {
  const { objects } = scope.deps;
  const left: CloudStackIsolatedNetwork[] = [];
  for (const network of isolatedNetworksOf(scope)) {
    const { failureDomainName } = network.spec;
    if (failureDomainName !== scope.object.spec.name) {
      const keeper = failureDomainOf(scope, failureDomainName);
      const isKeeperGoing = keeper !== undefined && isBeingDeleted(keeper);
      if (isKeeperGoing && isNetworkOf(scope, network, scope.object)) left.push(network);
      continue;
    }
    if (!isBeingDeleted(network)) {
      const heir = heirOf(scope, network);
      if (heir !== undefined) {
        await objects.patch(CloudStackIsolatedNetwork, network, handedTo(heir, network, scope.object));
        continue;
      }
      await objects.delete(CloudStackIsolatedNetwork, network);
    }
    left.push(network);
  }
  return left;
}

/** Another failure domain that uses the network: one that stays, else one that still has machines in it. */
function heirOf(
  scope: Scope<CloudStackFailureDomain>,
  network: CloudStackIsolatedNetwork,
): CloudStackFailureDomain | undefined {
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  const users = scope.deps.objects
    .list(CloudStackFailureDomain, { namespace: scope.namespace, selector })
    .filter((other) => other.metadata.uid !== scope.uid && isNetworkOf(scope, network, other));
  return users.find((user) => !isBeingDeleted(user)) ?? users.find((user) => machinesIn(scope, user).length > 0);
}

function handedTo(
  heir: CloudStackFailureDomain,
  network: CloudStackIsolatedNetwork,
  from: CloudStackFailureDomain,
): CloudStackIsolatedNetwork {
  const after = cloneJson(network);
  after.spec.failureDomainName = heir.spec.name;
  const others = (after.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== from.metadata.uid);
  after.metadata.ownerReferences = [...others, controllerReference(heir)];
  return after;
}

import {
  CloudStackAffinityGroup,
  type CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Machine,
  Secret,
} from '../../../api/kinds';
import {
  type Cloud,
  CloudStackNoMatch,
  type Controller,
  done,
  type Network,
  type Outcome,
  ownedBy,
} from '../../../api/ports';
import { cloneJson } from '../../../machinery/json';
import { isBeingDeleted, keyOf } from '../../../machinery/kube-object';
import { controllerReference } from '../../../machinery/owner-references';
import { failureDomainsUsing, forgetCredentials, openCloud } from '../credentials';
import type { InfrastructureDeps } from '../deps';
import { childLabels, cloudStackClusterOf, createOrRead, identityOf } from '../family';
import { ConfigurationProblem } from '../faults';
import { isNetworkOf, isolatedNetworkOf } from '../isolated-networks';
import { Annotation, Finalizer, GROUP, isolatedNetworkObjectName, Label } from '../names';
import { providerController } from '../provider-controller';
import { Reason } from '../reasons';
import { faultAmong, readyText, type Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { ofCluster, onClusterArrival, onPauseChange, ownSubject } from '../watches';
import { evacuate, isIn } from './evacuation';
import { Lookout } from './lookout';
import { leaveNetworks } from './network-handover';

type FailureDomainScope = Scope<CloudStackFailureDomain>;

/** Resolves zone and network of a failure domain and has its isolated network made; empties it before it goes. */
export function cloudStackFailureDomainController(deps: InfrastructureDeps, setbacks: Setbacks): Controller {
  const owner = { group: GROUP, kind: 'CloudStackFailureDomain' };
  const lookout = new Lookout();
  return providerController(deps, setbacks, {
    name: 'cloudstackfailuredomain',
    resource: CloudStackFailureDomain,
    finalizer: Finalizer.failureDomain,
    watches: [
      ownSubject(CloudStackFailureDomain),
      {
        resource: CloudStackIsolatedNetwork,
        keys: ({ type, object }) => {
          // Watched as CloudStackIsolatedNetwork, so it is one. Several failure domains may share it.
          const { failureDomainName } = (object as CloudStackIsolatedNetwork).spec;
          return ofCluster(deps, CloudStackFailureDomain, object)
            .filter(({ spec, status, metadata }) => {
              const isUnsettled = status?.ready !== true || metadata.deletionTimestamp !== undefined;
              return type === 'deleted' || isUnsettled || spec.name === failureDomainName;
            })
            .map(keyOf);
        },
      },
      ownedBy(CloudStackAffinityGroup, owner),
      {
        resource: CloudStackMachine,
        keys: ({ type, object }) => {
          // Only the deletion of machines is waited for here. Watched as CloudStackMachine, so it is one.
          if (type !== 'deleted') return [];
          return ofCluster(deps, CloudStackFailureDomain, object)
            .filter((failureDomain) => isIn(failureDomain, object as CloudStackMachine))
            .map(keyOf);
        },
      },
      { resource: Machine, keys: () => [] },
      onClusterArrival(deps, CloudStackFailureDomain),
      onPauseChange(deps, CloudStackFailureDomain),
      { resource: Secret, keys: (event) => failureDomainsUsing(deps, event).map(keyOf) },
    ],
    reconcile: (scope) => reconcile(scope, lookout),
    remove(scope) {
      lookout.leave(keyOf(scope.object));
      return remove(scope);
    },
    forget: (key) => lookout.leave(key),
    start: (enqueue) => lookout.start(enqueue),
  });
}

async function reconcile(scope: FailureDomainScope, lookout: Lookout): Promise<Outcome> {
  if (scope.addFinalizer(Finalizer.failureDomain)) await scope.persistMain();
  const cloudStackCluster = cloudStackClusterOf(scope);
  if (cloudStackCluster === undefined) {
    return scope.wait(done(), Reason.WaitingForCluster, 'the CloudStackCluster does not exist');
  }
  const isUsable = scope.stored.status?.ready === true && (scope.object.spec.zone.id ?? '') !== '';
  const trouble = isUsable ? await lookout.check(scope) : undefined;
  if (trouble !== undefined) return trouble;

  let isolated = isolatedNetworkOf(scope, scope.object);
  // A network that was handed over before its heir knew the zone waits for the zone.
  if (isolated === undefined || (scope.object.spec.zone.id ?? '') === '') {
    const cloud = await openCloud(scope, scope.object.spec);
    await resolveZone(scope, cloud);
    const network = isolated === undefined ? await resolveNetwork(scope, cloud) : undefined;
    if (network !== undefined && network.type !== 'Isolated') return ready(scope, lookout);
    isolated ??=
      isolatedNetworkOf(scope, scope.object) ?? (await createIsolatedNetwork(scope, cloudStackCluster, network));
  }
  if (isBeingDeleted(isolated)) {
    const message = `network ${isolated.spec.name ?? ''} is being removed and made anew after that`;
    return scope.wait(done(), Reason.WaitingForNetwork, message);
  }
  if (isolated.status?.ready !== true) {
    const message = `network ${isolated.spec.name ?? ''}: ${readyText(isolated)}`;
    return scope.wait(done(), faultAmong(isolated) ?? Reason.WaitingForNetwork, message);
  }
  scope.object.spec.zone.network.id = isolated.spec.id ?? '';
  scope.object.spec.zone.network.type = 'Isolated';
  return ready(scope, lookout);
}

async function ready(scope: FailureDomainScope, lookout: Lookout): Promise<Outcome> {
  // Its credentials have just proved good.
  await lookout.attend(scope, { look: false });
  scope.object.status = { ...scope.object.status, ready: true };
  scope.report('True', Reason.Ready, '');
  return done();
}

async function resolveZone(scope: FailureDomainScope, cloud: Cloud): Promise<void> {
  const { zone } = scope.object.spec;
  const found = await cloud.zone(zone);
  zone.id = found.id;
  zone.name = found.name;
}

/** The network if it exists; by name first, as the existing provider does. Only a sure "no" is undefined. */
async function resolveNetwork(scope: FailureDomainScope, cloud: Cloud): Promise<Network | undefined> {
  const { zone } = scope.object.spec;
  const { network } = zone;
  const name = network.name ?? '';
  const named = name === '' ? [] : await cloud.networks.find(zone.id ?? '', name);
  if (named.length > 1 && (network.id ?? '') === '') {
    throw new CloudStackNoMatch(
      `expected 1 Network with name ${name} in zone ${zone.name}, but got ${named.length}; name one by its id`,
    );
  }
  const byId = (network.id ?? '') === '' ? undefined : await cloud.networks.get(network.id ?? '');
  const found = byId ?? named[0];
  if (found === undefined) {
    if (name === '') throw new CloudStackNoMatch(`No match found for ${network.id}: no Network has this id`);
    if (!mayBeMade(network.type)) {
      throw new CloudStackNoMatch(
        `No match found for ${name}: no Network in zone ${zone.name} has exactly this name, and one of type ${network.type} is not made`,
      );
    }
    return undefined;
  }
  network.id = found.id;
  network.name = found.name;
  network.type = found.type;
  return found;
}

/** Only isolated networks are ours to make; a missing one of another type is a mistake to be named. */
function mayBeMade(type: string | undefined): boolean {
  return type === undefined || type === '' || type === 'Isolated';
}

async function createIsolatedNetwork(
  scope: FailureDomainScope,
  cloudStackCluster: CloudStackCluster,
  found: Network | undefined,
): Promise<CloudStackIsolatedNetwork> {
  const { objects } = scope.deps;
  const { name: failureDomainName, zone } = scope.object.spec;
  const { network } = zone;
  const networkName = found?.name ?? network.name ?? '';
  const base = isolatedNetworkObjectName(cloudStackCluster.metadata.name, networkName);
  const { gateway, netmask, offering, vpc } = network;
  const wanted: CloudStackIsolatedNetwork = {
    apiVersion: CloudStackIsolatedNetwork.apiVersion,
    kind: 'CloudStackIsolatedNetwork',
    metadata: {
      name: base,
      namespace: scope.namespace,
      labels: childLabels(scope.object, scope.clusterName),
      annotations: { [Annotation.identity]: identityOf(scope.object, cloudStackCluster) },
      ownerReferences: [controllerReference(scope.object)],
      finalizers: [Finalizer.isolatedNetwork],
    },
    spec: {
      ...definedOnly({ gateway, netmask, offering, vpc: vpc === undefined ? undefined : cloneJson(vpc) }),
      name: found === undefined ? networkName.toLowerCase() : found.name,
      ...(found === undefined ? {} : { id: found.id }),
      controlPlaneEndpoint: cloneJson(cloudStackCluster.spec.controlPlaneEndpoint ?? { host: '', port: 0 }),
      failureDomainName,
    },
  };
  // Zone and network ids first: the network's controller reads them here.
  await scope.persistMain();
  // Two failure domains may name their networks alike, in different zones: each needs its own object.
  for (const name of [base, `${base}-${failureDomainName}`, `${base}-${scope.name}`]) {
    const object = { ...wanted, metadata: { ...wanted.metadata, name } };
    const existing = objects.get(CloudStackIsolatedNetwork, { namespace: scope.namespace, name });
    const found = existing ?? (await createOrRead(objects, CloudStackIsolatedNetwork, object));
    if (isNetworkOf(scope, found, scope.object)) return found;
  }
  throw new ConfigurationProblem(Reason.NameTaken, [
    `CloudStackIsolatedNetwork ${base} belongs to another failure domain, and so do its other names`,
  ]);
}

function definedOnly<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  // Object.entries loses the key type; values are copied under their own keys.
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) Object.assign(defined, { [key]: value });
  return defined;
}

async function remove(scope: FailureDomainScope): Promise<Outcome> {
  const waiting = await evacuate(scope);
  if (waiting !== undefined) return waiting;

  const { objects } = scope.deps;
  const filter = { namespace: scope.namespace, selector: { matchLabels: { [Label.clusterName]: scope.clusterName } } };
  const failureDomain = scope.object.spec.name;
  const groups = objects
    .list(CloudStackAffinityGroup, filter)
    .filter((group) => group.spec.failureDomainName === failureDomain);
  for (const group of groups) {
    if (group.metadata.deletionTimestamp === undefined) await objects.delete(CloudStackAffinityGroup, group);
  }
  const left = [...groups, ...(await leaveNetworks(scope))];
  if (left.length > 0) {
    const lines = left.map((child) => `${child.kind} ${child.metadata.name}: ${readyText(child)}`);
    return scope.wait(
      done(),
      faultAmong(...left) ?? Reason.WaitingForChildren,
      `waiting until they are gone: ${lines.join('; ')}`,
    );
  }
  forgetCredentials(scope, [scope.object.spec]);
  scope.removeFinalizer(Finalizer.failureDomain);
  return done();
}

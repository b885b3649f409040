import { CloudStackFailureDomain, CloudStackIsolatedNetwork } from '../../../api/kinds';
import { type Controller, done, type Outcome, requeueAfter, soonest } from '../../../api/ports';
import { equalJson } from '../../../machinery/json';
import { isBeingDeleted, keyOf, type ObjectKey } from '../../../machinery/kube-object';
import { openCloud } from '../credentials';
import type { InfrastructureDeps } from '../deps';
import { Doubts, onOutOfReach } from '../doubts';
import { cloudStackClusterOf, failureDomainOf, identityOf } from '../family';
import { intentOf } from '../intent';
import { JobBook } from '../job-book';
import { Finalizer } from '../names';
import { providerController } from '../provider-controller';
import { Reason } from '../reasons';
import type { Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { ofCluster, onClusterArrival, onNewCredentials, onPauseChange, ownSubject } from '../watches';
import { ensureEgress } from './egress';
import { ensureEndpoint } from './endpoint';
import { ensureNetwork } from './network';
import { removeNetwork } from './removal';
import type { Known, NetworkWork } from './work';

type NetworkScope = Scope<CloudStackIsolatedNetwork>;

/** What others may have changed in CloudStack is looked at again after this time. */
const VERIFY_MS = 20 * 60_000;

/** Makes the isolated network, the endpoint's address and rule, and the way out; removes what it made. */
export function cloudStackIsolatedNetworkController(deps: InfrastructureDeps, setbacks: Setbacks): Controller {
  const jobs = new JobBook();
  const known = new Map<string, Known>();
  const announcing = new Set<string>();
  const doubts = new Doubts(deps.clock);
  let enqueue: (key: ObjectKey) => void = () => undefined;

  /** The failure domain must still be there: it names zone and credentials, and waits for this object. */
  const open = async (scope: NetworkScope): Promise<NetworkWork | undefined> => {
    const failureDomain = failureDomainOf(scope, scope.object.spec.failureDomainName);
    const zoneId = failureDomain?.spec.zone.id ?? '';
    if (failureDomain === undefined || zoneId === '') return undefined;
    const cloudStackCluster = cloudStackClusterOf(scope);
    const key = keyOf(scope.object);
    return {
      scope,
      cloud: await openCloud(scope, failureDomain.spec),
      zoneId,
      cloudStackCluster,
      identity: identityOf(scope.object, cloudStackCluster),
      known: freshlyKnown(known, scope.uid, deps.clock.now()),
      jobs,
      announcing,
      wake: () => enqueue(key),
    };
  };

  const reconcile = async (scope: NetworkScope): Promise<Outcome> => {
    const isNew = scope.addFinalizer(Finalizer.isolatedNetwork);
    if (isNew) await scope.persistMain();
    // Somebody may have changed in CloudStack what leads to the cluster's API.
    if (doubts.arise(scope)) known.delete(scope.uid);
    if (cloudStackClusterOf(scope) === undefined) {
      return scope.wait(done(), Reason.WaitingForCluster, 'the CloudStackCluster does not exist');
    }
    const work = await open(scope);
    if (work === undefined) return scope.wait(done(), Reason.WaitingForFailureDomain, whyNoZone(scope));
    try {
      return doubts.outcome(scope, await advance(work));
    } catch (error) {
      // What was known may be wrong: the next pass looks.
      known.delete(scope.uid);
      throw error;
    }
  };

  const gone = (uid: string): void => {
    known.delete(uid);
    jobs.forget(uid);
  };

  const remove = async (scope: NetworkScope): Promise<Outcome> => {
    if (mayHaveMadeSomething(scope.object)) {
      const work = await open(scope);
      if (work === undefined) {
        return scope.wait(
          done(),
          Reason.WaitingForFailureDomain,
          'the failure domain that names the credentials is gone',
        );
      }
      const wait = await removeNetwork(work);
      if (wait !== undefined) return scope.wait(wait.outcome, wait.reason, wait.message);
    }
    gone(scope.uid);
    scope.removeFinalizer(Finalizer.isolatedNetwork);
    return done();
  };

  return providerController(deps, setbacks, {
    name: 'cloudstackisolatednetwork',
    resource: CloudStackIsolatedNetwork,
    finalizer: Finalizer.isolatedNetwork,
    watches: [
      ownSubject(CloudStackIsolatedNetwork),
      {
        resource: CloudStackFailureDomain,
        keys: ({ object, previous }) => {
          // Zone and credentials stand in its spec; its status only repeats what this controller says. Which network
          // takes the endpoint depends on the others' as well.
          if (previous !== undefined && equalJson(previous['spec'], object['spec'])) return [];
          return ofCluster(deps, CloudStackIsolatedNetwork, object).map(keyOf);
        },
      },
      {
        resource: CloudStackIsolatedNetwork,
        keys: ({ type, object }) =>
          // One that goes may wait for another that removes the network of both.
          type === 'deleted'
            ? ofCluster(deps, CloudStackIsolatedNetwork, object).filter(isBeingDeleted).map(keyOf)
            : [],
      },
      onClusterArrival(deps, CloudStackIsolatedNetwork),
      onNewCredentials(deps, CloudStackIsolatedNetwork),
      onPauseChange(deps, CloudStackIsolatedNetwork),
      onOutOfReach(deps, CloudStackIsolatedNetwork, () => true),
    ],
    reconcile,
    remove,
    forget: (key) => doubts.forget(key),
    gone,
    start(enqueueKey) {
      enqueue = enqueueKey;
      return () => {
        enqueue = () => undefined;
      };
    },
  });
}

async function advance(work: NetworkWork): Promise<Outcome> {
  const { scope } = work;
  const network = await ensureNetwork(work);
  if ('reason' in network) return scope.wait(network.outcome, network.reason, network.message);

  const [endpoint, egress] = [await ensureEndpoint(work, network), await ensureEgress(work, network)];
  if (endpoint.isReachable) {
    const { status } = scope.object;
    scope.object.status = { ...status, ready: true, initialization: { ...status?.initialization, provisioned: true } };
  }
  const waits = [endpoint.wait, egress].filter((wait) => wait !== undefined);
  const [first] = waits;
  if (first !== undefined) {
    return scope.wait(soonest(...waits.map((wait) => wait.outcome)), first.reason, first.message);
  }
  scope.report('True', Reason.Ready, '');
  return requeueAfter(VERIFY_MS * (0.9 + 0.2 * scope.deps.random.fraction()));
}

function whyNoZone(scope: NetworkScope): string {
  const name = scope.object.spec.failureDomainName;
  const isThere = failureDomainOf(scope, name) !== undefined;
  return isThere ? 'the failure domain has no zone yet' : `failure domain ${name} does not exist`;
}

function freshlyKnown(all: Map<string, Known>, uid: string, now: number): Known {
  let known = all.get(uid);
  if (known === undefined || now - known.sinceMs > VERIFY_MS * 0.8) {
    known = { sinceMs: now, tagged: new Set() };
    all.set(uid, known);
  }
  return known;
}

function mayHaveMadeSomething(object: CloudStackIsolatedNetwork): boolean {
  if ((object.spec.id ?? '') !== '' || (object.spec.vpc?.id ?? '') !== '') return true;
  return (['network', 'vpc', 'address'] as const).some((subject) => intentOf(object.metadata, subject) !== undefined);
}

import {
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Cluster,
  Machine,
  Secret,
} from '../../../api/kinds';
import { type Controller, done, type Outcome, ownedBy, soonest } from '../../../api/ports';
import { isOwnedBy, keyOf, type ObjectKey } from '../../../machinery/kube-object';
import { clustersUsing, forgetCredentials } from '../credentials';
import type { InfrastructureDeps } from '../deps';
import { createOrRead, failureDomainOf } from '../family';
import { isInReachOfEndpoint } from '../isolated-networks';
import { RecordMirror } from '../kubernetes-record/mirror';
import { Annotation, Finalizer, failureDomainObjectName, GROUP, Label } from '../names';
import { providerController } from '../provider-controller';
import { Reason } from '../reasons';
import { faultAmong, readyText, type Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { ownSubject } from '../watches';
import { planFailureDomains } from './failure-domains';
import { recordOfMachine } from './record-watch';

type ClusterScope = Scope<CloudStackCluster>;

/** Makes the failure domains of a cluster and says when all of them, and the endpoint, are there. */
export function cloudStackClusterController(deps: InfrastructureDeps, setbacks: Setbacks): Controller {
  let enqueue: (key: ObjectKey) => void = () => undefined;
  const mirror = new RecordMirror(setbacks, (key) => enqueue(key));

  return providerController(deps, setbacks, {
    name: 'cloudstackcluster',
    resource: CloudStackCluster,
    finalizer: Finalizer.cluster,
    otherFinalizers: [Finalizer.kubernetesRecord],
    watches: [
      ownSubject(CloudStackCluster),
      ownedBy(CloudStackFailureDomain, { group: GROUP, kind: 'CloudStackCluster' }),
      {
        resource: Cluster,
        keys: ({ object }) => {
          // Watched as Cluster, so it is one.
          const { infrastructureRef } = (object as Cluster).spec;
          const namespace = object.metadata.namespace ?? '';
          return infrastructureRef?.kind === 'CloudStackCluster' ? [{ namespace, name: infrastructureRef.name }] : [];
        },
      },
      { resource: CloudStackMachine, keys: (event) => recordOfMachine(deps, event) },
      { resource: Machine, keys: () => [] },
      { resource: CloudStackIsolatedNetwork, keys: () => [] },
      // Jobs on the record of a cluster are followed with the credentials in force, also after its failure domains.
      { resource: Secret, keys: (event) => clustersUsing(deps, event).map(keyOf) },
    ],
    async reconcile(scope) {
      if (!hasOwner(scope)) {
        const message = `Cluster ${scope.clusterName} does not own this object: Cluster API sets the owner when spec.infrastructureRef of the Cluster names it`;
        return scope.wait(done(), Reason.WaitingForOwner, message);
      }
      await claim(scope);
      const outcome = await provision(scope);
      // Nobody waits for CloudStack's Kubernetes tab: what others wait for is told before.
      if (isNewlyReady(scope) && scope.object.spec.syncWithACS === true) await scope.persist();
      return soonest(outcome, await mirror.sync(scope));
    },
    remove: (scope) => remove(scope, mirror),
    gone: (uid) => mirror.gone(uid),
    start(enqueueKey) {
      enqueue = enqueueKey;
      return () => {
        enqueue = () => undefined;
      };
    },
  });
}

/** The contract's gate: a Cluster that merely has the name may refer to something else. */
function hasOwner({ object, cluster }: ClusterScope): boolean {
  return cluster !== undefined && isOwnedBy(object, cluster);
}

async function provision(scope: ClusterScope): Promise<Outcome> {
  const plan = planFailureDomains(scope.object, scope.clusterName, failureDomains(scope));
  publishFailureDomains(scope);
  const { objects } = scope.deps;
  for (const object of plan.create) await createOrRead(objects, CloudStackFailureDomain, object);
  for (const { before, after } of plan.correct) await objects.patch(CloudStackFailureDomain, before, after);
  // The one whose credentials made the record in CloudStack goes after the record.
  const recordHome = scope.object.metadata.annotations?.[Annotation.recordHome];
  for (const object of plan.remove) if (object.spec.name !== recordHome) await deleteOnce(scope, object);

  const waiting = plan.required.filter(({ object }) => object?.status?.ready !== true);
  if (waiting.length > 0) {
    const lines = waiting.map(
      ({ name, object }) => `${name}: ${object === undefined ? 'in progress' : readyText(object)}`,
    );
    const fault = faultAmong(...waiting.flatMap(({ object }) => object ?? []));
    return scope.wait(done(), fault ?? Reason.WaitingForFailureDomains, lines.join('; '));
  }
  if ((scope.object.spec.controlPlaneEndpoint?.host ?? '') === '') {
    return scope.wait(
      done(),
      Reason.WaitingForEndpoint,
      'spec.controlPlaneEndpoint.host is empty and no failure domain has an isolated network to take an address for it; ' +
        'set it to a virtual IP or an external load balancer',
    );
  }
  const { status } = scope.object;
  scope.object.status = { ...status, ready: true, initialization: { ...status?.initialization, provisioned: true } };
  scope.report('True', Reason.Ready, '');
  return done();
}

function isNewlyReady({ object, stored }: ClusterScope): boolean {
  return object.status?.ready === true && stored.status?.ready !== true;
}

/** Finalizer and identity, stored before anything is made for this cluster. */
async function claim(scope: ClusterScope): Promise<void> {
  const isNew = scope.addFinalizer(Finalizer.cluster);
  const hasIdentity = scope.object.metadata.annotations?.[Annotation.identity] !== undefined;
  if (!hasIdentity) {
    scope.object.metadata.annotations = { ...scope.object.metadata.annotations, [Annotation.identity]: scope.uid };
  }
  if (isNew || !hasIdentity) await scope.persistMain();
}

/** Control planes are placed by this list: only where machines can be behind the endpoint; workers may be anywhere. */
function publishFailureDomains(scope: ClusterScope): void {
  const names = new Set((scope.object.spec.failureDomains ?? []).map((entry) => entry.name));
  scope.object.status = {
    ...scope.object.status,
    failureDomains: [...names].map((name) => ({
      name,
      controlPlane: isInReachOfEndpoint(scope, failureDomainOf(scope, name)),
      attributes: { MetaHashName: failureDomainObjectName(name, scope.clusterName) },
    })),
  };
}

async function remove(scope: ClusterScope, mirror: RecordMirror): Promise<Outcome> {
  const left = failureDomains(scope);
  for (const object of left) await deleteOnce(scope, object);
  const record = await mirror.remove(scope);
  if (record !== undefined) return scope.wait(record.outcome, record.reason, record.message);
  if (left.length === 0) {
    forgetCredentials(scope, scope.object.spec.failureDomains ?? []);
    scope.removeFinalizer(Finalizer.cluster);
    return done();
  }
  const lines = left.map((object) => `${object.spec.name}: ${readyText(object)}`);
  return scope.wait(
    done(),
    faultAmong(...left) ?? Reason.Deleting,
    `waiting until the failure domains are gone: ${lines.join('; ')}`,
  );
}

function failureDomains(scope: ClusterScope): readonly CloudStackFailureDomain[] {
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  return scope.deps.objects.list(CloudStackFailureDomain, { namespace: scope.namespace, selector });
}

async function deleteOnce(scope: ClusterScope, object: CloudStackFailureDomain): Promise<void> {
  if (object.metadata.deletionTimestamp === undefined) await scope.deps.objects.delete(CloudStackFailureDomain, object);
}

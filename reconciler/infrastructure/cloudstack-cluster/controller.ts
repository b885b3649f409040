import { CloudStackCluster, CloudStackFailureDomain, Cluster } from '../../../api/kinds';
import { type Controller, done, type Outcome, ownedBy } from '../../../api/ports';
import type { InfrastructureDeps } from '../deps';
import { createOrRead } from '../family';
import { Annotation, Finalizer, failureDomainObjectName, GROUP, Label } from '../names';
import { providerController } from '../provider-controller';
import { Reason } from '../reasons';
import { faultAmong, readyText, type Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { ownSubject } from '../watches';
import { planFailureDomains } from './failure-domains';

type ClusterScope = Scope<CloudStackCluster>;

/** Makes the failure domains of a cluster and says when all of them, and the endpoint, are there. */
export function cloudStackClusterController(deps: InfrastructureDeps, setbacks: Setbacks): Controller {
  return providerController(deps, setbacks, {
    name: 'cloudstackcluster',
    resource: CloudStackCluster,
    finalizer: Finalizer.cluster,
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
    ],
    reconcile,
    remove,
  });
}

async function reconcile(scope: ClusterScope): Promise<Outcome> {
  await claim(scope);
  const plan = planFailureDomains(scope.object, scope.clusterName, failureDomains(scope));
  publishFailureDomains(scope);
  const { objects } = scope.deps;
  for (const object of plan.create) await createOrRead(objects, CloudStackFailureDomain, object);
  for (const { before, after } of plan.correct) await objects.patch(CloudStackFailureDomain, before, after);
  for (const object of plan.remove) await deleteOnce(scope, object);

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

/** Finalizer and identity, stored before anything is made for this cluster. */
async function claim(scope: ClusterScope): Promise<void> {
  const isNew = scope.addFinalizer(Finalizer.cluster);
  const hasIdentity = scope.object.metadata.annotations?.[Annotation.identity] !== undefined;
  if (!hasIdentity) {
    scope.object.metadata.annotations = { ...scope.object.metadata.annotations, [Annotation.identity]: scope.uid };
  }
  if (isNew || !hasIdentity) await scope.persist();
}

function publishFailureDomains(scope: ClusterScope): void {
  const names = new Set((scope.object.spec.failureDomains ?? []).map((entry) => entry.name));
  scope.object.status = {
    ...scope.object.status,
    failureDomains: [...names].map((name) => ({
      name,
      controlPlane: true,
      attributes: { MetaHashName: failureDomainObjectName(name, scope.clusterName) },
    })),
  };
}

async function remove(scope: ClusterScope): Promise<Outcome> {
  const left = failureDomains(scope);
  if (left.length === 0) {
    scope.removeFinalizer(Finalizer.cluster);
    return done();
  }
  for (const object of left) await deleteOnce(scope, object);
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

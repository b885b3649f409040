import {
  CloudStackAffinityGroup,
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Machine,
} from '../../../api/kinds';
import { type Cloud, type Controller, done, type Outcome, requeueAfter, type WatchSource } from '../../../api/ports';
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../../../machinery/kube-object';
import { openCloud } from '../credentials';
import type { InfrastructureDeps } from '../deps';
import { Doubts, onOutOfReach } from '../doubts';
import { cloudStackClusterOf, failureDomainOf, identityOf } from '../family';
import { faultOf } from '../faults';
import { JobBook } from '../job-book';
import { CLUSTER_API_GROUP, Finalizer } from '../names';
import { providerController } from '../provider-controller';
import { isOfCredentials, Reason } from '../reasons';
import type { Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { ofCluster, onNewCredentials, onPauseChange, ownSubject } from '../watches';
import { refersTo } from './affinity';
import { deploy } from './deploy';
import { hasPromised, promiseToLeaveRecord } from './kubernetes-record';
import { observe } from './observe';
import { outOfReach, place } from './placement';
import { mayHaveInstance, release, remove as removeInstance } from './removal';
import { isControlPlane, type MachineTools, type MachineWork } from './work';

type MachineScope = Scope<CloudStackMachine>;

/** While credentials do not open CloudStack, a machine comes back after this time; a change of their Secret wakes it. */
const TRY_AGAIN_MS = 30_000;

/** Gives every Machine its instance in CloudStack, watches over it, and destroys it with the Machine. */
export function cloudStackMachineController(deps: InfrastructureDeps, setbacks: Setbacks): Controller {
  const tools: MachineTools = {
    jobs: new JobBook(),
    setbacks,
    marked: new Map(),
    doubts: new Doubts(deps.clock),
  };
  const clouds = new Map<string, Cloud>();
  let enqueue: (key: ObjectKey) => void = () => undefined;

  const open = async (scope: MachineScope, failureDomain: CloudStackFailureDomain): Promise<MachineWork> => {
    const cloudStackCluster = cloudStackClusterOf(scope);
    const cloud = await openCloud(scope, failureDomain.spec);
    const key = keyOf(scope.object);
    const before = clouds.get(keyText(key));
    // Credentials that are no longer used must not be asked with for ever.
    if (before !== cloud) before?.inventory.forget(keyText(key));
    clouds.set(keyText(key), cloud);
    return {
      scope,
      machine: ownerOf(scope),
      cloudStackCluster,
      failureDomain,
      zoneId: failureDomain.spec.zone.id ?? '',
      cloud,
      identity: identityOf(failureDomain, cloudStackCluster),
      watchKey: keyText(key),
      wake: () => enqueue(key),
      tools,
    };
  };

  /** undefined: CloudStack cannot be looked at, which the failure domain tells. What is known of a machine stays. */
  const openIfPossible = async (
    scope: MachineScope,
    failureDomain: CloudStackFailureDomain,
  ): Promise<MachineWork | undefined> => {
    try {
      return await open(scope, failureDomain);
    } catch (error) {
      if (scope.object.status?.ready === true && isOfCredentials(faultOf(error).reason)) return undefined;
      throw error;
    }
  };

  const reconcile = async (scope: MachineScope): Promise<Outcome> => {
    const machine = ownerOf(scope);
    if (machine === undefined) return scope.wait(done(), Reason.WaitingForOwner, 'no Machine owns this object yet');
    if ((scope.object.spec.instanceID ?? '') !== '') {
      const failureDomain = failureDomainOf(scope, scope.object.spec.failureDomainName ?? '');
      if (failureDomain === undefined) return withoutFailureDomain(scope);
      promiseToLeaveRecord(scope, cloudStackClusterOf(scope));
      if (scope.addFinalizer(Finalizer.machine)) await scope.persistMain();
      const work = await openIfPossible(scope, failureDomain);
      return work === undefined ? requeueAfter(TRY_AGAIN_MS) : observe(work);
    }
    const cloudStackCluster = cloudStackClusterOf(scope);
    if (cloudStackCluster?.status?.ready !== true) {
      return scope.wait(
        done(),
        Reason.WaitingForClusterInfrastructure,
        "the cluster's infrastructure is not ready yet",
      );
    }
    if ((machine.spec.bootstrap.dataSecretName ?? '') === '') {
      return scope.wait(done(), Reason.WaitingForBootstrapData, 'Bootstrap DataSecretName not yet available');
    }
    const failureDomain = failureDomainOf(scope, place(scope, machine, cloudStackCluster, setbacks));
    if (failureDomain?.status?.ready !== true) return withoutFailureDomain(scope);
    const misplaced = mayHaveInstance({ scope }) ? undefined : outOfReach(scope, machine, failureDomain);
    if (misplaced !== undefined) return scope.wait(done(), Reason.EndpointOutOfReach, misplaced);
    return deploy(await open(scope, failureDomain), machine);
  };

  const forget = (key: ObjectKey): void => {
    clouds.get(keyText(key))?.inventory.forget(keyText(key));
    clouds.delete(keyText(key));
    tools.doubts.forget(key);
  };

  const gone = (uid: string): void => {
    tools.jobs.forget(uid);
    tools.marked.delete(uid);
  };

  const remove = async (scope: MachineScope): Promise<Outcome> => {
    forget(keyOf(scope.object));
    if (!mayHaveInstance({ scope })) return release({ scope });
    const failureDomain = failureDomainOf(scope, scope.object.spec.failureDomainName ?? '');
    if (failureDomain === undefined) return withoutFailureDomain(scope);
    const work = await open(scope, failureDomain);
    const outcome = await removeInstance(work);
    if ((scope.object.metadata.finalizers ?? []).includes(Finalizer.machine)) return outcome;
    forget(keyOf(scope.object));
    gone(scope.uid);
    return outcome;
  };

  return providerController(deps, setbacks, {
    name: 'cloudstackmachine',
    resource: CloudStackMachine,
    finalizer: Finalizer.machine,
    otherFinalizers: [Finalizer.recordMember],
    watches: watches(deps),
    concurrency: 20,
    // Where people watch a machine come up.
    reportWithinMs: 200,
    reconcile,
    remove,
    forget,
    gone,
    start(enqueueKey) {
      enqueue = enqueueKey;
      return () => {
        enqueue = () => undefined;
      };
    },
  });
}

function ownerOf(scope: MachineScope): Machine | undefined {
  const owner = scope.object.metadata.ownerReferences?.find(
    (reference) => reference.kind === 'Machine' && reference.apiVersion.startsWith(`${CLUSTER_API_GROUP}/`),
  );
  if (owner === undefined) return undefined;
  return scope.deps.objects.get(Machine, { namespace: scope.namespace, name: owner.name });
}

function withoutFailureDomain(scope: MachineScope): Outcome {
  const name = scope.object.spec.failureDomainName ?? '';
  return scope.wait(done(), Reason.WaitingForFailureDomain, `failure domain ${name} is not ready`);
}

function watches(deps: InfrastructureDeps): readonly WatchSource[] {
  const machinesOf = (object: KubeObject, isConcerned: (machine: CloudStackMachine) => boolean) =>
    ofCluster(deps, CloudStackMachine, object).filter(isConcerned).map(keyOf);
  const isUnsettled = (machine: CloudStackMachine) =>
    machine.status?.ready !== true || machine.metadata.deletionTimestamp !== undefined;
  return [
    ownSubject(CloudStackMachine),
    {
      resource: Machine,
      keys: ({ object }) => {
        // Watched as Machine, so it is one.
        const { infrastructureRef } = (object as Machine).spec;
        if (infrastructureRef.kind !== 'CloudStackMachine') return [];
        return [{ namespace: object.metadata.namespace ?? '', name: infrastructureRef.name }];
      },
    },
    {
      resource: CloudStackCluster,
      keys: ({ object }) => {
        // Watched as CloudStackCluster, so it is one.
        const isShown = deps.kubernetesSync === true && (object as CloudStackCluster).spec.syncWithACS === true;
        return machinesOf(object, (machine) => isUnsettled(machine) || (isShown && !hasPromised(machine)));
      },
    },
    { resource: CloudStackFailureDomain, keys: ({ object }) => machinesOf(object, isUnsettled) },
    {
      resource: CloudStackIsolatedNetwork,
      keys: ({ object, previous }) => {
        // Watched as CloudStackIsolatedNetwork, so both are. A rule that was made anew has no members.
        const ruleOf = (network: KubeObject) => (network as CloudStackIsolatedNetwork).status?.loadBalancerRuleID;
        const isRuleNew = previous !== undefined && ruleOf(object) !== ruleOf(previous);
        return machinesOf(object, (machine) => isUnsettled(machine) || (isRuleNew && isControlPlane(machine)));
      },
    },
    {
      resource: CloudStackAffinityGroup,
      keys: ({ type, object }) =>
        // Watched as CloudStackAffinityGroup, so it is one. When it is gone, its name is free for another.
        machinesOf(
          object,
          (machine) =>
            isUnsettled(machine) && (type === 'deleted' || refersTo(machine, object as CloudStackAffinityGroup)),
        ),
    },
    onNewCredentials(deps, CloudStackMachine),
    onPauseChange(deps, CloudStackMachine),
    onOutOfReach(deps, CloudStackMachine, (machine) => isControlPlane(machine)),
  ];
}

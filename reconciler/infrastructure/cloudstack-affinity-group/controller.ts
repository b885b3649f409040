import { CloudStackAffinityGroup, CloudStackFailureDomain, CloudStackMachine } from '../../../api/kinds';
import { type Cloud, type Controller, done, isGone, type Outcome, requeueAfter } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { type KubeObject, keyOf, type ObjectKey } from '../../../machinery/kube-object';
import { openCloud } from '../credentials';
import type { InfrastructureDeps } from '../deps';
import { failureDomainOf } from '../family';
import { ConfigurationProblem, JobFailure } from '../faults';
import { announce, intentOf } from '../intent';
import { JobBook } from '../job-book';
import { Finalizer } from '../names';
import { providerController } from '../provider-controller';
import { Reason } from '../reasons';
import type { Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { ofCluster, onNewCredentials, onPauseChange, ownSubject } from '../watches';

type GroupScope = Scope<CloudStackAffinityGroup>;

/** A group nobody stands in is kept this long: its first machine may be about to refer to it. */
const UNUSED_GRACE_MS = 60_000;

/** Keeps one CloudStack affinity group for each set of machines, and removes it after the last of them. */
export function cloudStackAffinityGroupController(deps: InfrastructureDeps, setbacks: Setbacks): Controller {
  const jobs = new JobBook();
  let enqueue: (key: ObjectKey) => void = () => undefined;

  const open = async (scope: GroupScope): Promise<Cloud | undefined> => {
    const failureDomain = failureDomainOf(scope, scope.object.spec.failureDomainName ?? '');
    return failureDomain === undefined ? undefined : openCloud(scope, failureDomain.spec);
  };

  /** The job of a step, while it runs. @throws JobFailure when it failed. */
  const running = (scope: GroupScope, cloud: Cloud, step: string): string | undefined => {
    const found = jobs.outcome(cloud, scope.uid, step);
    if (found?.outcome.state === 'failed') {
      const { errorCode, errorText } = found.outcome;
      throw new JobFailure(Reason.JobFailed, `${step} affinity group`, found.job.id, errorCode, errorText);
    }
    return found?.outcome.state === 'pending' ? found.job.id : undefined;
  };

  const reconcile = async (scope: GroupScope): Promise<Outcome> => {
    if (scope.addFinalizer(Finalizer.affinityGroup)) await scope.persistMain();
    const ageMs = deps.clock.now() - Date.parse(scope.object.metadata.creationTimestamp ?? '');
    const isUnused = users(scope).length === 0;
    if (isUnused && ageMs > UNUSED_GRACE_MS) {
      await deps.objects.delete(CloudStackAffinityGroup, scope.stored);
      return done();
    }
    // Whoever leaves it later wakes it.
    const settled = isUnused ? requeueAfter(UNUSED_GRACE_MS + 1000 - ageMs) : done();
    if (isSettled(scope)) return settled;
    const cloud = await open(scope);
    if (cloud === undefined)
      return scope.wait(done(), Reason.WaitingForFailureDomain, 'the failure domain is not there');
    const jobId = running(scope, cloud, 'create');
    if (jobId !== undefined) return creating(scope, jobId);

    const { spec } = scope.object;
    const name = spec.name ?? '';
    const known =
      (spec.id ?? '') === '' ? await cloud.affinityGroups.find(name) : await cloud.affinityGroups.get(spec.id ?? '');
    if (known !== undefined) {
      if (known.type !== spec.type) {
        throw new ConfigurationProblem(Reason.NameTaken, [`affinity group ${name} exists with type ${known.type}`]);
      }
      spec.id = known.id;
      scope.object.status = { ...scope.object.status, ready: true };
      scope.report('True', Reason.Ready, '');
      return settled;
    }
    // One that was there is deleted while machines stand in it without a word from CloudStack: later ones need another.
    delete spec.id;
    scope.object.status = { ...scope.object.status, ready: false };
    announce(scope.object.metadata, 'affinity-group', deps.clock);
    await scope.persistMain();
    const started = await cloud.affinityGroups.create(name, spec.type ?? '');
    scope.object.spec.id = started.id;
    const key = keyOf(scope.object);
    jobs.note(cloud, scope.uid, 'create', started.job, () => enqueue(key));
    return creating(scope, started.job.id);
  };

  const remove = async (scope: GroupScope): Promise<Outcome> => {
    const { spec, metadata } = scope.object;
    const names = users(scope).map((machine) => machine.metadata.name);
    if (names.length > 0) {
      return scope.wait(done(), Reason.WaitingForMachines, `machines stand in the group: ${names.join(', ')}`);
    }
    if ((spec.id ?? '') === '' && intentOf(metadata, 'affinity-group') === undefined) return release(scope);
    const cloud = await open(scope);
    if (cloud === undefined) {
      return scope.wait(
        done(),
        Reason.WaitingForFailureDomain,
        'the failure domain that names the credentials is gone',
      );
    }
    const jobId = running(scope, cloud, 'delete');
    if (jobId !== undefined) return deleting(scope, jobId);
    const group =
      (spec.id ?? '') === ''
        ? await cloud.affinityGroups.find(spec.name ?? '')
        : await cloud.affinityGroups.get(spec.id ?? '');
    if (group === undefined) return release(scope);
    try {
      const job = await cloud.affinityGroups.delete(group.id);
      const key = keyOf(scope.object);
      jobs.note(cloud, scope.uid, 'delete', job, () => enqueue(key));
      return deleting(scope, job.id);
    } catch (error) {
      if (isGone(error)) return release(scope);
      throw error;
    }
  };

  const release = (scope: GroupScope): Outcome => {
    jobs.forget(scope.uid);
    scope.removeFinalizer(Finalizer.affinityGroup);
    return done();
  };

  return providerController(deps, setbacks, {
    name: 'cloudstackaffinitygroup',
    resource: CloudStackAffinityGroup,
    finalizer: Finalizer.affinityGroup,
    watches: [
      ownSubject(CloudStackAffinityGroup),
      {
        resource: CloudStackMachine,
        keys: ({ type, object, previous }) => {
          const name = groupOf(object);
          // A group that goes waits for its machines; asked again the other way round, this names the one that is left.
          const hasChanged = type === 'deleted' || (previous !== undefined && groupOf(previous) !== name);
          if (name === undefined || !(hasChanged || isRefused(object))) return [];
          return [{ namespace: object.metadata.namespace ?? '', name }];
        },
      },
      {
        resource: CloudStackFailureDomain,
        keys: ({ object }) =>
          ofCluster(deps, CloudStackAffinityGroup, object)
            .filter((group) => group.status?.ready !== true || group.metadata.deletionTimestamp !== undefined)
            .map(keyOf),
      },
      onNewCredentials(deps, CloudStackAffinityGroup),
      onPauseChange(deps, CloudStackAffinityGroup),
    ],
    reconcile,
    remove,
    gone: (uid) => jobs.forget(uid),
    start(enqueueKey) {
      enqueue = enqueueKey;
      return () => {
        enqueue = () => undefined;
      };
    },
  });
}

/** Name of the group a machine refers to. @param object - watched as CloudStackMachine, so it is one */
function groupOf(object: KubeObject): string | undefined {
  return (object as CloudStackMachine).spec.cloudstackAffinityRef?.name;
}

function users(scope: GroupScope): readonly CloudStackMachine[] {
  return ofCluster(scope.deps, CloudStackMachine, scope.object).filter(
    (machine) => machine.spec.cloudstackAffinityRef?.name === scope.name,
  );
}

/** Whether there is nothing to look for: it was there, and no machine gives reason to doubt that. */
function isSettled(scope: GroupScope): boolean {
  const { spec, status } = scope.object;
  return status?.ready === true && (spec.id ?? '') !== '' && !users(scope).some(isRefused);
}

/** Whether CloudStack refused to deploy a machine, as it does when its group is gone. @param object - as for groupOf */
function isRefused(object: KubeObject): boolean {
  const machine = object as CloudStackMachine;
  const isDeployed = (machine.spec.instanceID ?? '') !== '';
  return !isDeployed && conditionOf(machine, 'Ready')?.reason === Reason.RefusedByCloudStack;
}

function creating(scope: GroupScope, jobId: string): Outcome {
  return scope.wait(done(), Reason.CreatingAffinityGroup, `creating the affinity group (CloudStack job ${jobId})`);
}

function deleting(scope: GroupScope, jobId: string): Outcome {
  return scope.wait(done(), Reason.Deleting, `deleting the affinity group (CloudStack job ${jobId})`);
}

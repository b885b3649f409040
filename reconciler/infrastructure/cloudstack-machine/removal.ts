import { done, isGone, type Outcome, requeueAfter } from '../../../api/ports';
import { intentOf } from '../intent';
import { Finalizer } from '../names';
import { Reason } from '../reasons';
import { disksToDelete } from './data-disks';
import { adoptLostDeployment, placeOf } from './deploy';
import { type InstanceView, whatToDoWithRemoval } from './instance-decision';
import { leaveRecord } from './kubernetes-record';
import { endMembership } from './load-balancer';
import { follow, jobOf, type MachineWork, tellFailure, untilExpungedMs } from './work';

/** Whether anything may exist in CloudStack for the machine. */
export function mayHaveInstance({ scope }: Pick<MachineWork, 'scope'>): boolean {
  const { spec, metadata } = scope.object;
  return (spec.instanceID ?? '') !== '' || intentOf(metadata, 'machine') !== undefined;
}

/** Destroys the instance and lets the machine go when it is gone for sure. */
export async function remove(work: MachineWork): Promise<Outcome> {
  const { scope, cloud } = work;
  if ((scope.object.spec.instanceID ?? '') === '') {
    const lost = await adoptLostDeployment(work, placeOf(work));
    return lost ?? release(work);
  }
  const destruction = jobOf(work, 'destroy');
  if (destruction?.outcome.state === 'pending') return destroying(work, destruction.job.id);
  tellFailure(destruction, 'destroying the instance');
  const { mayExpunge } = await cloud.capabilities();
  const action = whatToDoWithRemoval({ instance: await lookAt(work), jobPending: false, mayExpunge });
  switch (action) {
    case 'release':
      return release(work);
    case 'destroy':
      await leaveRecord(work);
      return (await endMembership(work)) ?? destroy(work, mayExpunge);
    case 'wait':
    case 'look':
      return scope.wait(
        requeueAfter(untilExpungedMs(work)),
        Reason.DestroyingInstance,
        'the instance is being expunged',
      );
  }
}

/** Each pass of a removal asks for the one instance: a snapshot may be older than the last job. */
async function lookAt({ cloud, scope }: MachineWork): Promise<InstanceView> {
  const instance = await cloud.machines.get(scope.object.spec.instanceID ?? '');
  if (instance === undefined) return { kind: 'gone' };
  return { kind: 'seen', state: instance.state };
}

async function destroy(work: MachineWork, mayExpunge: boolean): Promise<Outcome> {
  const { scope, cloud } = work;
  const { instanceID, diskOffering } = scope.object.spec;
  const id = instanceID ?? '';
  const hasDisk = (diskOffering?.id ?? '') !== '' || (diskOffering?.name ?? '') !== '';
  const disks = hasDisk ? disksToDelete(await cloud.machines.dataDisks(id), diskOffering) : [];
  try {
    const job = await cloud.machines.destroy(id, { expunge: mayExpunge, volumeIds: disks.map((disk) => disk.id) });
    follow(work, 'destroy', job);
    return destroying(work, job.id);
  } catch (error) {
    if (isGone(error)) return release(work);
    throw error;
  }
}

function destroying({ scope }: MachineWork, jobId: string): Outcome {
  return scope.wait(done(), Reason.DestroyingInstance, `VM deletion in progress (CloudStack job ${jobId})`);
}

/** Lets the machine go; one that somebody else still keeps says that its VM is no longer the reason. */
export function release({ scope }: Pick<MachineWork, 'scope'>): Outcome {
  scope.removeFinalizer(Finalizer.machine);
  scope.removeFinalizer(Finalizer.recordMember);
  const isHeld = (scope.object.metadata.finalizers ?? []).length > 0;
  return isHeld ? scope.wait(done(), Reason.Deleting, 'deletion completed: the VM is gone') : done();
}

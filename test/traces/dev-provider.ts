import { Cluster, Machine } from '../../api/kinds';
import { type Controller, done, type Objects, type Outcome, ownKind, requeueAfter } from '../../api/ports';
import { type Clock, kubeTime } from '../../machinery/clock';
import { type ConditionReport, isTrue, setCondition } from '../../machinery/conditions';
import { cloneJson } from '../../machinery/json';
import { isBeingDeleted, type KubeObject, keyOf } from '../../machinery/kube-object';
import { DevCluster, DevMachine, DevMachineTemplate, startupMs } from './dev-kinds';
import { SimulatedClusters } from './simulated-clusters';

/** Plays the provider of the recorded runs with its provisioning times. */

export interface DevDeps {
  readonly objects: Objects;
  readonly clock: Clock;
  readonly clusters: SimulatedClusters;
}

const CLUSTER_LABEL = 'cluster.x-k8s.io/cluster-name';
const CLUSTER_FINALIZER = 'dockercluster.infrastructure.cluster.x-k8s.io';
const MACHINE_FINALIZER = 'dockermachine.infrastructure.cluster.x-k8s.io';
/** The recorded controllers looked at an object at most once per second, so nothing went away in an instant. */
const DELETION_MS = 1000;
const NOT_PAUSED: ConditionReport = { type: 'Paused', status: 'False', reason: 'NotPaused' };

export function devClusterController(deps: DevDeps): Controller {
  return {
    name: 'devcluster',
    watches: [ownKind(DevCluster)],
    async reconcile(key) {
      const stored = deps.objects.get(DevCluster, key);
      if (stored === undefined) return done();
      const after = cloneJson(stored);
      if (isBeingDeleted(stored)) {
        const left = deletionLeftMs(deps.clock, stored);
        if (left > 0) return requeueAfter(left);
        after.metadata.finalizers = [];
        await deps.objects.patch(DevCluster, stored, after);
        return done();
      }
      if (!stored.metadata.ownerReferences?.some((owner) => owner.kind === 'Cluster')) return done();
      after.metadata.finalizers = [CLUSTER_FINALIZER];
      after.spec = { ...after.spec, controlPlaneEndpoint: { host: '127.0.0.1', port: SimulatedClusters.PORT } };
      after.status = {
        initialization: { provisioned: true },
        conditions: setCondition(stored.status?.conditions, NOT_PAUSED, kubeTime(deps.clock)),
      };
      await deps.objects.patch(DevCluster, stored, after);
      return done();
    },
  };
}

/** What the recorded provider said of every template. */
const CAPACITY = { cpu: '2', memory: '4Gi' };

export function devMachineTemplateController({ objects }: DevDeps): Controller {
  return {
    name: 'devmachinetemplate',
    watches: [ownKind(DevMachineTemplate)],
    async reconcile(key) {
      const stored = objects.get(DevMachineTemplate, key);
      if (stored === undefined || stored.status?.capacity !== undefined) return done();
      await objects.patch(DevMachineTemplate, stored, { ...stored, status: { capacity: CAPACITY } });
      return done();
    },
  };
}

export function devMachineController(deps: DevDeps): Controller {
  const startedAt = new Map<string, number>();
  return {
    name: 'devmachine',
    watches: [
      ownKind(DevMachine),
      { resource: Machine, keys: (event) => [keyOf(event.object)] },
      {
        resource: Cluster,
        keys: ({ object }) =>
          deps.objects
            .list(DevMachine, { namespace: object.metadata.namespace ?? '' })
            .map((machine) => keyOf(machine)),
      },
    ],
    reconcile: (key) => {
      const stored = deps.objects.get(DevMachine, key);
      return stored === undefined ? Promise.resolve(done()) : reconcileMachine(deps, stored, startedAt);
    },
  };
}

async function reconcileMachine(deps: DevDeps, stored: DevMachine, startedAt: Map<string, number>): Promise<Outcome> {
  const owner = stored.metadata.ownerReferences?.find((reference) => reference.kind === 'Machine');
  const namespace = stored.metadata.namespace ?? '';
  const machine = owner === undefined ? undefined : deps.objects.get(Machine, { namespace, name: owner.name });
  const clusterName = stored.metadata.labels?.[CLUSTER_LABEL] ?? '';
  const cluster = deps.objects.get(Cluster, { namespace, name: clusterName });
  const controlPlane = stored.metadata.labels?.['cluster.x-k8s.io/control-plane'] !== undefined;
  const after = cloneJson(stored);
  const simulated = deps.clusters.at(SimulatedClusters.PORT);
  const uid = stored.metadata.uid ?? '';
  if (isBeingDeleted(stored)) {
    const left = deletionLeftMs(deps.clock, stored);
    if (left > 0) return requeueAfter(left);
    if (startedAt.has(uid)) await simulated.removeNode(stored.metadata.name, controlPlane);
    startedAt.delete(uid);
    after.metadata.finalizers = [];
    await deps.objects.patch(DevMachine, stored, after);
    return done();
  }
  if (machine === undefined || cluster === undefined) return done();
  after.metadata.finalizers = [MACHINE_FINALIZER];
  const report = (reports: readonly ConditionReport[]) => {
    let conditions = stored.status?.conditions ?? [];
    for (const one of [NOT_PAUSED, ...reports]) {
      conditions = setCondition(conditions, one, kubeTime(deps.clock), stored.metadata.generation);
    }
    after.status = { ...after.status, conditions };
  };
  const waiting = waitsFor(cluster, machine, controlPlane);
  if (waiting !== undefined) {
    if (cluster.status?.initialization?.infrastructureProvisioned === true) report(stages(controlPlane, waiting));
    await deps.objects.patch(DevMachine, stored, after);
    return done();
  }
  const now = deps.clock.now();
  const start = startedAt.get(uid) ?? now;
  const first = !startedAt.has(uid);
  startedAt.set(uid, start);
  const times = stored.spec?.backend?.inMemory;
  const vmAt = start + startupMs(times?.vm);
  const nodeAt = vmAt + startupMs(times?.node);
  const readyAt = nodeAt + Math.max(startupMs(times?.etcd), startupMs(times?.apiServer));
  if (first || now < vmAt) {
    report(stages(controlPlane, 'WaitingForStartupTimeout'));
    await deps.objects.patch(DevMachine, stored, after);
    return requeueAfter(vmAt - now);
  }
  after.spec = { ...after.spec, providerID: `in-memory://${stored.metadata.name}` };
  after.status = { ...after.status, initialization: { provisioned: true } };
  if (now < nodeAt) {
    report(stages(controlPlane, undefined, 'WaitingForStartupTimeout'));
    await deps.objects.patch(DevMachine, stored, after);
    return requeueAfter(nodeAt - now);
  }
  if (!isTrue(stored, 'NodeProvisioned')) {
    await simulated.addNode(stored.metadata.name, machine.spec.version ?? '', controlPlane);
  }
  if (controlPlane && now < readyAt) {
    report(stages(true, undefined, undefined, 'WaitingForStartupTimeout'));
    await deps.objects.patch(DevMachine, stored, after);
    return requeueAfter(readyAt - now);
  }
  if (controlPlane && !isTrue(stored, 'Ready')) await simulated.startControlPlane(stored.metadata.name);
  report(stages(controlPlane));
  await deps.objects.patch(DevMachine, stored, after);
  return done();
}

/** Deletion times are whole seconds: one more is waited for, so that it is never less than the time it takes. */
function deletionLeftMs(clock: Clock, { metadata }: KubeObject): number {
  return Date.parse(metadata.deletionTimestamp ?? '') + 1000 + DELETION_MS - clock.now();
}

function waitsFor(cluster: Cluster, machine: Machine, controlPlane: boolean): string | undefined {
  if (cluster.status?.initialization?.infrastructureProvisioned !== true) return 'WaitingForClusterInfrastructureReady';
  if (machine.spec.bootstrap.dataSecretName !== undefined) return undefined;
  const initialized = isTrue(cluster, 'ControlPlaneInitialized');
  return controlPlane || initialized ? 'WaitingForBootstrapData' : 'WaitingForControlPlaneInitialized';
}

/** Conditions of a machine that waits in its first, second or third stage; all undefined: it is done. */
function stages(controlPlane: boolean, vm?: string, node?: string, services?: string): ConditionReport[] {
  const stage = (type: string, own: string | undefined, before: string | undefined): ConditionReport => {
    const reason = before ?? own;
    return reason === undefined ? { type, status: 'True', reason: 'Provisioned' } : { type, status: 'False', reason };
  };
  const beforeNode = vm === undefined ? undefined : 'WaitingForVMProvisioned';
  const beforeServices = beforeNode ?? (node === undefined ? undefined : 'WaitingForNodeProvisioned');
  const list = [stage('VMProvisioned', vm, undefined), stage('NodeProvisioned', node, beforeNode)];
  if (controlPlane) {
    list.push(
      stage('EtcdProvisioned', services, beforeServices),
      stage('APIServerProvisioned', services, beforeServices),
    );
  }
  const open = list.filter((report) => report.status === 'False');
  const ready: ConditionReport =
    open.length === 0
      ? { type: 'Ready', status: 'True', reason: 'Ready' }
      : {
          type: 'Ready',
          status: 'False',
          reason: 'NotReady',
          message: open.map((report) => `* ${report.type}: ${report.reason}`).join('\n'),
        };
  return [ready, ...list];
}

import { Cluster, Machine, Node } from '../../api/kinds';
import { type Controller, done, type Objects, ownKind, requeueAfter } from '../../api/ports';
import { type Clock, kubeTime } from '../../machinery/clock';
import { type Condition, type ConditionReport, isTrue, setCondition } from '../../machinery/conditions';
import { equalJson } from '../../machinery/json';
import { isBeingDeleted } from '../../machinery/kube-object';
import { DevHealthCheck } from './dev-kinds';
import { SimulatedClusters } from './simulated-clusters';

/**
 * Plays the MachineHealthCheck controller of the recorded runs as far as their scenarios need it: it judges, and the
 * loops under test do the rest.
 */

export interface HealthCheckDeps {
  readonly objects: Objects;
  readonly clock: Clock;
  readonly clusters: SimulatedClusters;
}

/** How often Nodes are looked at; nobody tells this stand-in of their changes. */
const LOOK_MS = 1000;
const REMEDIATE = 'cluster.x-k8s.io/remediate-machine';
const SKIP = 'cluster.x-k8s.io/skip-remediation';
const HEALTHY: ConditionReport = {
  type: 'HealthCheckSucceeded',
  status: 'True',
  reason: 'HealthCheckSucceeded',
};
const WAITING: ConditionReport = {
  type: 'OwnerRemediated',
  status: 'False',
  reason: 'WaitingForRemediation',
  message: 'Waiting for remediation',
};

export function devHealthCheckController(deps: HealthCheckDeps): Controller {
  /** Since when a Node has the condition it has, by Machine. */
  const since = new Map<string, { readonly status: string; readonly at: number }>();
  return {
    name: 'machinehealthcheck',
    watches: [ownKind(DevHealthCheck)],
    async reconcile(key) {
      const check = deps.objects.get(DevHealthCheck, key);
      if (check === undefined) return done();
      const { clusterName, selector } = check.spec;
      const cluster = deps.objects.get(Cluster, { namespace: key.namespace, name: clusterName });
      if (cluster === undefined || !isTrue(cluster, 'ControlPlaneInitialized')) return requeueAfter(LOOK_MS);
      for (const machine of deps.objects.list(Machine, { namespace: key.namespace, selector })) {
        if (isBeingDeleted(machine) || machine.metadata.annotations?.[SKIP] !== undefined) continue;
        await judge(deps, check, machine, since);
      }
      return requeueAfter(LOOK_MS);
    },
  };
}

async function judge(
  { objects, clock, clusters }: HealthCheckDeps,
  check: DevHealthCheck,
  machine: Machine,
  since: Map<string, { readonly status: string; readonly at: number }>,
): Promise<void> {
  const name = machine.status?.nodeRef?.name;
  if (name === undefined) return;
  const node = await clusters.at(SimulatedClusters.PORT).server.api().get(Node, { namespace: '', name });
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const before = since.get(machine.metadata.name);
  const status = ready?.status ?? 'Unknown';
  const seen = before?.status === status ? before : { status, at: clock.now() };
  since.set(machine.metadata.name, seen);
  const broken = check.spec.checks.unhealthyNodeConditions.find(
    (condition) => condition.status === status && clock.now() - seen.at >= condition.timeoutSeconds * 1000,
  );
  const reports: ConditionReport[] = [HEALTHY];
  if (machine.metadata.annotations?.[REMEDIATE] !== undefined) {
    const message = `Health check failed: marked for remediation via ${REMEDIATE} annotation`;
    reports.splice(0, 1, { ...HEALTHY, status: 'False', reason: 'HasRemediateAnnotation', message });
  } else if (broken !== undefined) {
    const line = `Condition Ready on Node is reporting status ${status} with reason ${ready?.reason ?? ''}`;
    const message = `Health check failed:\n  * ${line} for more than ${broken.timeoutSeconds}s`;
    reports.splice(0, 1, { ...HEALTHY, status: 'False', reason: 'UnhealthyNode', message });
  }
  const known = machine.status?.conditions ?? [];
  if (reports[0]?.status === 'False' && !known.some(({ type }) => type === WAITING.type)) reports.push(WAITING);
  const conditions = reports.reduce<Condition[]>(
    (list, report) => setCondition(list, report, kubeTime(clock), machine.metadata.generation),
    [...known],
  );
  if (equalJson(conditions, known)) return;
  await objects.patch(
    Machine,
    machine,
    { ...machine, status: { ...machine.status, conditions } },
    { ownedConditions: [HEALTHY.type, WAITING.type] },
  );
}

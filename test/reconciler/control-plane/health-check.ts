import { Machine } from '../../../api/kinds';
import { type Condition, type ConditionStatus, conditionOf } from '../../../machinery/conditions';
import { NAMESPACE, type World } from './world';

/** Conditions of a machine that a health check found unhealthy and left to its owner. */
export const UNHEALTHY = { HealthCheckSucceeded: 'False', OwnerRemediated: 'False' } as const;

/** Writes into a Machine what a MachineHealthCheck does: its verdict, and when it is bad, whose turn it is. */
export async function judge(world: World, name: string, verdict: 'healthy' | 'unhealthy'): Promise<void> {
  const key = { namespace: NAMESPACE, name };
  const stored = await world.api.get(Machine, key);
  const others = (stored.status?.conditions ?? []).filter(({ type }) => !Object.keys(UNHEALTHY).includes(type));
  const remediation = conditionOf(stored, 'OwnerRemediated');
  const conditions =
    verdict === 'unhealthy'
      ? [
          ...others,
          condition('HealthCheckSucceeded', 'False', 'UnhealthyNode'),
          condition('OwnerRemediated', 'False', 'WaitingForRemediation'),
        ]
      : [
          ...others,
          condition('HealthCheckSucceeded', 'True', 'HealthCheckSucceeded'),
          ...(remediation === undefined ? [] : [remediation]),
        ];
  await world.api.patch(Machine, key, { type: 'merge', patch: { status: { conditions } } }, { subresource: 'status' });
}

/** Keeps a Machine from going away, however far its deletion is. */
export async function hold(world: World, name: string): Promise<() => Promise<void>> {
  const key = { namespace: NAMESPACE, name };
  const stored = await world.api.get(Machine, key);
  const finalizers = ['test/held', ...(stored.metadata.finalizers ?? [])];
  await world.api.patch(Machine, key, { type: 'merge', patch: { metadata: { finalizers } } });
  return async () => {
    const { metadata } = await world.api.get(Machine, key);
    const rest = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== 'test/held');
    await world.api.patch(Machine, key, { type: 'merge', patch: { metadata: { finalizers: rest } } });
  };
}

function condition(type: string, status: ConditionStatus, reason: string): Condition {
  return { type, status, reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

import { Machine } from '../../../api/kinds';
import type { Condition, ConditionStatus } from '../../../machinery/conditions';

export interface MachineShape {
  readonly name: string;
  readonly created?: number;
  readonly failureDomain?: string | undefined;
  readonly deleting?: boolean;
  readonly marked?: boolean;
  readonly node?: boolean;
  /** Whether it has infrastructure. @default true */
  readonly provisioned?: boolean;
  readonly version?: string;
  readonly annotations?: { readonly [key: string]: string };
  readonly conditions?: { readonly [type: string]: ConditionStatus };
}

/** A control-plane Machine, as decisions see it. */
export function machine(shape: MachineShape): Machine {
  const conditions = Object.entries(shape.conditions ?? {}).map(
    ([type, status]): Condition => ({
      type,
      status,
      reason: 'Test',
      message: status === 'True' ? '' : `${type} is ${status}`,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }),
  );
  return {
    apiVersion: Machine.apiVersion,
    kind: Machine.kind,
    metadata: {
      name: shape.name,
      namespace: 'default',
      uid: `uid-${shape.name}`,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1) + (shape.created ?? 0) * 1000).toISOString(),
      annotations: {
        ...shape.annotations,
        ...(shape.marked === true ? { 'cluster.x-k8s.io/delete-machine': '' } : {}),
      },
      ...(shape.deleting === true ? { deletionTimestamp: '2026-01-02T00:00:00Z' } : {}),
    },
    spec: {
      clusterName: 'c',
      bootstrap: {},
      infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'TestMachine', name: shape.name },
      version: shape.version ?? 'v1.34.2',
      ...(shape.provisioned === false ? {} : { providerID: `test://${shape.name}` }),
      ...(shape.failureDomain === undefined ? {} : { failureDomain: shape.failureDomain }),
    },
    status: {
      conditions,
      ...(shape.node === false ? {} : { nodeRef: { name: shape.name } }),
    },
  };
}

export const HEALTHY = {
  APIServerPodHealthy: 'True',
  ControllerManagerPodHealthy: 'True',
  SchedulerPodHealthy: 'True',
  NodeKubeadmLabelsAndTaintsSet: 'True',
  EtcdPodHealthy: 'True',
  EtcdMemberHealthy: 'True',
} as const;

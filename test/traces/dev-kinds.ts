import type { CustomResourceDefinition } from '../../api/kinds';
import type { TypedResource } from '../../api/ports';
import type { Condition } from '../../machinery/conditions';
import type { ObjectMeta } from '../../machinery/kube-object';
import type { LabelSelector } from '../../machinery/selectors';

/** The test provider of the recorded runs (`backend: inMemory`), as far as its objects are visible. */

const GROUP = 'infrastructure.cluster.x-k8s.io';

interface Startup {
  provisioning?: { startupDuration?: string };
}

type Common = { apiVersion: string; kind: string; metadata: ObjectMeta };

export type DevCluster = Common & {
  spec?: { controlPlaneEndpoint?: { host: string; port: number } };
  status?: { conditions?: Condition[]; initialization?: { provisioned?: boolean } };
};

export type DevMachine = Common & {
  spec?: {
    providerID?: string;
    backend?: { inMemory?: { vm?: Startup; node?: Startup; etcd?: Startup; apiServer?: Startup } };
  };
  status?: { conditions?: Condition[]; initialization?: { provisioned?: boolean } };
};

export type DevMachineTemplate = Common & { status?: { capacity?: { cpu: string; memory: string } } };

const resource = <T extends Common>(kind: string, plural: string): TypedResource<T> => ({
  group: GROUP,
  version: 'v1beta2',
  kind,
  plural,
  namespaced: true,
});

export type DevHealthCheck = Common & {
  spec: {
    clusterName: string;
    selector: LabelSelector;
    checks: { unhealthyNodeConditions: { type: string; status: string; timeoutSeconds: number }[] };
  };
};

export const DevCluster = resource<DevCluster>('DevCluster', 'devclusters');
export const DevMachine = resource<DevMachine>('DevMachine', 'devmachines');
export const DevMachineTemplate = resource<DevMachineTemplate>('DevMachineTemplate', 'devmachinetemplates');

/** The kind that the stand-in for upstream's MachineHealthCheck controller acts upon. */
export const DevHealthCheck: TypedResource<DevHealthCheck> = {
  ...resource<DevHealthCheck>('MachineHealthCheck', 'machinehealthchecks'),
  group: 'cluster.x-k8s.io',
};

/** CRDs with the contract labels that controllers look for. */
export function devCrds(): CustomResourceDefinition[] {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return [DevCluster, DevMachine, DevMachineTemplate, DevHealthCheck].map(({ group, kind, plural }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'cluster.x-k8s.io/v1beta2': 'v1beta2' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1beta2',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
        },
      ],
    },
  }));
}

/** Milliseconds of a Go duration in seconds or milliseconds (`2s`, `500ms`). */
export function startupMs(part: Startup | undefined): number {
  const match = /^(\d+)(ms|s)$/.exec(part?.provisioning?.startupDuration ?? '0s');
  return Number(match?.[1] ?? 0) * (match?.[2] === 's' ? 1000 : 1);
}

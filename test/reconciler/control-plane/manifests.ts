import type { KubeObject } from '../../../machinery/kube-object';
import { CLUSTER, NAMESPACE } from './world';

const INFRA = 'infrastructure.cluster.x-k8s.io';
const nodeRegistration = {
  name: '{{ local_hostname }}',
  kubeletExtraArgs: [{ name: 'provider-id', value: "cloudstack:///'{{ ds.meta_data.instance_id }}'" }],
};

export interface Shape {
  readonly controlPlane?: number;
  readonly workers?: number;
  readonly version?: string;
  readonly maxSurge?: 0 | 1;
}

/** A cluster on test infrastructure, as a user applies it. */
export function clusterManifests({
  controlPlane = 1,
  workers = 1,
  version = 'v1.33.4',
  maxSurge = 1,
}: Shape = {}): KubeObject[] {
  const metadata = (name: string) => ({ name, namespace: NAMESPACE });
  const machineTemplate = (name: string): KubeObject => ({
    apiVersion: `${INFRA}/v1`,
    kind: 'TestMachineTemplate',
    metadata: metadata(name),
    spec: { template: { spec: {} } },
  });
  return [
    { apiVersion: `${INFRA}/v1`, kind: 'TestCluster', metadata: metadata(CLUSTER), spec: {} },
    machineTemplate(`${CLUSTER}-cp`),
    machineTemplate(`${CLUSTER}-md-0`),
    {
      apiVersion: 'bootstrap.cluster.x-k8s.io/v1beta2',
      kind: 'KubeadmConfigTemplate',
      metadata: metadata(`${CLUSTER}-md-0`),
      spec: { template: { spec: { joinConfiguration: { nodeRegistration } } } },
    },
    {
      apiVersion: 'cluster.x-k8s.io/v1beta2',
      kind: 'Cluster',
      metadata: metadata(CLUSTER),
      spec: {
        clusterNetwork: { pods: { cidrBlocks: ['192.168.0.0/16'] }, services: { cidrBlocks: ['10.128.0.0/12'] } },
        infrastructureRef: { apiGroup: INFRA, kind: 'TestCluster', name: CLUSTER },
        controlPlaneRef: {
          apiGroup: 'controlplane.cluster.x-k8s.io',
          kind: 'KubeadmControlPlane',
          name: `${CLUSTER}-cp`,
        },
      },
    },
    {
      apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2',
      kind: 'KubeadmControlPlane',
      metadata: metadata(`${CLUSTER}-cp`),
      spec: {
        replicas: controlPlane,
        version,
        machineTemplate: {
          spec: { infrastructureRef: { apiGroup: INFRA, kind: 'TestMachineTemplate', name: `${CLUSTER}-cp` } },
        },
        kubeadmConfigSpec: {
          clusterConfiguration: { apiServer: { certSANs: ['localhost'] } },
          initConfiguration: { nodeRegistration },
          joinConfiguration: { nodeRegistration },
        },
        rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge } } },
      },
    },
    ...(workers === 0
      ? []
      : [
          {
            apiVersion: 'cluster.x-k8s.io/v1beta2',
            kind: 'MachineDeployment',
            metadata: metadata(`${CLUSTER}-md-0`),
            spec: {
              clusterName: CLUSTER,
              replicas: workers,
              selector: { matchLabels: {} },
              template: {
                spec: {
                  clusterName: CLUSTER,
                  version,
                  bootstrap: {
                    configRef: {
                      apiGroup: 'bootstrap.cluster.x-k8s.io',
                      kind: 'KubeadmConfigTemplate',
                      name: `${CLUSTER}-md-0`,
                    },
                  },
                  infrastructureRef: { apiGroup: INFRA, kind: 'TestMachineTemplate', name: `${CLUSTER}-md-0` },
                },
              },
            },
          },
        ]),
  ];
}

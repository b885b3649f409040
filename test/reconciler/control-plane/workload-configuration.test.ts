import type { KubeadmConfigSpec, KubeadmControlPlane } from '../../../api/kinds';
import { readYaml } from '../../../machinery/yaml';
import { updatedClusterConfiguration } from '../../../reconciler/control-plane/kubeadm-control-plane/workload-configuration';

type Configuration = NonNullable<KubeadmConfigSpec['clusterConfiguration']>;

function controlPlane(version: string, clusterConfiguration: Configuration): KubeadmControlPlane {
  const infrastructureRef = { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'TestMachineTemplate', name: 'c' };
  return {
    apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2',
    kind: 'KubeadmControlPlane',
    metadata: { name: 'c-cp', namespace: 'default' },
    spec: {
      version,
      machineTemplate: { spec: { infrastructureRef } },
      kubeadmConfigSpec: { clusterConfiguration },
    },
  };
}

/** Feature gates that a joining kubeadm finds after a rollout to `version` has been prepared. */
function gatesAfter(version: string, before: string, configuration: Configuration = {}): unknown {
  const text = updatedClusterConfiguration(before, controlPlane(version, configuration)) ?? before;
  return (readYaml(text) as { featureGates?: unknown }).featureGates;
}

const HEAD = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n';

test('a machine of a version that needs it joins with a kubelet that talks to the API server beside it', () => {
  expect(gatesAfter('v1.31.0', `${HEAD}kubernetesVersion: v1.30.4\n`)).toEqual({ ControlPlaneKubeletLocalMode: true });
  const gates = 'featureGates:\n  ControlPlaneKubeletLocalMode: true\n';
  expect(gatesAfter('v1.34.2', `${HEAD}kubernetesVersion: v1.33.4\n${gates}`)).toEqual({
    ControlPlaneKubeletLocalMode: true,
  });
});

test('what the user says about the gate counts, and a version that does not know it is not given it', () => {
  const gates = 'featureGates:\n  ControlPlaneKubeletLocalMode: true\n';
  const off = { featureGates: { ControlPlaneKubeletLocalMode: false, Other: true } };
  expect(gatesAfter('v1.34.2', HEAD, off)).toEqual(off.featureGates);
  expect(gatesAfter('v1.36.0', `${HEAD}${gates}`)).toBeUndefined();
});

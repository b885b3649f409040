import { crds } from '../../../api/crds';
import { at, type Fields, managersOf, type Scene } from '../scene';
import type { Topic } from '../topic';
import { CRDS } from '../widgets';

const CORE = 'cluster.x-k8s.io/v1beta2';
const INFRASTRUCTURE = 'infrastructure.cluster.x-k8s.io/v1beta4';
const CONTROL_PLANE = 'controlplane.cluster.x-k8s.io/v1beta2';
const BOOTSTRAP = 'bootstrap.cluster.x-k8s.io/v1beta2';

/** Installs all our CRDs, once for all cases. */
async function installOurs(s: Scene): Promise<void> {
  const all = crds({ conversion: 'none' });
  await Promise.all(all.map((crd) => s.post(CRDS, crd)));
  for (const { spec } of all) {
    for (const { name } of spec.versions) {
      const path = `/apis/${spec.group}/${name}/${spec.names.plural}?limit=1`;
      await s.until(
        () => s.get(path),
        (answer) => answer.code === 200,
      );
    }
  }
}

const make = (s: Scene, apiVersion: string, plural: string, kind: string, name: string, spec: Fields) =>
  s.post(s.at(apiVersion, plural), { apiVersion, kind, metadata: { name }, spec });

const infrastructureRef = { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'CloudStackMachineTemplate', name: 't' };
const machineSpec = { clusterName: 'c', bootstrap: { dataSecretName: 's' }, infrastructureRef };

const deploymentSpec = {
  clusterName: 'c',
  replicas: 2,
  selector: { matchLabels: null },
  template: { spec: machineSpec },
};

const failureDomain = (name: string, zone = 'zone-1') => ({
  name,
  acsEndpoint: { name: 'credentials', namespace: 'default' },
  zone: { name: zone, network: { name: 'net' } },
});

const machineTemplate = { template: { spec: { offering: { name: 'small' }, template: { name: 'image' } } } };

/** Our CRDs on an API server: what they accept, fill in and refuse. */
export const ourKindsCases: Topic = (conforms) => {
  conforms('ours-installed', 'all our CRDs are accepted and established', async (s) => {
    await installOurs(s);
    const answers = await Promise.all(
      crds({ conversion: 'none' }).map(({ metadata }) => s.get(`${CRDS}/${metadata.name}`)),
    );
    return answers
      .map((answer) => [
        at(answer, 'metadata', 'name'),
        JSON.stringify(at(answer, 'status', 'conditions')).includes('NonStructuralSchema'),
      ])
      .sort();
  });

  conforms('ours-cluster', 'a Cluster, with status and paused by whoever', async (s) => {
    await installOurs(s);
    const made = await make(s, CORE, 'clusters', 'Cluster', 'c', {
      clusterNetwork: { pods: { cidrBlocks: ['10.0.0.0/16'] } },
      infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'CloudStackCluster', name: 'c' },
    });
    const path = s.at(CORE, 'clusters', 'c');
    return {
      made,
      removed: await s.merge(path, { spec: { infrastructureRef: null } }),
      paused: await s.merge(path, { spec: { paused: true } }),
      status: await s.merge(`${path}/status`, { status: { phase: 'Provisioned' } }),
      badNetwork: await s.merge(path, { spec: { clusterNetwork: { services: {} } } }),
    };
  });

  conforms('ours-null-selector', 'matchLabels null of a MachineDeployment is dropped', async (s) => {
    await installOurs(s);
    const created = await make(s, CORE, 'machinedeployments', 'MachineDeployment', 'md', deploymentSpec);
    const applied = await s.apply(s.at(CORE, 'machinedeployments', 'md-2'), 'capstan', {
      apiVersion: CORE,
      kind: 'MachineDeployment',
      metadata: { name: 'md-2' },
      spec: deploymentSpec,
    });
    return { created, applied };
  });

  conforms('ours-machine-deployment', 'a MachineDeployment belongs to one cluster and scales', async (s) => {
    await installOurs(s);
    await make(s, CORE, 'machinedeployments', 'MachineDeployment', 'md', deploymentSpec);
    const path = s.at(CORE, 'machinedeployments', 'md');
    return {
      moved: await s.merge(path, { spec: { clusterName: 'd', template: { spec: { clusterName: 'd' } } } }),
      split: await make(s, CORE, 'machinedeployments', 'MachineDeployment', 'x', {
        ...deploymentSpec,
        clusterName: 'other',
      }),
      scale: await s.get(`${path}/scale`),
      scaled: await s.merge(`${path}/scale`, { spec: { replicas: 4 } }),
      negative: await s.merge(path, { spec: { replicas: -1 } }),
      empty: await make(s, CORE, 'machinedeployments', 'MachineDeployment', 'y', {}),
    };
  });

  conforms('ours-machine', 'a Machine of a MachineSet', async (s) => {
    await installOurs(s);
    const made = await make(s, CORE, 'machines', 'Machine', 'm', {
      ...machineSpec,
      version: 'v1.34.2',
      providerID: 'cloudstack:///1',
    });
    const path = s.at(CORE, 'machines', 'm');
    return {
      made: managersOf(made),
      spec: at(made, 'spec'),
      moved: await s.merge(path, { spec: { clusterName: 'd' } }),
      conditions: await s.merge(`${path}/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
      set: (
        await make(s, CORE, 'machinesets', 'MachineSet', 'ms', {
          clusterName: 'c',
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: machineSpec },
        })
      ).code,
    };
  });

  conforms('ours-control-plane', 'a KubeadmControlPlane has an odd number of machines', async (s) => {
    await installOurs(s);
    const spec = {
      version: 'v1.34.2',
      machineTemplate: { spec: { infrastructureRef } },
      kubeadmConfigSpec: { preKubeadmCommands: ['swapoff -a'] },
    };
    const create = (name: string, fields: Fields) =>
      make(s, CONTROL_PLANE, 'kubeadmcontrolplanes', 'KubeadmControlPlane', name, { ...spec, ...fields });
    return {
      made: await create('a', { replicas: 3 }),
      even: await create('b', { replicas: 2 }),
      zero: await create('c', { replicas: 0 }),
      external: (
        await create('d', {
          replicas: 2,
          kubeadmConfigSpec: {
            clusterConfiguration: {
              etcd: { external: { endpoints: ['https://e'], caFile: 'a', certFile: 'b', keyFile: 'c' } },
            },
          },
        })
      ).code,
      duplicateArgs: await create('e', {
        kubeadmConfigSpec: {
          clusterConfiguration: {
            apiServer: {
              extraArgs: [
                { name: 'v', value: '1' },
                { name: 'v', value: '1' },
              ],
            },
          },
        },
      }),
    };
  });

  conforms('ours-kubeadm-config', 'a KubeadmConfig and its template', async (s) => {
    await installOurs(s);
    const spec = {
      files: [{ path: '/a', content: 'x' }],
      joinConfiguration: { nodeRegistration: { kubeletExtraArgs: [{ name: 'v', value: '1' }] } },
    };
    return {
      config: at(await make(s, BOOTSTRAP, 'kubeadmconfigs', 'KubeadmConfig', 'k', spec), 'spec'),
      template: (
        await make(s, BOOTSTRAP, 'kubeadmconfigtemplates', 'KubeadmConfigTemplate', 'k', { template: { spec } })
      ).code,
      noPath: await make(s, BOOTSTRAP, 'kubeadmconfigs', 'KubeadmConfig', 'l', { files: [{ content: 'x' }] }),
    };
  });

  conforms('ours-cloudstack-cluster', 'a CloudStackCluster keeps its failure domains and endpoint', async (s) => {
    await installOurs(s);
    const made = await make(s, INFRASTRUCTURE, 'cloudstackclusters', 'CloudStackCluster', 'c', {
      failureDomains: [failureDomain('a'), failureDomain('b')],
    });
    const path = s.at(INFRASTRUCTURE, 'cloudstackclusters', 'c');
    return {
      made,
      endpoint: (await s.merge(path, { spec: { controlPlaneEndpoint: { host: '10.0.0.1', port: 6443 } } })).code,
      host: await s.merge(path, { spec: { controlPlaneEndpoint: { host: '10.0.0.2' } } }),
      zone: await s.merge(path, { spec: { failureDomains: [failureDomain('a', 'zone-2'), failureDomain('b')] } }),
      less: (await s.merge(path, { spec: { failureDomains: [failureDomain('b')] } })).code,
      other: await s.merge(path, { spec: { failureDomains: [failureDomain('z')] } }),
      none: await make(s, INFRASTRUCTURE, 'cloudstackclusters', 'CloudStackCluster', 'd', {}),
      noNetwork: await make(s, INFRASTRUCTURE, 'cloudstackclusters', 'CloudStackCluster', 'e', {
        failureDomains: [{ name: 'a', acsEndpoint: { name: 'x' }, zone: { name: 'z', network: {} } }],
      }),
    };
  });

  conforms('ours-machine-template', 'a CloudStackMachineTemplate does not change', async (s) => {
    await installOurs(s);
    const made = await make(
      s,
      INFRASTRUCTURE,
      'cloudstackmachinetemplates',
      'CloudStackMachineTemplate',
      't',
      machineTemplate,
    );
    const path = s.at(INFRASTRUCTURE, 'cloudstackmachinetemplates', 't');
    return {
      made: at(made, 'spec'),
      offering: await s.merge(path, { spec: { template: { spec: { offering: { name: 'large' } } } } }),
      sshKey: await s.merge(path, { spec: { template: { spec: { sshKey: 'k' } } } }),
      label: (await s.merge(path, { metadata: { labels: { a: 'b' } } })).code,
      noOffering: await make(s, INFRASTRUCTURE, 'cloudstackmachinetemplates', 'CloudStackMachineTemplate', 'u', {
        template: { spec: { offering: {}, template: { id: 'x' } } },
      }),
      affinity: await make(s, INFRASTRUCTURE, 'cloudstackmachinetemplates', 'CloudStackMachineTemplate', 'v', {
        template: { spec: { ...machineTemplate.template.spec, affinity: 'sometimes' } },
      }),
    };
  });

  conforms(
    'ours-cloudstack-machine',
    'a CloudStackMachine is immutable apart from what the controller learns',
    async (s) => {
      await installOurs(s);
      await make(s, INFRASTRUCTURE, 'cloudstackmachines', 'CloudStackMachine', 'm', machineTemplate.template.spec);
      const path = s.at(INFRASTRUCTURE, 'cloudstackmachines', 'm');
      return {
        learned: await s.merge(path, { spec: { providerID: 'cloudstack:///1', instanceID: '1' } }),
        details: await s.merge(path, { spec: { details: { memory: '1' } } }),
        status: await s.merge(`${path}/status`, { status: { ready: true } }),
        columnDefinitions: at(
          await s.get(path, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
          'columnDefinitions',
        ),
      };
    },
  );

  conforms('ours-fleet', 'a Fleet names one source', async (s) => {
    await installOurs(s);
    const create = (name: string, source: Fields) =>
      make(s, 'capstan.dev/v1alpha1', 'fleets', 'Fleet', name, { source });
    return {
      made: await create('f', { url: 'file:///x', ref: { branch: 'main' } }),
      two: await create('g', { url: 'file:///x', ref: { branch: 'main', tag: 'v1' } }),
      none: await create('h', {}),
    };
  });

  conforms('ours-strict', 'unknown fields of our kinds are told with Strict', async (s) => {
    await installOurs(s);
    return s.post(`${s.at(CORE, 'machines')}?fieldValidation=Strict`, {
      apiVersion: CORE,
      kind: 'Machine',
      metadata: { name: 'm' },
      spec: { ...machineSpec, clustername: 'c' },
    });
  });
};

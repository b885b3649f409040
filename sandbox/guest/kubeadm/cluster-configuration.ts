import { dump } from 'js-yaml';
import { canonicalJson } from '../../../machinery/json';
import { parseVersion } from '../../../machinery/versions';
import type { ClusterConfiguration, ExtraArgument, KubeadmVersion } from './schema';

/** kubeadm's defaults for what the user left out. */
export const kubeadmDefaults = {
  certificatesDir: '/etc/kubernetes/pki',
  clusterName: 'kubernetes',
  dnsDomain: 'cluster.local',
  etcdDataDir: '/var/lib/etcd',
  imageRepository: 'registry.k8s.io',
  serviceSubnet: '10.96.0.0/12',
  bindPort: 6443,
} as const;

/** The configuration API that a kubeadm writes: v1beta4 from 1.31 on. */
export function writtenVersion(kubeadmVersion: string): KubeadmVersion {
  return (parseVersion(kubeadmVersion)?.minor ?? 31) >= 31 ? 'v1beta4' : 'v1beta3';
}

/** The text under `ClusterConfiguration` in the ConfigMap `kubeadm-config`: defaults filled in, keys sorted. */
export function formatClusterConfiguration(config: ClusterConfiguration, version: KubeadmVersion): string {
  const isNew = version === 'v1beta4';
  const { apiServer, controllerManager, scheduler, etcd, networking } = config;
  const document = {
    ...config,
    apiVersion: `kubeadm.k8s.io/${version}`,
    kind: 'ClusterConfiguration',
    apiServer: {
      ...withArguments(apiServer, isNew),
      ...(isNew ? {} : { timeoutForControlPlane: apiServer?.timeoutForControlPlane ?? '4m0s' }),
    },
    controllerManager: withArguments(controllerManager, isNew),
    scheduler: withArguments(scheduler, isNew),
    dns: config.dns ?? {},
    ...(isNew
      ? {
          proxy: config.proxy ?? {},
          caCertificateValidityPeriod: config.caCertificateValidityPeriod ?? '87600h0m0s',
          certificateValidityPeriod: config.certificateValidityPeriod ?? '8760h0m0s',
          encryptionAlgorithm: config.encryptionAlgorithm ?? 'RSA-2048',
        }
      : {}),
    certificatesDir: config.certificatesDir ?? kubeadmDefaults.certificatesDir,
    clusterName: config.clusterName ?? kubeadmDefaults.clusterName,
    imageRepository: config.imageRepository ?? kubeadmDefaults.imageRepository,
    etcd:
      etcd?.external === undefined
        ? {
            local: {
              ...withArguments(etcd?.local, isNew),
              dataDir: etcd?.local?.dataDir ?? kubeadmDefaults.etcdDataDir,
            },
          }
        : etcd,
    networking: {
      ...networking,
      dnsDomain: networking?.dnsDomain ?? kubeadmDefaults.dnsDomain,
      serviceSubnet: networking?.serviceSubnet ?? kubeadmDefaults.serviceSubnet,
    },
  };
  // A round trip through sorted JSON also drops what is undefined.
  return dump(JSON.parse(canonicalJson(document)), { lineWidth: -1 });
}

function withArguments<T extends { extraArgs?: ExtraArgument[] | undefined }>(
  component: T | undefined,
  isNew: boolean,
) {
  if (component?.extraArgs === undefined || isNew) return { ...component };
  return { ...component, extraArgs: Object.fromEntries(component.extraArgs.map(({ name, value }) => [name, value])) };
}

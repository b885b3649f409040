import type { KubeadmConfigSpec } from '../../../api/kinds';
import { UNINITIALIZED_TAINT } from '../../../api/labels';
import { type CloudInitFile, type CloudInitUser, renderCloudConfig } from '../../../machinery/cloud-init';
import {
  type CertificatePair,
  type CertificatePurpose,
  type ClusterConfigurationSpec,
  type ClusterFacts,
  initFile,
  type JoinConfigurationSpec,
  joinFile,
} from '../../../machinery/kubeadm';
import { discoveryKubeconfig } from './discovery';

/** Tells the infrastructure provider that the machine came up (`capi.md` 3.4). */
const SENTINEL = '/run/cluster-api/bootstrap-success.complete';
const INIT_PATH = '/run/kubeadm/kubeadm.yaml';
const JOIN_PATH = '/run/kubeadm/kubeadm-join-config.yaml';
const PLACEHOLDER: CloudInitFile = {
  path: '/run/cluster-api/placeholder',
  owner: 'root:root',
  permissions: '0640',
  content: 'Makes sure that this folder exists before commands write into it.\n',
};

/** Everything user data is made of, all references resolved. */
export interface UserDataInput {
  readonly spec: KubeadmConfigSpec;
  /** `spec.files` with their content. */
  readonly files: readonly CloudInitFile[];
  /** `spec.users` with their passwords. */
  readonly users: readonly CloudInitUser[];
  readonly certificates: ReadonlyMap<CertificatePurpose, CertificatePair>;
  readonly facts: ClusterFacts;
}

/** User data of the machine that runs `kubeadm init`. */
export function initUserData(input: UserDataInput): string {
  const { spec, facts } = input;
  const kubeadm = initFile(spec.clusterConfiguration, spec.initConfiguration, facts);
  return cloudConfig(
    input,
    certificateFiles(input.certificates, spec.clusterConfiguration),
    INIT_PATH,
    kubeadm,
    'init',
  );
}

/** User data of a machine that joins as a control plane: it gets the certificates, never a certificate key. */
export function controlPlaneJoinUserData(input: UserDataInput): string {
  const { spec, facts } = input;
  const join: JoinConfigurationSpec = { controlPlane: {}, ...spec.joinConfiguration };
  const files = certificateFiles(input.certificates, spec.clusterConfiguration);
  return cloudConfig(input, files, JOIN_PATH, joinFile(join, facts.kubernetesVersion), 'join');
}

/** User data of a worker. Its Node starts with a taint that goes when its labels have been synced. */
export function workerJoinUserData(input: UserDataInput): string {
  const { spec, facts } = input;
  const registration = spec.joinConfiguration?.nodeRegistration;
  const join: JoinConfigurationSpec = {
    ...spec.joinConfiguration,
    nodeRegistration: { ...registration, taints: [...(registration?.taints ?? []), UNINITIALIZED_TAINT] },
  };
  return cloudConfig(input, [], JOIN_PATH, joinFile(join, facts.kubernetesVersion), 'join');
}

function cloudConfig(
  input: UserDataInput,
  certificates: readonly CloudInitFile[],
  path: string,
  kubeadm: string,
  verb: 'init' | 'join',
): string {
  const { spec } = input;
  const verbosity = spec.verbosity === undefined ? '' : ` --v ${spec.verbosity}`;
  const discovery = verb === 'join' ? discoveryFile(spec) : undefined;
  return renderCloudConfig({
    files: [
      ...certificates,
      ...input.files,
      ...(discovery === undefined ? [] : [discovery]),
      { path, owner: 'root:root', permissions: '0640', content: kubeadm },
      PLACEHOLDER,
    ],
    bootCommands: spec.bootCommands,
    runCommands: [
      ...(spec.preKubeadmCommands ?? []),
      `kubeadm ${verb} --config ${path}${verbosity} && echo success > ${SENTINEL}`,
      ...(spec.postKubeadmCommands ?? []),
    ],
    ntp: spec.ntp,
    users: input.users,
    diskSetup: spec.diskSetup,
    mounts: spec.mounts,
  });
}

/** The kubeconfig for discovery by file, where the user wrote one into the configuration. */
function discoveryFile(spec: KubeadmConfigSpec): CloudInitFile | undefined {
  const file = spec.joinConfiguration?.discovery?.file;
  if (file?.kubeConfig === undefined) return undefined;
  return {
    path: file.kubeConfigPath,
    owner: 'root:root',
    permissions: '0640',
    content: discoveryKubeconfig(file.kubeConfig),
  };
}

const DEFAULT_CERTIFICATES_DIR = '/etc/kubernetes/pki';

/** Certificates as files, in the layout kubeadm expects (`capi.md` 5.3). */
export function certificateFiles(
  certificates: ReadonlyMap<CertificatePurpose, CertificatePair>,
  configuration: ClusterConfigurationSpec | undefined,
): CloudInitFile[] {
  const directory =
    configuration?.certificatesDir === undefined || configuration.certificatesDir === ''
      ? DEFAULT_CERTIFICATES_DIR
      : configuration.certificatesDir;
  const external = configuration?.etcd?.external;
  const paths: [CertificatePurpose, string | undefined, string | undefined][] = [
    ['ca', `${directory}/ca.crt`, `${directory}/ca.key`],
    external === undefined
      ? ['etcd', `${directory}/etcd/ca.crt`, `${directory}/etcd/ca.key`]
      : ['etcd', external.caFile, undefined],
    ['proxy', `${directory}/front-proxy-ca.crt`, `${directory}/front-proxy-ca.key`],
    ['sa', `${directory}/sa.pub`, `${directory}/sa.key`],
    ['apiserver-etcd-client', external?.certFile, external?.keyFile],
  ];
  return paths.flatMap(([purpose, certificatePath, keyPath]) => {
    const pair = certificates.get(purpose);
    if (pair === undefined) return [];
    return [...fileOf(certificatePath, '0640', pair.certificate), ...fileOf(keyPath, '0600', pair.key)];
  });
}

function fileOf(path: string | undefined, permissions: string, content: string): CloudInitFile[] {
  return path === undefined || content === '' ? [] : [{ path, owner: 'root:root', permissions, content }];
}

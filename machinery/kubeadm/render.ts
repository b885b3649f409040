import { CapstanError } from '../errors';
import { parseVersion } from '../versions';
import { writeYaml, writeYamlDocuments } from '../yaml';
import type {
  Argument,
  BootstrapTokenSpec,
  ClusterConfigurationSpec,
  ComponentSpec,
  EtcdSpec,
  InitConfigurationSpec,
  JoinConfigurationSpec,
  LocalEtcdSpec,
  NodeRegistrationSpec,
  TimeoutsSpec,
} from './spec';

/** kubeadm's configuration API, chosen by the version of the machine that runs kubeadm (`capi.md` 5.2). */
export type KubeadmApiVersion = 'v1beta3' | 'v1beta4';

/** A Kubernetes version that no kubeadm configuration is known for. */
export class KubeadmVersionUnsupported extends CapstanError {
  constructor(version: string) {
    super({
      name: 'KubeadmVersionUnsupported',
      code: 'KUBEADM_VERSION_UNSUPPORTED',
      retry: 'never',
      message: `Kubernetes version ${JSON.stringify(version)} is not supported; set spec.version to v1.22.0 or later`,
    });
  }
}

/** Whether {@link kubeadmApiVersion} knows an answer. */
export function isKubeadmSupported(kubernetesVersion: string): boolean {
  const version = parseVersion(kubernetesVersion);
  return version !== undefined && version.major === 1 && version.minor >= 22;
}

/** v1beta3 up to 1.30, v1beta4 from 1.31 on, without upper limit. @throws KubeadmVersionUnsupported below 1.22 */
export function kubeadmApiVersion(kubernetesVersion: string): KubeadmApiVersion {
  const version = parseVersion(kubernetesVersion);
  if (version === undefined || !isKubeadmSupported(kubernetesVersion)) {
    throw new KubeadmVersionUnsupported(kubernetesVersion);
  }
  return version.minor < 31 ? 'v1beta3' : 'v1beta4';
}

/** What a ClusterConfiguration takes from the Cluster and not from the KubeadmConfig. */
export interface ClusterFacts {
  readonly clusterName: string;
  readonly kubernetesVersion: string;
  /** `host:port`; counts when the configuration names none. */
  readonly controlPlaneEndpoint?: string | undefined;
  readonly dnsDomain?: string | undefined;
  readonly serviceCidrs?: readonly string[] | undefined;
  readonly podCidrs?: readonly string[] | undefined;
}

type Fields = { [field: string]: unknown };

/** The object kubeadm reads as ClusterConfiguration. v1beta3 has no place for some fields; there they are left out. */
export function clusterConfiguration(
  spec: ClusterConfigurationSpec | undefined,
  facts: ClusterFacts,
  init?: Pick<InitConfigurationSpec, 'timeouts'>,
): Fields {
  const version = kubeadmApiVersion(facts.kubernetesVersion);
  return compact({
    apiVersion: `kubeadm.k8s.io/${version}`,
    kind: 'ClusterConfiguration',
    clusterName: facts.clusterName,
    kubernetesVersion: facts.kubernetesVersion,
    controlPlaneEndpoint: text(spec?.controlPlaneEndpoint) ?? facts.controlPlaneEndpoint,
    networking: section({
      dnsDomain: text(facts.dnsDomain),
      serviceSubnet: joined(facts.serviceCidrs),
      podSubnet: joined(facts.podCidrs),
    }),
    ...clusterFields(spec, version),
    apiServer: section({
      ...component(spec?.apiServer, version),
      certSANs: list(spec?.apiServer?.certSANs),
      timeoutForControlPlane:
        version === 'v1beta3' ? seconds(init?.timeouts?.controlPlaneComponentHealthCheckSeconds) : undefined,
    }),
  });
}

/** The fields of a ClusterConfiguration that come from the specification alone, `apiServer` aside. */
function clusterFields(spec: ClusterConfigurationSpec | undefined, version: KubeadmApiVersion): Fields {
  const four = version === 'v1beta4';
  return {
    etcd: section(etcd(spec?.etcd, version)),
    controllerManager: section(component(spec?.controllerManager, version)),
    scheduler: section(component(spec?.scheduler, version)),
    dns: section({ ...spec?.dns }),
    certificatesDir: text(spec?.certificatesDir),
    imageRepository: text(spec?.imageRepository),
    featureGates: section({ ...spec?.featureGates }),
    encryptionAlgorithm: four ? text(spec?.encryptionAlgorithm) : undefined,
    certificateValidityPeriod: four ? days(spec?.certificateValidityPeriodDays) : undefined,
    caCertificateValidityPeriod: four ? days(spec?.caCertificateValidityPeriodDays) : undefined,
  };
}

/**
 * The fields of a ClusterConfiguration that may change while a cluster lives (`capi.md` 6.4), for the ConfigMap
 * `kubeadm-config`: everything of the specification but endpoint, directory and CA lifetime.
 */
export function mutableClusterFields(spec: ClusterConfigurationSpec | undefined, version: KubeadmApiVersion): Fields {
  const {
    etcd: etcdFields,
    imageRepository,
    featureGates,
    controllerManager,
    scheduler,
    ...rest
  } = clusterFields(spec, version);
  return {
    imageRepository,
    featureGates,
    etcd: etcdFields,
    controllerManager,
    scheduler,
    apiServer: section({ ...component(spec?.apiServer, version), certSANs: list(spec?.apiServer?.certSANs) }),
    encryptionAlgorithm: rest.encryptionAlgorithm,
    certificateValidityPeriod: rest.certificateValidityPeriod,
  };
}

/** The object kubeadm reads as InitConfiguration. */
export function initConfiguration(spec: InitConfigurationSpec | undefined, kubernetesVersion: string): Fields {
  const version = kubeadmApiVersion(kubernetesVersion);
  return compact({
    apiVersion: `kubeadm.k8s.io/${version}`,
    kind: 'InitConfiguration',
    bootstrapTokens: list(spec?.bootstrapTokens?.map(bootstrapToken)),
    nodeRegistration: section(nodeRegistration(spec?.nodeRegistration, version)),
    localAPIEndpoint: section({ ...spec?.localAPIEndpoint }),
    skipPhases: list(spec?.skipPhases),
    patches: section({ directory: text(spec?.patches?.directory) }),
    timeouts: version === 'v1beta4' ? section(timeouts(spec?.timeouts)) : undefined,
  });
}

/** The object kubeadm reads as JoinConfiguration. */
export function joinConfiguration(spec: JoinConfigurationSpec | undefined, kubernetesVersion: string): Fields {
  const version = kubeadmApiVersion(kubernetesVersion);
  const discovery = spec?.discovery;
  const file = discovery?.file;
  return compact({
    apiVersion: `kubeadm.k8s.io/${version}`,
    kind: 'JoinConfiguration',
    caCertPath: text(spec?.caCertPath),
    nodeRegistration: section(nodeRegistration(spec?.nodeRegistration, version)),
    discovery: section({
      bootstrapToken: discovery?.bootstrapToken === undefined ? undefined : compact({ ...discovery.bootstrapToken }),
      file: file === undefined ? undefined : { kubeConfigPath: file.kubeConfigPath },
      tlsBootstrapToken: text(discovery?.tlsBootstrapToken),
      timeout: version === 'v1beta3' ? seconds(spec?.timeouts?.tlsBootstrapSeconds) : undefined,
    }),
    // `controlPlane: {}` means something: this machine joins as a control plane.
    controlPlane:
      spec?.controlPlane === undefined
        ? undefined
        : compact({ localAPIEndpoint: section({ ...spec.controlPlane.localAPIEndpoint }) }),
    skipPhases: list(spec?.skipPhases),
    patches: section({ directory: text(spec?.patches?.directory) }),
    timeouts: version === 'v1beta4' ? section(timeouts(spec?.timeouts)) : undefined,
  });
}

/** The file `kubeadm init` reads: ClusterConfiguration, then InitConfiguration. */
export function initFile(
  cluster: ClusterConfigurationSpec | undefined,
  init: InitConfigurationSpec | undefined,
  facts: ClusterFacts,
): string {
  const documents = [
    clusterConfiguration(cluster, facts, { timeouts: init?.timeouts }),
    initConfiguration(init, facts.kubernetesVersion),
  ];
  return writeYamlDocuments(documents, { sorted: true });
}

/** The file `kubeadm join` reads. */
export function joinFile(join: JoinConfigurationSpec | undefined, kubernetesVersion: string): string {
  return writeYaml(joinConfiguration(join, kubernetesVersion), { sorted: true });
}

function etcd(spec: EtcdSpec | undefined, version: KubeadmApiVersion): Fields {
  return {
    local: spec?.local === undefined ? undefined : section(localEtcd(spec.local, version)),
    external: spec?.external === undefined ? undefined : { ...spec.external },
  };
}

function localEtcd(spec: LocalEtcdSpec, version: KubeadmApiVersion): Fields {
  return {
    imageRepository: text(spec.imageRepository),
    imageTag: text(spec.imageTag),
    dataDir: text(spec.dataDir),
    extraArgs: args(spec.extraArgs, version),
    extraEnvs: version === 'v1beta4' ? list(spec.extraEnvs) : undefined,
    serverCertSANs: list(spec.serverCertSANs),
    peerCertSANs: list(spec.peerCertSANs),
  };
}

function component(spec: ComponentSpec | undefined, version: KubeadmApiVersion): Fields {
  return {
    extraArgs: args(spec?.extraArgs, version),
    extraVolumes: list(spec?.extraVolumes),
    extraEnvs: version === 'v1beta4' ? list(spec?.extraEnvs) : undefined,
  };
}

function nodeRegistration(spec: NodeRegistrationSpec | undefined, version: KubeadmApiVersion): Fields {
  return {
    name: text(spec?.name),
    criSocket: text(spec?.criSocket),
    taints: spec?.taints === null ? undefined : spec?.taints,
    kubeletExtraArgs: args(spec?.kubeletExtraArgs, version),
    ignorePreflightErrors: list(spec?.ignorePreflightErrors),
    imagePullPolicy: text(spec?.imagePullPolicy),
    imagePullSerial: version === 'v1beta4' ? spec?.imagePullSerial : undefined,
  };
}

function timeouts(spec: TimeoutsSpec | undefined): Fields {
  return {
    controlPlaneComponentHealthCheck: seconds(spec?.controlPlaneComponentHealthCheckSeconds),
    kubeletHealthCheck: seconds(spec?.kubeletHealthCheckSeconds),
    kubernetesAPICall: seconds(spec?.kubernetesAPICallSeconds),
    etcdAPICall: seconds(spec?.etcdAPICallSeconds),
    tlsBootstrap: seconds(spec?.tlsBootstrapSeconds),
    discovery: seconds(spec?.discoverySeconds),
  };
}

function bootstrapToken(spec: BootstrapTokenSpec): Fields {
  return compact({
    token: spec.token,
    description: text(spec.description),
    ttl: seconds(spec.ttlSeconds),
    expires: text(spec.expires),
    usages: list(spec.usages),
    groups: list(spec.groups),
  });
}

/** A list for v1beta4; a map for v1beta3, where of several arguments of one name the last counts. */
function args(list: readonly Argument[] | undefined, version: KubeadmApiVersion): unknown {
  if (list === undefined || list.length === 0) return undefined;
  if (version === 'v1beta4') return list.map(({ name, value }) => ({ name, value: value ?? '' }));
  return Object.fromEntries(list.map(({ name, value }) => [name, value ?? '']));
}

function seconds(count: number | undefined): string | undefined {
  return count === undefined ? undefined : `${count}s`;
}

function days(count: number | undefined): string | undefined {
  return count === undefined ? undefined : `${count * 24}h`;
}

function text(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function list<T>(value: readonly T[] | undefined): readonly T[] | undefined {
  return value === undefined || value.length === 0 ? undefined : value;
}

function joined(parts: readonly string[] | undefined): string | undefined {
  return list(parts)?.join(',');
}

function compact(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Fields without the absent ones; undefined when none is left. */
function section(fields: Fields): Fields | undefined {
  const kept = compact(fields);
  return Object.keys(kept).length === 0 ? undefined : kept;
}

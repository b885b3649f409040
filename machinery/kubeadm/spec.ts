/**
 * The part of Cluster API's KubeadmConfig (v1beta2) that becomes kubeadm's own configuration. Structural: the parsed
 * kinds of `api/` fit without conversion.
 */

export interface Argument {
  readonly name: string;
  readonly value?: string | undefined;
}

/** A core/v1 EnvVar; passed through. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface HostPathMount {
  readonly name: string;
  readonly hostPath: string;
  readonly mountPath: string;
  readonly readOnly?: boolean | undefined;
  readonly pathType?: string | undefined;
}

export interface ComponentSpec {
  readonly extraArgs?: readonly Argument[] | undefined;
  readonly extraVolumes?: readonly HostPathMount[] | undefined;
  readonly extraEnvs?: readonly EnvironmentVariable[] | undefined;
}

export interface ApiServerSpec extends ComponentSpec {
  readonly certSANs?: readonly string[] | undefined;
}

export interface LocalEtcdSpec {
  readonly imageRepository?: string | undefined;
  readonly imageTag?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly extraArgs?: readonly Argument[] | undefined;
  readonly extraEnvs?: readonly EnvironmentVariable[] | undefined;
  readonly serverCertSANs?: readonly string[] | undefined;
  readonly peerCertSANs?: readonly string[] | undefined;
}

export interface ExternalEtcdSpec {
  readonly endpoints: readonly string[];
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface EtcdSpec {
  readonly local?: LocalEtcdSpec | undefined;
  readonly external?: ExternalEtcdSpec | undefined;
}

export interface ClusterConfigurationSpec {
  readonly etcd?: EtcdSpec | undefined;
  readonly controlPlaneEndpoint?: string | undefined;
  readonly apiServer?: ApiServerSpec | undefined;
  readonly controllerManager?: ComponentSpec | undefined;
  readonly scheduler?: ComponentSpec | undefined;
  readonly dns?: { readonly imageRepository?: string | undefined; readonly imageTag?: string | undefined } | undefined;
  readonly certificatesDir?: string | undefined;
  readonly imageRepository?: string | undefined;
  readonly featureGates?: { readonly [gate: string]: boolean } | undefined;
  readonly certificateValidityPeriodDays?: number | undefined;
  readonly caCertificateValidityPeriodDays?: number | undefined;
  readonly encryptionAlgorithm?: string | undefined;
}

export interface TaintSpec {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
  readonly timeAdded?: string | undefined;
}

export interface NodeRegistrationSpec {
  readonly name?: string | undefined;
  readonly criSocket?: string | undefined;
  /** Absent or null: kubeadm's own taints; `[]`: none. */
  readonly taints?: readonly TaintSpec[] | null | undefined;
  readonly kubeletExtraArgs?: readonly Argument[] | undefined;
  readonly ignorePreflightErrors?: readonly string[] | undefined;
  readonly imagePullPolicy?: string | undefined;
  readonly imagePullSerial?: boolean | undefined;
}

export interface TimeoutsSpec {
  readonly controlPlaneComponentHealthCheckSeconds?: number | undefined;
  readonly kubeletHealthCheckSeconds?: number | undefined;
  readonly kubernetesAPICallSeconds?: number | undefined;
  readonly etcdAPICallSeconds?: number | undefined;
  readonly tlsBootstrapSeconds?: number | undefined;
  readonly discoverySeconds?: number | undefined;
}

export interface LocalApiEndpointSpec {
  readonly advertiseAddress?: string | undefined;
  readonly bindPort?: number | undefined;
}

interface NodeConfigurationSpec {
  readonly nodeRegistration?: NodeRegistrationSpec | undefined;
  readonly skipPhases?: readonly string[] | undefined;
  readonly patches?: { readonly directory?: string | undefined } | undefined;
  readonly timeouts?: TimeoutsSpec | undefined;
}

export interface BootstrapTokenSpec {
  readonly token: string;
  readonly description?: string | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly expires?: string | undefined;
  readonly usages?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
}

export interface InitConfigurationSpec extends NodeConfigurationSpec {
  readonly bootstrapTokens?: readonly BootstrapTokenSpec[] | undefined;
  readonly localAPIEndpoint?: LocalApiEndpointSpec | undefined;
}

export interface BootstrapTokenDiscoverySpec {
  readonly token?: string | undefined;
  readonly apiServerEndpoint?: string | undefined;
  readonly caCertHashes?: readonly string[] | undefined;
  readonly unsafeSkipCAVerification?: boolean | undefined;
}

export interface DiscoverySpec {
  readonly bootstrapToken?: BootstrapTokenDiscoverySpec | undefined;
  readonly file?: { readonly kubeConfigPath: string; readonly kubeConfig?: unknown } | undefined;
  readonly tlsBootstrapToken?: string | undefined;
}

export interface JoinConfigurationSpec extends NodeConfigurationSpec {
  readonly caCertPath?: string | undefined;
  readonly discovery?: DiscoverySpec | undefined;
  readonly controlPlane?: { readonly localAPIEndpoint?: LocalApiEndpointSpec | undefined } | undefined;
}

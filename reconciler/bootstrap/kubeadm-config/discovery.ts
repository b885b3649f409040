import type { KubeadmConfigSpec } from '../../../api/kinds';
import { writeYaml } from '../../../machinery/yaml';

type JoinSpec = NonNullable<KubeadmConfigSpec['joinConfiguration']>;
type DiscoveryFile = NonNullable<NonNullable<JoinSpec['discovery']>['file']>;
export type DiscoveryKubeconfig = NonNullable<DiscoveryFile['kubeConfig']>;

/** What discovery needs to know of the cluster. */
export interface DiscoveryFacts {
  /** `host:port` */
  readonly endpoint: string;
  readonly caPem: string;
  /** `sha256:…` of the authority's public key. */
  readonly caHash: string;
}

/**
 * The join configuration with what the user left open about finding the cluster (`capi.md` 5.5): server and authority
 * of a discovery file, or endpoint and hash for discovery by token. The token itself is the caller's.
 */
export function completeDiscovery(join: JoinSpec | undefined, facts: DiscoveryFacts): JoinSpec {
  const discovery = join?.discovery ?? {};
  if (discovery.file !== undefined) {
    const kubeConfig = discovery.file.kubeConfig;
    if (kubeConfig === undefined) return { ...join, discovery };
    const cluster = {
      ...kubeConfig.cluster,
      server: present(kubeConfig.cluster?.server) ?? `https://${facts.endpoint}`,
      certificateAuthorityData:
        present(kubeConfig.cluster?.certificateAuthorityData) ?? Buffer.from(facts.caPem, 'utf8').toString('base64'),
    };
    return {
      ...join,
      discovery: { ...discovery, file: { ...discovery.file, kubeConfig: { ...kubeConfig, cluster } } },
    };
  }
  const token = discovery.bootstrapToken ?? {};
  const hashes = token.caCertHashes ?? [];
  return {
    ...join,
    discovery: {
      ...discovery,
      bootstrapToken: {
        ...token,
        apiServerEndpoint: present(token.apiServerEndpoint) ?? facts.endpoint,
        ...(hashes.length === 0 && token.unsafeSkipCAVerification !== true ? { caCertHashes: [facts.caHash] } : {}),
      },
    },
  };
}

/** The kubeconfig of discovery by file, as kubeadm reads it. */
export function discoveryKubeconfig(config: DiscoveryKubeconfig): string {
  const { user, cluster } = config;
  const exec = user.exec;
  const provider = user.authProvider;
  return writeYaml({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'default',
    clusters: [
      {
        name: 'default',
        cluster: {
          server: present(cluster?.server),
          'tls-server-name': present(cluster?.tlsServerName),
          'insecure-skip-tls-verify': cluster?.insecureSkipTLSVerify,
          // With verification off, kubectl's client library refuses an authority beside it.
          'certificate-authority-data':
            cluster?.insecureSkipTLSVerify === true ? undefined : present(cluster?.certificateAuthorityData),
          'proxy-url': present(cluster?.proxyURL),
        },
      },
    ],
    contexts: [{ name: 'default', context: { cluster: 'default', user: 'default' } }],
    users: [
      {
        name: 'default',
        user: {
          'auth-provider': provider === undefined ? undefined : { name: provider.name, config: provider.config },
          exec:
            exec === undefined
              ? undefined
              : {
                  apiVersion: present(exec.apiVersion) ?? 'client.authentication.k8s.io/v1',
                  command: exec.command,
                  args: exec.args,
                  env: exec.env,
                  provideClusterInfo: exec.provideClusterInfo,
                  // kubeadm runs without a terminal.
                  interactiveMode: 'Never',
                },
        },
      },
    ],
  });
}

function present(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

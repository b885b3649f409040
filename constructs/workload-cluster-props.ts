import type { ControlPlaneProps, PoolProps } from './machine-props';
import type { Network } from './network';

/** A place machines can run: a zone with a network, and the account they belong to. */
export interface FailureDomainProps {
  /** Zone, by name. */
  readonly zone: string;
  readonly network: Network;
  /** Account to act as; needs domain rights of the credentials' user. @default - the user's own */
  readonly account?: string;
  /** Domain path of `account`. @default - the user's own */
  readonly domain?: string;
  /** CloudStack project, by name. @default - none */
  readonly project?: string;
  /** Secret with `api-url`, `api-key`, `secret-key`, `verify-ssl`. @default - the cluster's `credentials` */
  readonly credentials?: SecretReference;
}

/** A Secret, by reference: credentials are never rendered. */
export interface SecretReference {
  readonly name: string;
  /** @default - the cluster's namespace */
  readonly namespace?: string;
}

export interface WorkloadClusterProps {
  /** With `v`, e.g. `v1.34.2`. */
  readonly kubernetesVersion: string;
  /** Zone of the first failure domain, by name. */
  readonly zone: string;
  /** Network of the first failure domain. */
  readonly network: Network;
  readonly controlPlane: ControlPlaneProps;
  /** Worker pools by name. @default - no workers */
  readonly pools?: { readonly [name: string]: PoolProps };
  /** Failure domains beside the first, by name. @default - none */
  readonly failureDomains?: { readonly [name: string]: FailureDomainProps };
  /** Namespace of all objects in the management cluster. @default 'default' */
  readonly namespace?: string;
  /** @default - Secret `cloudstack-credentials` in the cluster's namespace */
  readonly credentials?: SecretReference;
  /** API endpoint. @default - a public address that the provider acquires, port 6443 */
  readonly endpoint?: { readonly host: string; readonly port?: number };
  /** @default ['192.168.0.0/16'] */
  readonly podCidrs?: readonly string[];
  /** @default ['10.96.0.0/12'] */
  readonly serviceCidrs?: readonly string[];
  /** @default 'cluster.local' */
  readonly serviceDomain?: string;
  /** Labels of the Cluster object. @default - none */
  readonly labels?: { readonly [key: string]: string };
  /**
   * Marks the Cluster and its control plane so that Flux and Argo CD do not prune them. Capstan's own sync asks for a
   * confirmation in any case.
   * @default true
   */
  readonly pruneProtection?: boolean;
}

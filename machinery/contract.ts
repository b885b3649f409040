import { isJsonObject, valueAt } from './json';
import type { KubeObject } from './kube-object';

/** The Cluster API contract an object was written for; decides where its fields stand (`capi.md` 3.7). */
export type ContractVersion = 'v1beta1' | 'v1beta2';

/** A reference without a version: the CRD's contract label says which one is read. */
export interface ContractReference {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A failure domain as InfraClusters publish it and Clusters keep it. */
export interface PublishedFailureDomain {
  name: string;
  controlPlane?: boolean | undefined;
  attributes?: { [key: string]: string } | undefined;
}

export interface NodeAddress {
  type: string;
  address: string;
}

/** What an InfraCluster tells the Cluster controller. */
export interface InfraClusterView {
  readonly provisioned: boolean;
  /** Undefined until host and port are both set. */
  readonly endpoint: Endpoint | undefined;
  readonly failureDomains: PublishedFailureDomain[];
}

/** What an InfraMachine tells the Machine controller. */
export interface InfraMachineView {
  readonly provisioned: boolean;
  /** Undefined while empty. */
  readonly providerId: string | undefined;
  readonly addresses: NodeAddress[];
  readonly failureDomain: string | undefined;
  readonly interruptible: boolean;
}

/** What a BootstrapConfig tells the Machine controller. */
export interface BootstrapView {
  readonly dataSecretCreated: boolean;
  readonly dataSecretName: string | undefined;
}

/** What a ControlPlane tells the Cluster and MachineSet controllers. Counters are undefined while not reported. */
export interface ControlPlaneView {
  readonly initialized: boolean;
  readonly endpoint: Endpoint | undefined;
  readonly desiredReplicas: number | undefined;
  readonly replicas: number | undefined;
  readonly readyReplicas: number | undefined;
  readonly availableReplicas: number | undefined;
  readonly upToDateReplicas: number | undefined;
  readonly version: string | undefined;
  /** Versions of the machines, oldest first; empty while none exists. */
  readonly versions: { version: string; replicas?: number | undefined }[];
  /** Nodes may be deleted although no control-plane Machine exists. */
  readonly externallyManaged: boolean;
}

export function viewInfraCluster(object: KubeObject, contract: ContractVersion): InfraClusterView {
  return {
    provisioned: truthAt(object, ...provisionedPath(contract)),
    endpoint: endpointOf(object),
    failureDomains: failureDomainsOf(valueAt(object, 'status', 'failureDomains'), contract),
  };
}

export function viewInfraMachine(object: KubeObject, contract: ContractVersion): InfraMachineView {
  return {
    provisioned: truthAt(object, ...provisionedPath(contract)),
    providerId: textAt(object, 'spec', 'providerID'),
    addresses: addressesOf(valueAt(object, 'status', 'addresses')),
    failureDomain:
      textAt(object, 'status', 'failureDomain') ??
      (contract === 'v1beta1' ? textAt(object, 'spec', 'failureDomain') : undefined),
    interruptible: truthAt(object, 'status', 'interruptible'),
  };
}

export function viewBootstrap(object: KubeObject, contract: ContractVersion): BootstrapView {
  const path = contract === 'v1beta1' ? ['status', 'ready'] : ['status', 'initialization', 'dataSecretCreated'];
  return {
    dataSecretCreated: truthAt(object, ...path),
    dataSecretName: textAt(object, 'status', 'dataSecretName'),
  };
}

export function viewControlPlane(object: KubeObject, contract: ContractVersion): ControlPlaneView {
  const old = contract === 'v1beta1';
  const desiredReplicas = numberAt(object, 'spec', 'replicas');
  return {
    initialized: old
      ? truthAt(object, 'status', 'initialized')
      : truthAt(object, 'status', 'initialization', 'controlPlaneInitialized'),
    endpoint: endpointOf(object),
    desiredReplicas,
    replicas: numberAt(object, 'status', 'replicas'),
    readyReplicas: numberAt(object, 'status', 'readyReplicas'),
    availableReplicas: old
      ? desiredReplicas === undefined
        ? undefined
        : desiredReplicas - (numberAt(object, 'status', 'unavailableReplicas') ?? 0)
      : numberAt(object, 'status', 'availableReplicas'),
    upToDateReplicas: numberAt(object, 'status', old ? 'updatedReplicas' : 'upToDateReplicas'),
    version: textAt(object, 'spec', 'version'),
    versions: versionsOf(object),
    externallyManaged: truthAt(object, 'status', 'externalManagedControlPlane'),
  };
}

/** `spec.versions` with the fallback `status.version`, which providers before contract addition v1.14 report. */
function versionsOf(object: KubeObject): ControlPlaneView['versions'] {
  const list = valueAt(object, 'status', 'versions');
  if (Array.isArray(list)) {
    return list.flatMap((entry: unknown) => {
      const version = textAt(entry, 'version');
      return version === undefined ? [] : [{ version, replicas: numberAt(entry, 'replicas') }];
    });
  }
  const single = textAt(object, 'status', 'version');
  return single === undefined ? [] : [{ version: single, replicas: numberAt(object, 'status', 'replicas') }];
}

function provisionedPath(contract: ContractVersion): string[] {
  return contract === 'v1beta1' ? ['status', 'ready'] : ['status', 'initialization', 'provisioned'];
}

/** `spec.controlPlaneEndpoint`, when host and port are both set. */
export function endpointOf(object: KubeObject): Endpoint | undefined {
  const host = textAt(object, 'spec', 'controlPlaneEndpoint', 'host');
  const port = numberAt(object, 'spec', 'controlPlaneEndpoint', 'port');
  return host === undefined || port === undefined || port === 0 ? undefined : { host, port };
}

function failureDomainsOf(value: unknown, contract: ContractVersion): PublishedFailureDomain[] {
  if (contract === 'v1beta2') {
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry: unknown) => {
      const name = textAt(entry, 'name');
      return name === undefined ? [] : [failureDomain(name, entry)];
    });
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value)
    .map(([name, entry]) => failureDomain(name, entry))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function failureDomain(name: string, entry: unknown): PublishedFailureDomain {
  const domain: PublishedFailureDomain = { name };
  const controlPlane = valueAt(entry, 'controlPlane');
  if (typeof controlPlane === 'boolean') domain.controlPlane = controlPlane;
  const attributes = valueAt(entry, 'attributes');
  if (isJsonObject(attributes)) {
    const texts = Object.entries(attributes).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    if (texts.length > 0) domain.attributes = Object.fromEntries(texts);
  }
  return domain;
}

function addressesOf(value: unknown): NodeAddress[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const type = textAt(entry, 'type');
    const address = textAt(entry, 'address');
    return type === undefined || address === undefined ? [] : [{ type, address }];
  });
}

/** Text at a path; undefined when it is absent, empty or no text. */
export function textAt(root: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberAt(root: unknown, ...path: readonly string[]): number | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'number' ? value : undefined;
}

function truthAt(root: unknown, ...path: readonly string[]): boolean {
  return valueAt(root, ...path) === true;
}

const CONTRACTS: readonly ContractVersion[] = ['v1beta2', 'v1beta1'];

/** Name of the CRD that must serve a kind: lower-case English plural and group (`capi.md` 0.4). */
export function crdNameOf(group: string, kind: string): string {
  return `${pluralOf(kind)}.${group}`;
}

/** English plural of a lower-cased kind, by the rules Kubernetes code generators use. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/(?:s|x|z|ch|sh)$/.test(lower)) return `${lower}es`;
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return `${lower}s`;
}

/** The contract and the API versions that a CRD's labels promise, newest contract first; undefined: no label. */
export function contractOf(
  labels: { readonly [key: string]: string } | undefined,
): { contract: ContractVersion; versions: string[] } | undefined {
  for (const contract of CONTRACTS) {
    const value = labels?.[`cluster.x-k8s.io/${contract}`];
    if (value !== undefined && value !== '') return { contract, versions: value.split('_') };
  }
  return undefined;
}

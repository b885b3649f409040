import { createHash } from 'node:crypto';
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { canonicalJson, type JsonObject, type JsonValue } from '../machinery/json';
import type { MachineProps, PoolProps } from './machine-props';
import type { Problem } from './problem';
import { deletion, diskOffering, domainName, networkSpec, nodeRegistration, preparation } from './specs';
import {
  clusterProblems,
  DEFAULT_POD_CIDRS,
  DEFAULT_SERVICE_CIDRS,
  type Found,
  failureDomainProblems,
  isMap,
  poolProblems,
} from './validation';
import type { FailureDomainProps, WorkloadClusterProps } from './workload-cluster-props';

const CLUSTER_API = 'cluster.x-k8s.io/v1beta2';
const BOOTSTRAP_API = 'bootstrap.cluster.x-k8s.io/v1beta2';
const CONTROL_PLANE_API = 'controlplane.cluster.x-k8s.io/v1beta2';
const INFRASTRUCTURE_GROUP = 'infrastructure.cluster.x-k8s.io';
const INFRASTRUCTURE_API = `${INFRASTRUCTURE_GROUP}/v1beta4`;

/** What Flux and Argo CD must not do with a cluster: prune it, or rewrite `${…}` in its shell commands. */
const PROTECTION = {
  'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
  'kustomize.toolkit.fluxcd.io/substitute': 'disabled',
};

/**
 * A Kubernetes cluster on CloudStack: Cluster, CloudStackCluster, control plane and worker pools as Cluster API objects.
 *
 * Every object is an ordinary `ApiObject` among the children, so subclasses and callers can reach each raw field
 * (`cluster.node.findAll()`, `ApiObject.addJsonPatch`). Mistakes are collected in {@link problems} and reported
 * together when the app is synthesised; nothing is thrown here.
 */
export class WorkloadCluster extends Construct {
  /** Name of the Cluster object, and the prefix of all names. */
  readonly clusterName: string;
  readonly namespace: string;
  /** The Cluster object. Absent while the props are invalid. */
  readonly cluster: ApiObject | undefined;
  /** The KubeadmControlPlane. Absent while the props are invalid. */
  readonly controlPlane: ApiObject | undefined;

  readonly #props: WorkloadClusterProps;
  readonly #problems: Problem[] = [];
  readonly #pools = new Map<string, PoolProps>();
  readonly #failureDomains = new Map<string, JsonObject>();
  /** Names of all failure domains, also of those with mistakes. */
  readonly #domainNames = new Set<string>();
  /** Network of each failure domain, by name: the first one of its machines. */
  readonly #networks = new Map<string, string>();

  constructor(scope: Construct, name: string, props: WorkloadClusterProps) {
    super(scope, constructId(name));
    this.clusterName = String(name);
    this.#props = props;
    this.namespace = isMap(props) && typeof props.namespace === 'string' ? props.namespace : 'default';
    this.node.addValidation({ validate: () => this.problems.map((problem) => problem.message) });
    this.#report(clusterProblems(name, props));
    if (!isMap(props)) return;

    if (hasZone(props)) this.#domainNames.add(domainName(props.zone));
    if (this.#problems.length === 0) {
      this.#addDomain(domainName(props.zone), { zone: props.zone, network: props.network });
      this.cluster = this.#renderCluster();
      this.#renderInfrastructure();
      this.controlPlane = this.#renderControlPlane();
    }
    // What is no object has been reported.
    if (isMap(props.failureDomains))
      for (const [domain, domainProps] of Object.entries(props.failureDomains))
        this.addFailureDomain(domain, domainProps);
    if (isMap(props.pools)) for (const [pool, poolProps] of Object.entries(props.pools)) this.addPool(pool, poolProps);
  }

  /** Everything that is wrong. Ask when all pools and failure domains are added. */
  get problems(): readonly Problem[] {
    return [...this.#problems, ...this.#strayPools()];
  }

  /** Adds a place where machines can run. Machines without a domain of their own are spread over all. */
  addFailureDomain(name: string, props: FailureDomainProps): this {
    const found = failureDomainProblems(name, props, { domains: this.#domainNames, props: this.#props });
    this.#report(found);
    this.#domainNames.add(name);
    if (found.length === 0) this.#addDomain(name, props);
    return this;
  }

  /** Adds a pool of workers: a MachineDeployment with its templates. */
  addPool(name: string, props: PoolProps): this {
    const found = poolProblems(name, props, {
      cluster: this.clusterName,
      kubernetesVersion: isMap(this.#props) ? this.#props.kubernetesVersion : undefined,
      pools: new Set(this.#pools.keys()),
    });
    this.#report(found);
    this.#pools.set(name, props);
    if (found.length === 0 && props.extraNetworks !== undefined) this.#reportUnknownNetwork(name, props);
    if (found.length === 0 && this.cluster !== undefined) this.#renderPool(name, props);
    return this;
  }

  /** The template of a machine that names networks names that of its failure domain first, and cannot change later. */
  #reportUnknownNetwork(pool: string, { failureDomain, extraNetworks }: PoolProps): void {
    if (this.cluster === undefined || failureDomain === undefined || this.#networks.has(failureDomain)) return;
    const message = 'comes after the network of the failure domain, which is not known yet';
    const fix = `add the failure domain ${JSON.stringify(failureDomain)} before the pool`;
    this.#report([{ field: `pools.${pool}.extraNetworks`, value: extraNetworks, message, fix }]);
  }

  #report(found: readonly Found[]): void {
    for (const problem of found) this.#problems.push({ path: this.node.path, ...problem });
  }

  /** Pools in a failure domain that was never added; until synthesis it still may be. */
  #strayPools(): Problem[] {
    const domains = [...this.#domainNames];
    // Without its zone the name of the first one is not known.
    if (!hasZone(this.#props)) return [];
    return [...this.#pools].flatMap(([pool, props]) => {
      const value = isMap(props) ? props.failureDomain : undefined;
      if (typeof value !== 'string' || value === '' || domains.includes(value)) return [];
      const fix = `use ${domains.map((domain) => JSON.stringify(domain)).join(' or ')}, or add it to failureDomains`;
      const field = `pools.${pool}.failureDomain`;
      return [{ path: this.node.path, field, value, message: 'is not a failure domain of this cluster', fix }];
    });
  }

  #addDomain(name: string, props: FailureDomainProps): void {
    const credentials = props.credentials ?? this.#props.credentials;
    this.#networks.set(name, props.network.name);
    this.#failureDomains.set(name, {
      name,
      zone: { name: props.zone, network: networkSpec(props.network) },
      ...(props.account === undefined ? {} : { account: props.account }),
      ...(props.domain === undefined ? {} : { domain: props.domain }),
      ...(props.project === undefined ? {} : { project: props.project }),
      acsEndpoint: {
        name: credentials?.name ?? 'cloudstack-credentials',
        namespace: credentials?.namespace ?? this.namespace,
      },
    });
  }

  #renderCluster(): ApiObject {
    const props = this.#props;
    const clusterNetwork = {
      pods: { cidrBlocks: [...(props.podCidrs ?? DEFAULT_POD_CIDRS)] },
      services: { cidrBlocks: [...(props.serviceCidrs ?? DEFAULT_SERVICE_CIDRS)] },
      serviceDomain: props.serviceDomain ?? 'cluster.local',
    };
    const spec = {
      clusterNetwork,
      controlPlaneRef: {
        apiGroup: 'controlplane.cluster.x-k8s.io',
        kind: 'KubeadmControlPlane',
        name: `${this.clusterName}-control-plane`,
      },
      infrastructureRef: { apiGroup: INFRASTRUCTURE_GROUP, kind: 'CloudStackCluster', name: this.clusterName },
    };
    return this.#object('cluster', CLUSTER_API, 'Cluster', this.clusterName, spec, props.labels);
  }

  #renderInfrastructure(): void {
    const { endpoint } = this.#props;
    const domains = this.#failureDomains;
    this.#object('infrastructure', INFRASTRUCTURE_API, 'CloudStackCluster', this.clusterName, {
      ...(endpoint === undefined ? {} : { controlPlaneEndpoint: { host: endpoint.host, port: endpoint.port ?? 6443 } }),
      // A getter, because failure domains may still be added: cdk8s reads the props when it synthesises.
      get failureDomains() {
        return [...domains.values()];
      },
    });
  }

  #renderControlPlane(): ApiObject {
    const { controlPlane, kubernetesVersion, network } = this.#props;
    const replicas = controlPlane.replicas ?? 3;
    const machines = { ...controlPlane, affinity: controlPlane.affinity ?? 'anti' };
    const template = this.#machineTemplate('control-plane', machines, kubernetesVersion, network.name);
    const registration = nodeRegistration(controlPlane);
    return this.#object(
      'control-plane',
      CONTROL_PLANE_API,
      'KubeadmControlPlane',
      `${this.clusterName}-control-plane`,
      {
        replicas,
        version: kubernetesVersion,
        machineTemplate: {
          ...(controlPlane.labels === undefined ? {} : { metadata: { labels: { ...controlPlane.labels } } }),
          spec: {
            infrastructureRef: { apiGroup: INFRASTRUCTURE_GROUP, kind: 'CloudStackMachineTemplate', name: template },
            deletion: deletion(controlPlane),
          },
        },
        kubeadmConfigSpec: {
          initConfiguration: { nodeRegistration: registration },
          joinConfiguration: { nodeRegistration: registration },
          ...preparation(controlPlane),
        },
      },
    );
  }

  #renderPool(name: string, props: PoolProps): void {
    const version = props.kubernetesVersion ?? this.#props.kubernetesVersion;
    const network = this.#networks.get(props.failureDomain ?? '') ?? this.#props.network.name;
    const template = this.#machineTemplate(name, props, version, network);
    const bootstrapSpec: JsonObject = {
      template: { spec: { joinConfiguration: { nodeRegistration: nodeRegistration(props) }, ...preparation(props) } },
    };
    const bootstrap = this.#hashedName(name, bootstrapSpec);
    this.#object(`pool-${name}-bootstrap`, BOOTSTRAP_API, 'KubeadmConfigTemplate', bootstrap, bootstrapSpec);
    this.#object(`pool-${name}`, CLUSTER_API, 'MachineDeployment', `${this.clusterName}-${name}`, {
      clusterName: this.clusterName,
      replicas: props.replicas ?? 1,
      rollout: {
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: props.maxSurge ?? 1, maxUnavailable: props.maxUnavailable ?? 0 },
        },
      },
      selector: {
        matchLabels: {
          'cluster.x-k8s.io/cluster-name': this.clusterName,
          'cluster.x-k8s.io/deployment-name': `${this.clusterName}-${name}`,
        },
      },
      template: {
        metadata: {
          labels: {
            ...props.labels,
            'cluster.x-k8s.io/cluster-name': this.clusterName,
            'cluster.x-k8s.io/deployment-name': `${this.clusterName}-${name}`,
          },
        },
        spec: {
          clusterName: this.clusterName,
          version,
          ...(props.failureDomain === undefined ? {} : { failureDomain: props.failureDomain }),
          bootstrap: {
            configRef: { apiGroup: 'bootstrap.cluster.x-k8s.io', kind: 'KubeadmConfigTemplate', name: bootstrap },
          },
          infrastructureRef: { apiGroup: INFRASTRUCTURE_GROUP, kind: 'CloudStackMachineTemplate', name: template },
          deletion: deletion(props),
        },
      },
    });
  }

  /** Renders the machine template and returns its name, which changes with its content, so that an edit rolls machines. */
  #machineTemplate(role: string, props: MachineProps, version: string, network: string): string {
    const affinity = props.affinity ?? 'none';
    const disk = props.dataDisk;
    const spec: JsonObject = {
      offering: { name: props.offering },
      template: { name: props.template ?? `kube-${version}` },
      ...(props.sshKey === undefined ? {} : { sshKey: props.sshKey }),
      ...(affinity === 'none' ? {} : { affinity }),
      ...(props.details === undefined ? {} : { details: { ...props.details } }),
      ...(disk === undefined ? {} : { diskOffering: diskOffering(disk) }),
      ...(props.extraNetworks === undefined
        ? {}
        : { networks: [network, ...props.extraNetworks].map((name) => ({ name })) }),
    };
    const templateSpec: JsonObject = { template: { spec } };
    const name = this.#hashedName(role, templateSpec);
    this.#object(`${role}-machines`, INFRASTRUCTURE_API, 'CloudStackMachineTemplate', name, templateSpec);
    return name;
  }

  #hashedName(role: string, spec: JsonValue): string {
    const hash = createHash('sha256').update(canonicalJson(spec)).digest('hex').slice(0, 8);
    return `${this.clusterName}-${role}-${hash}`;
  }

  #object(
    id: string,
    apiVersion: string,
    kind: string,
    name: string,
    spec: object,
    labels?: { readonly [key: string]: string },
  ): ApiObject {
    const annotations = this.#props.pruneProtection === false ? {} : { annotations: { ...PROTECTION } };
    return new ApiObject(this, id, {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace: this.namespace,
        labels: { ...labels, 'cluster.x-k8s.io/cluster-name': this.clusterName },
        ...annotations,
      },
      spec,
    });
  }
}

/** Props come from the user, and may be anything until they are checked. */
function hasZone(props: unknown): boolean {
  return isMap(props) && typeof props['zone'] === 'string' && props['zone'].trim() !== '';
}

/** Constructs need a non-empty id without slashes, whatever the name is. */
function constructId(name: unknown): string {
  return typeof name === 'string' && name !== '' ? name.replaceAll('/', '-') : 'unnamed';
}

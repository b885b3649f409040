import { createHash } from 'node:crypto';
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { canonicalJson, type JsonObject, type JsonValue } from '../machinery/json';
import type { MachineProps, PoolProps } from './machine-props';
import type { Network } from './network';
import type { Problem } from './problem';
import { clusterProblems, DEFAULT_POD_CIDRS, DEFAULT_SERVICE_CIDRS, poolProblems } from './validation';
import type { FailureDomainProps, WorkloadClusterProps } from './workload-cluster-props';

const CLUSTER_API = 'cluster.x-k8s.io/v1beta2';
const BOOTSTRAP_API = 'bootstrap.cluster.x-k8s.io/v1beta2';
const CONTROL_PLANE_API = 'controlplane.cluster.x-k8s.io/v1beta2';
const INFRASTRUCTURE_GROUP = 'infrastructure.cluster.x-k8s.io';
const INFRASTRUCTURE_API = `${INFRASTRUCTURE_GROUP}/v1beta4`;

/** How long a node may take to drain unless the props say otherwise: a stuck budget must not block a rollout for ever. */
const NODE_DRAIN_TIMEOUT_SECONDS = 600;

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
  /** Everything found wrong so far. */
  readonly problems: Problem[] = [];
  /** The Cluster object. Absent while the props are invalid. */
  readonly cluster: ApiObject | undefined;
  /** The KubeadmControlPlane. Absent while the props are invalid. */
  readonly controlPlane: ApiObject | undefined;

  readonly #props: WorkloadClusterProps;
  readonly #pools = new Set<string>();
  readonly #failureDomains = new Map<string, JsonObject>();

  constructor(scope: Construct, name: string, props: WorkloadClusterProps) {
    super(scope, name === '' ? 'unnamed' : name.replaceAll('/', '-'));
    this.clusterName = name;
    this.namespace = props.namespace ?? 'default';
    this.#props = props;
    this.node.addValidation({ validate: () => this.problems.map((problem) => problem.message) });
    this.#report(clusterProblems(name, props));

    if (this.problems.length === 0) {
      this.#addDomain(domainName(props.zone), { zone: props.zone, network: props.network });
      this.cluster = this.#renderCluster();
      this.#renderInfrastructure();
      this.controlPlane = this.#renderControlPlane();
    }
    for (const [domain, domainProps] of Object.entries(props.failureDomains ?? {}))
      this.addFailureDomain(domain, domainProps);
    for (const [pool, poolProps] of Object.entries(props.pools ?? {})) this.addPool(pool, poolProps);
  }

  /** Adds a place where machines can run. Machines without a domain of their own are spread over all. */
  addFailureDomain(name: string, props: FailureDomainProps): this {
    if (this.#failureDomains.has(name)) {
      const fix = 'give each failure domain a name of its own';
      this.#report([{ field: `failureDomains.${name}`, value: name, message: 'exists already', fix }]);
    } else this.#addDomain(name, props);
    return this;
  }

  /** Adds a pool of workers: a MachineDeployment with its templates. */
  addPool(name: string, props: PoolProps): this {
    const found = poolProblems(this.clusterName, name, props, this.#pools);
    this.#report(found);
    this.#pools.add(name);
    if (found.length === 0 && this.cluster !== undefined) this.#renderPool(name, props);
    return this;
  }

  #report(found: readonly Omit<Problem, 'path'>[]): void {
    for (const problem of found) this.problems.push({ path: this.node.path, ...problem });
  }

  #addDomain(name: string, props: FailureDomainProps): void {
    const credentials = props.credentials ?? this.#props.credentials;
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
    const { controlPlane, kubernetesVersion } = this.#props;
    const replicas = controlPlane.replicas ?? 3;
    const template = this.#machineTemplate('control-plane', { affinity: 'anti', ...controlPlane }, kubernetesVersion);
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
          ...commands(controlPlane),
        },
      },
    );
  }

  #renderPool(name: string, props: PoolProps): void {
    const version = props.kubernetesVersion ?? this.#props.kubernetesVersion;
    const template = this.#machineTemplate(name, props, version);
    const bootstrapSpec: JsonObject = {
      template: { spec: { joinConfiguration: { nodeRegistration: nodeRegistration(props) }, ...commands(props) } },
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
  #machineTemplate(role: string, props: MachineProps, version: string): string {
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
        : { networks: [this.#props.network.name, ...props.extraNetworks].map((name) => ({ name })) }),
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

/** Failure domain names are DNS subdomains (`capc.md` 2); zone names are free text. */
function domainName(zone: string): string {
  const slug = zone
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return slug === '' ? 'zone' : slug;
}

function networkSpec(network: Network): JsonObject {
  const { offering, gateway, netmask, vpc } = network.options;
  return {
    name: network.name,
    // Says that it must exist: without the type an isolated network is made where none has the name.
    ...(network.kind === 'shared' ? { type: 'Shared' } : {}),
    ...(offering === undefined ? {} : { offering }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(netmask === undefined ? {} : { netmask }),
    ...(vpc === undefined ? {} : { vpc: { ...vpc } }),
  };
}

/** The node is named after the VM, and its provider id is written by cloud-init from CloudStack's metadata. */
function nodeRegistration(props: MachineProps): JsonObject {
  const args = { ...props.kubeletExtraArgs, 'provider-id': "cloudstack:///'{{ ds.meta_data.instance_id }}'" };
  return {
    name: '{{ local_hostname }}',
    kubeletExtraArgs: Object.entries(args).map(([name, value]) => ({ name, value })),
  };
}

function commands(props: MachineProps): JsonObject {
  return {
    preKubeadmCommands: [...(props.preKubeadmCommands ?? ['swapoff -a'])],
    ...(props.postKubeadmCommands === undefined ? {} : { postKubeadmCommands: [...props.postKubeadmCommands] }),
  };
}

function deletion(props: MachineProps): JsonObject {
  return { nodeDrainTimeoutSeconds: props.nodeDrainTimeoutSeconds ?? NODE_DRAIN_TIMEOUT_SECONDS };
}

function diskOffering(disk: NonNullable<MachineProps['dataDisk']>): JsonObject {
  const { offering, sizeInGB, ...mount } = disk;
  return { name: offering, ...(sizeInGB === undefined ? {} : { customSizeInGB: sizeInGB }), ...mount };
}

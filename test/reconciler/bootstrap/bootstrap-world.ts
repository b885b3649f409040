import { crds } from '../../../api';
import { Cluster, KubeadmConfig, type KubeadmConfigSpec, Machine, Secret } from '../../../api/kinds';
import type { KubeApi, WorkloadClusters, WorkloadConnection, WorkloadEvent } from '../../../api/ports';
import { type Condition, conditionOf } from '../../../machinery/conditions';
import type { KubeObject, ObjectKey } from '../../../machinery/kube-object';
import { certificateSecret, generateCertificate, secretText } from '../../../machinery/kubeadm';
import { ownerReference } from '../../../machinery/owner-references';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { bootstrapControllers } from '../../../reconciler/bootstrap';
import { type Manager, silentLog, startManager } from '../../../reconciler/runtime';
import { createKubeServer, type KubeServer } from '../../../sandbox/kube';
import { CountingApi } from '../control-plane/counting-api';

const NAMESPACE = 'default';
const TRUE = (type: string): Condition => ({
  type,
  status: 'True',
  reason: type,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

/** A workload cluster that is there when the test says so. */
class SwitchedWorkload implements WorkloadClusters {
  readonly #listeners = new Set<(event: WorkloadEvent) => void>();
  #connection: WorkloadConnection | undefined;

  connect(cluster: ObjectKey, api: KubeApi): void {
    this.#connection = { api, get: () => undefined, list: () => [] };
    for (const listener of this.#listeners) listener({ type: 'connected', cluster });
  }

  disconnect(): void {
    this.#connection = undefined;
  }

  connection(): WorkloadConnection | undefined {
    return this.#connection;
  }

  health() {
    return { connected: this.#connection !== undefined };
  }

  subscribe(listener: (event: WorkloadEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The bootstrap loop alone; the test plays everybody else. */
export class BootstrapWorld {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(7);
  readonly kube: KubeServer = createKubeServer({ clock: this.clock, random: this.random });
  readonly workloadKube: KubeServer = createKubeServer({ clock: this.clock, random: this.random });
  readonly workload = new SwitchedWorkload();
  readonly requests = new CountingApi(this.kube.api());
  readonly faults: string[] = [];
  readonly manager: Manager;

  private constructor() {
    const { clock, random } = this;
    const failed = (fields: object, message: string) => {
      if (message.startsWith('reconcile')) this.faults.push(`${message} ${JSON.stringify(fields)}`);
    };
    this.manager = startManager({
      api: this.requests,
      clock,
      random,
      log: { ...silentLog, error: failed },
      controllers: ({ objects, recorder }) =>
        bootstrapControllers({ objects, workloads: this.workload, events: recorder('test'), clock, random }),
    });
  }

  static async start(): Promise<BootstrapWorld> {
    const world = new BootstrapWorld();
    for (const crd of crds({ conversion: 'none' })) {
      const plural = 'customresourcedefinitions';
      const resource = { group: 'apiextensions.k8s.io', version: 'v1', kind: crd.kind, plural, namespaced: false };
      await world.api.create(resource, crd);
    }
    await world.clock.runUntil(() => world.manager.activity().warm, 60_000);
    return world;
  }

  get api(): KubeApi {
    return this.kube.api();
  }

  /** A cluster whose infrastructure is there; `controlPlane` names who makes its certificates. */
  async cluster(options: { controlPlane?: boolean; provisioned?: boolean } = {}): Promise<Cluster> {
    const { controlPlane = true, provisioned = true } = options;
    const group = 'controlplane.cluster.x-k8s.io';
    const cluster = await this.api.create(Cluster, {
      apiVersion: Cluster.apiVersion,
      kind: Cluster.kind,
      metadata: { name: 'c', namespace: NAMESPACE },
      spec: {
        controlPlaneEndpoint: { host: '10.0.0.10', port: 6443 },
        clusterNetwork: { pods: { cidrBlocks: ['192.168.0.0/16'] } },
        ...(controlPlane ? { controlPlaneRef: { apiGroup: group, kind: 'KubeadmControlPlane', name: 'c-cp' } } : {}),
      },
    });
    if (provisioned) await this.clusterStatus({ initialization: { infrastructureProvisioned: true } });
    return cluster;
  }

  async clusterStatus(status: Cluster['status']): Promise<void> {
    const key = { namespace: NAMESPACE, name: 'c' };
    await this.api.patch(Cluster, key, { type: 'merge', patch: { status } }, { subresource: 'status' });
  }

  async initialized(): Promise<void> {
    await this.clusterStatus({ conditions: [TRUE('ControlPlaneInitialized')] });
  }

  async certificates({ labels = true } = {}): Promise<void> {
    for (const purpose of ['ca', 'sa', 'proxy', 'etcd'] as const) {
      const pair = await generateCertificate(purpose, undefined, this);
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'test', uid: 'test' };
      const secret = certificateSecret({ namespace: NAMESPACE, clusterName: 'c', purpose, pair, owner });
      delete secret.metadata.ownerReferences;
      if (!labels) delete secret.metadata.labels;
      await this.api.create(Secret, secret);
    }
  }

  /** A Machine with its KubeadmConfig, owned as the Machine controller would own it. */
  async machine(name: string, role: 'control-plane' | 'worker', spec: KubeadmConfigSpec): Promise<Machine> {
    const labels = {
      'cluster.x-k8s.io/cluster-name': 'c',
      ...(role === 'control-plane' ? { 'cluster.x-k8s.io/control-plane': '' } : {}),
    };
    const machine = await this.api.create(Machine, {
      apiVersion: Machine.apiVersion,
      kind: Machine.kind,
      metadata: { name, namespace: NAMESPACE, labels },
      spec: {
        clusterName: 'c',
        version: 'v1.34.2',
        bootstrap: { configRef: { apiGroup: KubeadmConfig.group, kind: KubeadmConfig.kind, name } },
        infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'TestMachine', name },
      },
    });
    await this.api.create(KubeadmConfig, {
      apiVersion: KubeadmConfig.apiVersion,
      kind: KubeadmConfig.kind,
      metadata: { name, namespace: NAMESPACE, labels, ownerReferences: [ownerReference(machine)] },
      spec,
    });
    return machine;
  }

  /** A cluster that machines can join. */
  async joinableCluster(): Promise<void> {
    await this.cluster();
    await this.certificates();
    this.connect();
    await this.initialized();
  }

  /** A worker that has what it joins such a cluster with. */
  async readyWorker(name: string): Promise<void> {
    await this.joinableCluster();
    await this.machine(name, 'worker', { joinConfiguration: { nodeRegistration: { name } } });
    await this.until(() => this.isReady(name));
  }

  config(name: string): KubeadmConfig {
    const config = this.manager.objects.get(KubeadmConfig, { namespace: NAMESPACE, name });
    if (config === undefined) throw new Error(`no KubeadmConfig ${name}`);
    return config;
  }

  condition(name: string, type: string): string {
    const condition = conditionOf(this.config(name), type);
    return condition === undefined ? 'none' : `${condition.status} ${condition.reason} ${condition.message}`.trim();
  }

  isReady(name: string): boolean {
    return conditionOf(this.config(name), 'Ready')?.status === 'True';
  }

  /** The Secret a machine boots with. */
  secret(name: string): Secret | undefined {
    return this.manager.objects.get(Secret, { namespace: NAMESPACE, name });
  }

  userData(name: string): string {
    return secretText(this.secret(name), 'value') ?? '';
  }

  async tokens(): Promise<readonly KubeObject[]> {
    const { items } = await this.workloadKube.api().list(Secret, { namespace: 'kube-system' });
    return items.filter((secret) => secret.metadata.name.startsWith('bootstrap-token-'));
  }

  connect(): void {
    this.workload.connect({ namespace: NAMESPACE, name: 'c' }, this.workloadKube.api());
  }

  async until(goal: () => boolean): Promise<void> {
    await this.clock.runUntil(goal, 60_000);
  }

  async stop(): Promise<void> {
    await this.manager.stop();
    this.kube.close();
    this.workloadKube.close();
  }
}

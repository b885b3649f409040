import { Cluster, Machine, Secret } from '../../../api/kinds';
import { type Controller, done, type Objects, ownedBy, ownKind, type TypedResource } from '../../../api/ports';
import type { Clock } from '../../../machinery/clock';
import { cloneJson } from '../../../machinery/json';
import type { KubeObject, ObjectMeta } from '../../../machinery/kube-object';
import type { Random } from '../../../machinery/random';
import type { Guests } from '../../../sandbox/guest';

const GROUP = 'infrastructure.cluster.x-k8s.io';
const FINALIZER = 'test.infrastructure.cluster.x-k8s.io';

type InfraCluster = KubeObject & { metadata: ObjectMeta; spec?: object; status?: object };
type InfraMachine = KubeObject & {
  spec?: { providerID?: string };
  status?: { initialization?: { provisioned?: boolean } };
};

export const TestCluster = resource<InfraCluster>('TestCluster', 'testclusters');
export const TestMachine = resource<InfraMachine>('TestMachine', 'testmachines');
export const TestMachineTemplate = resource<KubeObject>('TestMachineTemplate', 'testmachinetemplates');

function resource<T extends KubeObject>(kind: string, plural: string): TypedResource<T> {
  return { group: GROUP, version: 'v1', kind, plural, namespaced: true };
}

export function testCrds(): KubeObject[] {
  return [TestCluster, TestMachine, TestMachineTemplate].map(({ kind, plural }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, labels: { 'cluster.x-k8s.io/v1beta2': 'v1' } },
    spec: {
      group: GROUP,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }));
}

export interface TestInfrastructure {
  readonly objects: Objects;
  readonly guests: Guests;
  readonly clock: Clock;
  readonly random: Random;
  /** From the bootstrap data to a machine that is switched on. */
  readonly bootMs: number;
  /** From the deletion to a machine that is switched off. */
  readonly destroyMs: number;
  /** What exists outside of the process. */
  readonly cloud: Cloud;
}

/** Machines and load balancer members that a killed process leaves as they are. */
export class Cloud {
  readonly members = new Set<string>();
  readonly ids = new Map<string, string>();
}

export const ENDPOINT = { host: '127.64.0.10', port: 6443 };

/** A cloud with one load balancer: TestMachines become guests that really run their user data. */
export function testInfrastructure(world: TestInfrastructure): Controller[] {
  const cloud = new Provider(world);
  return [
    {
      name: 'testcluster',
      watches: [ownKind(TestCluster)],
      reconcile: async (key) => {
        const cluster = world.objects.get(TestCluster, key);
        if (cluster?.metadata.ownerReferences?.some((owner) => owner.kind === Cluster.kind) !== true) return done();
        const after = cloneJson(cluster);
        after.spec = { ...after.spec, controlPlaneEndpoint: ENDPOINT };
        after.status = { ...after.status, initialization: { provisioned: true } };
        await world.objects.patch(TestCluster, cluster, after);
        return done();
      },
    },
    {
      name: 'testmachine',
      watches: [
        ownKind(TestMachine),
        ownedBy(TestMachine, { group: GROUP, kind: 'none' }),
        { resource: Machine, keys: ({ object }) => infraOf(object) },
        { resource: Secret, keys: () => [] },
      ],
      reconcile: async (key, run) => {
        const infra = world.objects.get(TestMachine, key);
        if (infra !== undefined) await cloud.reconcile(infra, run.signal);
        return done();
      },
    },
  ];
}

function infraOf(object: KubeObject) {
  const machine = object as Machine;
  return [{ namespace: machine.metadata.namespace ?? '', name: machine.spec.infrastructureRef.name }];
}

class Provider {
  readonly #world: TestInfrastructure;
  readonly #members: Set<string>;
  readonly #ids: Map<string, string>;

  constructor(world: TestInfrastructure) {
    this.#world = world;
    this.#members = world.cloud.members;
    this.#ids = world.cloud.ids;
  }

  async reconcile(infra: InfraMachine, signal: AbortSignal): Promise<void> {
    const { objects } = this.#world;
    const { namespace = '', name } = infra.metadata;
    if (infra.metadata.deletionTimestamp !== undefined) return this.#destroy(infra, signal);
    const machine = objects.get(Machine, { namespace, name });
    const secretName = machine?.spec.bootstrap.dataSecretName;
    if (machine === undefined || secretName === undefined || infra.status?.initialization?.provisioned === true) return;
    const secret = objects.get(Secret, { namespace, name: secretName });
    if (secret === undefined) return;
    const before = cloneJson(infra);
    before.metadata.finalizers = [FINALIZER];
    const claimed = await objects.patch(TestMachine, infra, before);
    await this.#world.clock.sleep(this.#world.bootMs, signal);
    if (signal.aborted) return;
    const known = this.#ids.get(name);
    const id = known ?? this.#world.random.uuid();
    this.#ids.set(name, id);
    if (known === undefined)
      this.#world.guests.powerOn(
        {
          id,
          name,
          userData: secret.data?.value ?? '',
          metadata: { 'instance-id': id, 'local-hostname': name },
          addresses: [`10.1.1.${this.#ids.size}`],
          templateName: `kube-${machine.spec.version ?? ''}`,
          cpuNumber: 2,
          memoryMiB: 4096,
        },
        true,
      );
    if (machine.metadata.labels?.['cluster.x-k8s.io/control-plane'] !== undefined) this.#members.add(id);
    this.#route();
    const after = cloneJson(claimed);
    after.spec = { ...after.spec, providerID: `cloudstack:///${id}` };
    after.status = { ...after.status, initialization: { provisioned: true } };
    await objects.patch(TestMachine, claimed, after);
  }

  async #destroy(infra: InfraMachine, signal: AbortSignal): Promise<void> {
    if (this.#world.destroyMs > 0) await this.#world.clock.sleep(this.#world.destroyMs, signal);
    if (signal.aborted) return;
    const id = this.#ids.get(infra.metadata.name);
    if (id !== undefined) {
      this.#members.delete(id);
      this.#route();
      this.#world.guests.destroy(id);
    }
    const after = cloneJson(infra);
    after.metadata.finalizers = [];
    await this.#world.objects.patch(TestMachine, infra, after);
  }

  #route(): void {
    const targets = [...this.#members].map((machineId) => ({ machineId, port: 6443 }));
    this.#world.guests.setRoutes([{ publicIp: ENDPOINT.host, publicPort: ENDPOINT.port, targets }]);
  }
}

import { gzipSync } from 'node:zlib';
import type { KubeApi } from '../../../api/ports/kube-api';
import type { KubeObject, Resource } from '../../../machinery/kube-object';
import { type CertificatePair, type CertificatePurpose, generateCertificate } from '../../../machinery/kubeadm';
import {
  authorityFromPem,
  certificateInfo,
  formatKubeconfig,
  generateEcKeyPair,
  privateKeyPem,
  serialNumber,
  signCertificate,
} from '../../../machinery/pki';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import {
  controlPlaneJoinUserData,
  initUserData,
  type UserDataInput,
  workerJoinUserData,
} from '../../../reconciler/bootstrap/kubeadm-config/user-data';
import { createGuestHost, type Guests, workloadKube } from '../../../sandbox/guest';
import { resources } from '../../../sandbox/guest/workload/resources';
import { type LatencyName, latencyProfiles } from '../../../sandbox/latency';
import type { GuestMachine } from '../../../sandbox/ports';

export const TOKEN = 'abcdef.0123456789abcdef';
export const ENDPOINT = { host: '127.64.0.10', port: 6443 };

export interface Boot {
  readonly template?: string;
  readonly edit?: (userData: string) => string;
  readonly gzip?: boolean;
}

/** A cloud without a cloud: machines with the user data of the real bootstrap loop, and one route to the control plane. */
export class GuestWorld {
  readonly clock: VirtualClock;
  readonly random = new SeededRandom(42);
  readonly faults: unknown[] = [];
  guests: Guests;
  readonly certificates = new Map<CertificatePurpose, CertificatePair>();
  version = 'v1.34.2';
  #members: string[] = [];
  readonly #userData = new Map<number, string>();

  private constructor(
    latency: LatencyName,
    host: ((clock: VirtualClock) => Guests) | undefined,
    startMs: number | undefined,
    readonly address: string,
  ) {
    const { random } = this;
    const clock = new VirtualClock(startMs);
    this.clock = clock;
    this.guests =
      host?.(clock) ??
      createGuestHost({
        clock,
        random,
        latency: latencyProfiles[latency],
        kube: workloadKube({ clock, random }),
        network: 'in-process',
        onFault: (_where, error) => this.faults.push(error),
      });
  }

  static async create(
    latency: LatencyName = 'production',
    host?: (clock: VirtualClock) => Guests,
    startMs?: number,
    address = ENDPOINT.host,
  ): Promise<GuestWorld> {
    const world = new GuestWorld(latency, host, startMs, address);
    for (const purpose of ['ca', 'sa', 'proxy', 'etcd'] as const) {
      world.certificates.set(purpose, await generateCertificate(purpose, undefined, world));
    }
    return world;
  }

  get caHash(): string {
    return certificateInfo(this.pem('ca').certificate).publicKeyHash;
  }

  pem(purpose: CertificatePurpose): CertificatePair {
    const pair = this.certificates.get(purpose);
    if (pair === undefined) throw new Error(`no ${purpose}`);
    return pair;
  }

  /** What the bootstrap loop puts into its inputs. */
  input(join?: Partial<{ token: string; hashes: string[]; endpoint: string }>): UserDataInput {
    const nodeRegistration = {
      name: '{{ local_hostname }}',
      kubeletExtraArgs: [{ name: 'provider-id', value: "cloudstack:///'{{ ds.meta_data.instance_id }}'" }],
    };
    const discovery = {
      bootstrapToken: {
        token: join?.token ?? TOKEN,
        apiServerEndpoint: join?.endpoint ?? `${this.address}:${ENDPOINT.port}`,
        caCertHashes: join?.hashes ?? [this.caHash],
      },
    };
    return {
      spec: {
        initConfiguration: { nodeRegistration, bootstrapTokens: [{ token: TOKEN }] },
        joinConfiguration: { nodeRegistration, discovery },
        preKubeadmCommands: ['swapoff -a'],
      },
      files: [],
      users: [],
      certificates: this.certificates,
      facts: {
        clusterName: 'dev',
        kubernetesVersion: this.version,
        controlPlaneEndpoint: `${this.address}:${ENDPOINT.port}`,
        podCidrs: ['192.168.0.0/16'],
      },
    };
  }

  machine(n: number, userData: string, boot: Boot = {}): GuestMachine {
    this.#userData.set(n, userData);
    const text = (boot.edit ?? ((same) => same))(userData);
    const bytes = boot.gzip === false ? Buffer.from(text) : gzipSync(text);
    return {
      id: `00000000-0000-4000-8000-00000000000${n}`,
      name: `node-${n}`,
      userData: bytes.toString('base64'),
      metadata: { 'instance-id': `00000000-0000-4000-8000-00000000000${n}`, 'local-hostname': `node-${n}` },
      addresses: [`10.1.1.${n}`],
      templateName: boot.template ?? `kube-${this.version}`,
      cpuNumber: 2,
      memoryMiB: 4096,
    };
  }

  /** What a machine was started with. */
  userDataOf(n: number): string {
    return this.#userData.get(n) ?? '';
  }

  init(n: number, boot?: Boot): string {
    return this.#start(this.machine(n, initUserData(this.input()), boot), true);
  }

  joinControlPlane(n: number, boot?: Boot): string {
    return this.#start(this.machine(n, controlPlaneJoinUserData(this.input()), boot), true);
  }

  joinWorker(n: number, boot?: Boot, join?: Parameters<GuestWorld['input']>[0]): string {
    return this.#start(this.machine(n, workerJoinUserData(this.input(join)), boot), false);
  }

  #start(machine: GuestMachine, isMember: boolean): string {
    this.guests.powerOn(machine, true);
    if (isMember) this.setMembers(...this.#members, machine.id);
    return machine.id;
  }

  /** Who is behind the load balancer rule. */
  setMembers(...machineIds: string[]): void {
    this.#members = machineIds;
    const targets = machineIds.map((machineId) => ({ machineId, port: 6443 }));
    this.guests.setRoutes([{ publicIp: this.address, publicPort: ENDPOINT.port, targets }]);
  }

  get members(): readonly string[] {
    return this.#members;
  }

  /** A kubeconfig like `<cluster>-kubeconfig`; parts can be replaced by wrong ones. */
  kubeconfig(wrong: { ca?: string; signer?: CertificatePair; host?: string; groups?: string[] } = {}): string {
    const signer = wrong.signer ?? this.pem('ca');
    const key = generateEcKeyPair(this.random);
    const certificatePem = signCertificate(authorityFromPem(signer.certificate, signer.key), {
      subject: { commonName: 'kubernetes-admin', organizations: wrong.groups ?? ['system:masters'] },
      publicKey: key.publicKey,
      usages: ['client'],
      validity: { notBefore: this.clock.now() - 1000, notAfter: this.clock.now() + 365 * 24 * 3_600_000 },
      serial: serialNumber(this.random),
    });
    return formatKubeconfig({
      clusterName: 'dev',
      server: `https://${wrong.host ?? this.address}:${ENDPOINT.port}`,
      caPem: wrong.ca ?? this.pem('ca').certificate,
      userName: 'dev-admin',
      user: { kind: 'certificate', certificatePem, privateKeyPem: privateKeyPem(key) },
    });
  }

  get api(): KubeApi {
    return this.guests.access.connect(this.kubeconfig()).api;
  }

  async names(resource: Resource, namespace?: string): Promise<string[]> {
    const list = await this.api.list(resource, namespace === undefined ? {} : { namespace });
    return list.items.map((item) => item.metadata.name).sort();
  }

  /** Nodes whose Ready condition is True. */
  async readyNodes(): Promise<string[]> {
    const { items } = await this.api.list(resources.nodes);
    return items
      .filter((node) => readyOf(node) === 'True')
      .map((node) => node.metadata.name)
      .sort();
  }

  /** A control plane of `size`, all Ready. */
  async controlPlane(size: number): Promise<void> {
    this.init(1);
    await this.clock.advance(600_000);
    for (let n = 2; n <= size; n++) {
      this.joinControlPlane(n);
      await this.clock.advance(600_000);
    }
  }

  console(n: number): string {
    return this.guests.console(`00000000-0000-4000-8000-00000000000${n}`).join('\n');
  }
}

export function readyOf(node: KubeObject | undefined): string | undefined {
  const status = node?.['status'] as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
}

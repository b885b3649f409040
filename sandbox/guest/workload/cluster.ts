import type { KubeApi } from '../../../api/ports/kube-api';
import type { Timer } from '../../../machinery/clock';
import type { Environment, RunningCluster } from '../environment';
import { type EtcdState, elect, hasQuorum, type Member } from '../etcd/members';
import type { Machine } from '../machine';
import type { WorkloadKube } from '../ports';
import type { ClusterRecord } from '../records';
import { ClusterControllers } from './controllers';
import { podAddress } from './pod-address';

/** A workload cluster: one Kubernetes API, served by every control-plane machine whose etcd member is in the quorum. */
export class WorkloadCluster implements RunningCluster {
  readonly kube: WorkloadKube;
  /** The API as its own components use it, whether or not it can be reached from outside. */
  readonly api: KubeApi;
  /** True until the first control-plane disk holds it. */
  isStarting = true;
  readonly #world: Environment;
  readonly #controllers: ClusterControllers;
  readonly #goneSince = new Map<string, number>();
  #record: ClusterRecord;
  #timer: Timer | undefined;

  constructor(world: Environment, record: ClusterRecord, kube: WorkloadKube) {
    this.#world = world;
    this.#record = record;
    this.kube = kube;
    this.api = kube.api({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
    this.#controllers = new ClusterControllers(world, this);
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): ClusterRecord {
    return this.#record;
  }

  get etcd(): EtcdState | undefined {
    return this.#record.etcd;
  }

  /** A member runs while its machine's kubelet does; a removed member's process ends by itself. */
  readonly isRunning = (member: Member): boolean => {
    const machine = this.#world.machines.get(member.machineId);
    return machine?.kubeletRunning === true && machine.kubelet?.clusterId === this.id;
  };

  /** Whether the API server on a machine answers: its own etcd member is a member, and there is a quorum. */
  servesOn(machine: Machine): boolean {
    if (this.etcd === undefined) return true;
    const member = this.memberOn(machine);
    return member !== undefined && !member.isLearner && hasQuorum(this.etcd, this.isRunning);
  }

  memberOn(machine: Machine): Member | undefined {
    return this.etcd?.members.find((member) => member.machineId === machine.id);
  }

  machineOfNode(nodeName: string): Machine | undefined {
    return this.#world.machinesOf(this.id).get(nodeName);
  }

  /** Since when a node's kubelet has been silent; a machine that is gone counts from when this process noticed. */
  silentSince(nodeName: string): number {
    const machine = this.machineOfNode(nodeName);
    if (machine !== undefined) return machine.silentSince;
    const since = this.#goneSince.get(nodeName) ?? this.#world.clock.now();
    this.#goneSince.set(nodeName, since);
    return since;
  }

  /** Wakes the controllers once more, later. */
  wakeAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#world.clock.after(delayMs, () => this.#controllers.wake());
  }

  /** An address in the pod network that stays the same for a pod. */
  podAddress(podUid: string): string {
    return podAddress(this.#record.podSubnet, podUid);
  }

  /** Whether any API server of the cluster answers. */
  get isServed(): boolean {
    for (const machine of this.#world.machinesOf(this.id).values()) {
      if (this.#world.apiServerOn(machine) === this) return true;
    }
    return false;
  }

  /** Replaces the membership; written to the journal before anybody sees it. */
  setEtcd(etcd: EtcdState): void {
    this.#save({ ...this.#record, etcd });
    this.#world.changed(this.id);
  }

  /** Takes a machine out of the membership although it was not asked to leave: its disk has been wiped. */
  forget(machine: Machine): void {
    if (this.etcd === undefined) return;
    const members = this.etcd.members.filter((member) => member.machineId !== machine.id);
    if (members.length < this.etcd.members.length && members.length > 0) this.setEtcd({ ...this.etcd, members });
  }

  save(): void {
    this.#save(this.#record);
  }

  /** Called after every change in the world. */
  refresh(): void {
    if (this.etcd !== undefined) {
      const etcd = elect(this.etcd, this.isRunning);
      if (etcd !== this.etcd) this.#save({ ...this.#record, etcd });
    }
    this.#controllers.wake();
  }

  close(): void {
    this.#timer?.cancel();
    this.#controllers.stop();
    this.kube.close();
  }

  #save(record: ClusterRecord): void {
    this.#record = record;
    this.#world.options.record({ type: 'cluster', cluster: record });
  }
}

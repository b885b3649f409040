import { noServerCapacity } from '../protocol/api-error';
import type { HostRow } from '../store/catalog-rows';
import type { VmRow } from '../store/compute-rows';
import type { Database } from '../store/database';
import { Tally } from '../store/derived';

/** What hosts carry, and where a machine may go. */
export class HostLoad {
  readonly #db: Database;
  readonly #tally = new Tally();
  readonly #overcommit: number;

  constructor(db: Database, cpuOvercommit: number) {
    this.#db = db;
    this.#overcommit = cpuOvercommit;
    this.#tally.count(db.vms, (vm) =>
      vm.hostId === undefined
        ? []
        : [
            [`${vm.hostId} cpu`, vm.cpuNumber],
            [`${vm.hostId} memory`, vm.memoryMiB],
          ],
    );
  }

  cpu(hostId: string): number {
    return this.#tally.get(`${hostId} cpu`);
  }

  memoryMiB(hostId: string): number {
    return this.#tally.get(`${hostId} memory`);
  }

  cpuCapacity(host: HostRow): number {
    return host.cpuNumber * this.#overcommit;
  }

  /**
   * The least loaded host that can take the machine and keeps its affinity groups.
   * @throws ApiError 533, with the sentence about affinity when only that stands in the way (`cloudstack.md` 1.8).
   */
  place(vm: VmRow): HostRow {
    const tags = this.#db.serviceOfferings.get(vm.serviceOfferingId)?.hostTags ?? [];
    const fitting = this.#db.hosts.filter(
      (host) =>
        host.zoneId === vm.zoneId &&
        host.state === 'Up' &&
        host.resourceState === 'Enabled' &&
        tags.every((tag) => host.tags.includes(tag)) &&
        // Overcommitment lets machines share CPUs: none may have more or faster ones than the host itself.
        vm.cpuNumber <= host.cpuNumber &&
        vm.cpuSpeedMhz <= host.cpuSpeedMhz &&
        this.cpu(host.id) + vm.cpuNumber <= this.cpuCapacity(host) &&
        this.memoryMiB(host.id) + vm.memoryMiB <= host.memoryMiB,
    );
    const allowed = fitting.filter((host) => this.#keepsAffinity(vm, host, true));
    const preferred = allowed.filter((host) => this.#keepsAffinity(vm, host, false));
    const [best] = (preferred.length > 0 ? preferred : allowed).sort(
      (left, right) => this.memoryMiB(left.id) - this.memoryMiB(right.id) || left.number - right.number,
    );
    if (best !== undefined) return best;
    throw noServerCapacity(nowhere(vm) + (vm.affinityGroupIds.length > 0 ? AFFINITY_SENTENCE : ''));
  }

  #keepsAffinity(vm: VmRow, host: HostRow, strict: boolean): boolean {
    return vm.affinityGroupIds.every((groupId) => {
      const group = this.#db.affinityGroups.get(groupId);
      if (group === undefined || group.type.startsWith('non-strict') === strict) return true;
      const others = [...this.#db.vmsByAffinityGroup.get(groupId)]
        .map((id) => this.#db.vms.get(id))
        .filter((other) => other !== undefined && other.id !== vm.id && other.hostId !== undefined);
      if (group.type.endsWith('anti-affinity')) return others.every((other) => other?.hostId !== host.id);
      return others.length === 0 || others.some((other) => other?.hostId === host.id);
    });
  }
}

const AFFINITY_SENTENCE =
  ', Please check the affinity groups provided, there may not be sufficient capacity to follow them';

/** First start and restart have texts of their own. */
function nowhere(vm: VmRow): string {
  const instance = JSON.stringify({
    id: vm.number,
    instanceName: instanceName(vm),
    type: 'User',
    uuid: vm.id,
  });
  return vm.booted
    ? `Unable to create a deployment for VM instance ${instance}`
    : `No destination found for a deployment for VM instance ${instance}`;
}

/** The hypervisor's name of a machine. */
export function instanceName(vm: Pick<VmRow, 'number'>): string {
  return `i-2-${vm.number}-VM`;
}

import { limitExceeded } from '../protocol/api-error';
import type { Database } from '../store/database';
import { Tally } from '../store/derived';
import type { AccountRow, Limits, ResourceName } from '../store/tenancy-rows';

/** Numbers of resource types as `listResourceLimits` takes them (`cloudstack.md` 4.7). */
export const resourceTypes: readonly ResourceName[] = [
  'user_vm',
  'public_ip',
  'volume',
  'snapshot',
  'template',
  'project',
  'network',
  'vpc',
  'cpu',
  'memory',
  'primary_storage',
  'secondary_storage',
];

export const UNLIMITED = -1;

/** What one object takes from the quota of its owner. */
export type Demand = { readonly [resource in ResourceName]?: number };

/** Counts what accounts and domains hold, and says no when it would be too much. */
export class Quotas {
  readonly #db: Database;
  readonly #tally = new Tally();

  constructor(db: Database) {
    this.#db = db;
    this.#tally.count(db.vms, (vm) =>
      vm.state === 'Destroyed' || vm.state === 'Expunging' || vm.state === 'Error'
        ? []
        : this.#shares(vm.accountId, { user_vm: 1, cpu: vm.cpuNumber, memory: vm.memoryMiB }),
    );
    this.#tally.count(db.volumes, (volume) =>
      volume.state === 'Destroy' || volume.state === 'Expunging'
        ? []
        : this.#shares(volume.accountId, { volume: 1, primary_storage: volume.sizeGiB }),
    );
    this.#tally.count(db.addresses, (address) =>
      address.accountId === undefined ? [] : this.#shares(address.accountId, { public_ip: 1 }),
    );
    this.#tally.count(db.networks, (network) =>
      network.type === 'Shared' ? [] : this.#shares(network.accountId, { network: 1 }),
    );
    this.#tally.count(db.vpcs, (vpc) => this.#shares(vpc.accountId, { vpc: 1 }));
    this.#tally.count(db.projects, (project) => this.#shares(project.ownerAccountId, { project: 1 }));
  }

  usedByAccount(accountId: string, resource: ResourceName): number {
    return this.#tally.get(`${accountId} ${resource}`);
  }

  usedByDomain(domainId: string, resource: ResourceName): number {
    return this.#tally.get(`${domainId} ${resource}`);
  }

  /** @throws ApiError 535 when the account, its project or a domain above has no room for the demand. */
  check(owner: AccountRow, demand: Demand): void {
    for (const resource of resourceTypes) {
      const amount = demand[resource] ?? 0;
      if (amount <= 0) continue;
      const project = this.#db.projects.get(owner.projectId);
      const domain = this.#db.domains.need(owner.domainId);
      const whose =
        project === undefined
          ? `Account Name = ${owner.name} in Domain Id = ${domain.number}`
          : `Project Name = ${project.name} in Domain Id = ${domain.number}`;
      const kind = project === undefined ? 'Account' : 'Project';
      refuseOver(owner.limits, resource, this.usedByAccount(owner.id, resource), amount, whose, kind);
      for (let above = this.#db.domains.get(domain.id); above !== undefined; ) {
        const used = this.usedByDomain(above.id, resource);
        refuseOver(above.limits, resource, used, amount, `Domain Id = ${above.number}`, 'Domain');
        above = this.#db.domains.get(above.parentId);
      }
    }
  }

  /** Shares of the account and of every domain above it. */
  #shares(accountId: string, demand: Demand): (readonly [string, number])[] {
    const holders = [accountId];
    // Owners are loaded before what they own: their tables come first.
    for (
      let domain = this.#db.domains.get(this.#db.accounts.get(accountId)?.domainId);
      domain !== undefined;
      domain = this.#db.domains.get(domain.parentId)
    ) {
      holders.push(domain.id);
    }
    return holders.flatMap((holder) =>
      Object.entries(demand).map(([resource, amount]) => [`${holder} ${resource}`, amount] as const),
    );
  }
}

function refuseOver(
  limits: Limits,
  resource: ResourceName,
  used: number,
  amount: number,
  whose: string,
  kind: string,
): void {
  const limit = limits[resource] ?? UNLIMITED;
  if (limit === UNLIMITED || used + amount <= limit) return;
  throw limitExceeded(
    `Maximum amount of resources of Type = '${resource}' for ${whose} is exceeded: ${kind} Resource Limit = ${limit}, ` +
      `Current ${kind} Resource Amount = ${used}, Current ${kind} Resource Reservation = 0, ` +
      `Requested Resource Amount = ${amount}.`,
  );
}

import { beginStart, destroy, expunge, finishStart, finishStop } from './compute/lifecycle';
import type { Installation } from './installation';
import { ApiError } from './protocol/api-error';
import { cancelUnfinished } from './recovery';
import type { HostRow } from './store/catalog-rows';
import { rowsOf } from './store/database';

/** Until the management server notices that a host or a guest is gone (`ping.interval` and its grace). */
const DETECTION_MS = 60_000;

/** What happens to hosts, machines and the server without any client asking for it. */
export class Incidents {
  readonly #cloud: Installation;

  constructor(cloud: Installation) {
    this.#cloud = cloud;
  }

  /** The guest powers itself off; noticed at once. Highly available machines are started again. */
  powerOffMachine(vmId: string): void {
    const { db } = this.#cloud;
    db.store.transaction(() => finishStop(this.#cloud, vmId));
    if (db.vms.get(vmId)?.haEnabled === true) this.#restartElsewhere(vmId);
  }

  /** Somebody destroys the machine in the web interface. */
  destroyMachine(vmId: string, options: { readonly expunge: boolean }): void {
    this.#cloud.db.store.transaction(() => {
      destroy(this.#cloud, vmId);
      if (options.expunge) expunge(this.#cloud, vmId);
    });
  }

  /** Somebody removes an object's tags. */
  removeTags(resourceId: string): void {
    this.#cloud.db.store.transaction(() => this.#cloud.db.tags.remove(resourceId));
  }

  /** Somebody deletes a load balancer rule, with the firewall rule it opened. */
  removeLoadBalancerRule(ruleId: string): void {
    const { db } = this.#cloud;
    db.store.transaction(() => {
      for (const rule of db.firewallRules.filter((row) => row.relatedRuleId === ruleId))
        db.firewallRules.remove(rule.id);
      db.loadBalancers.remove(ruleId);
    });
  }

  /**
   * A host dies: its guests are off at once, its machines are Stopped (or restarted, when highly available) when it is
   * noticed.
   * @param detectionMs @default 60 s
   */
  killHost(hostName: string, detectionMs = DETECTION_MS): void {
    const { db, guests, clock } = this.#cloud;
    const host = this.#hostNamed(hostName);
    const victims = [...db.vmsByHost.get(host.id)];
    db.store.transaction(() => db.hosts.patch(host.id, { state: 'Down' }));
    for (const vmId of victims) guests.powerOff(vmId);
    clock.after(detectionMs, () => {
      for (const vmId of victims) {
        if (db.vms.get(vmId)?.hostId === host.id) this.powerOffMachine(vmId);
      }
    });
  }

  /** The host comes back, empty. */
  reviveHost(hostName: string): void {
    const { db } = this.#cloud;
    const host = this.#hostNamed(hostName);
    db.store.transaction(() => db.hosts.patch(host.id, { state: 'Up', resourceState: 'Enabled' }));
  }

  /** The operator empties a host: machines move while they run, those that fit nowhere stay. */
  maintainHost(hostName: string): void {
    const { db, hostLoad } = this.#cloud;
    const host = this.#hostNamed(hostName);
    db.store.transaction(() => {
      db.hosts.patch(host.id, { resourceState: 'PrepareForMaintenance' });
      for (const vm of rowsOf(new Set(db.vmsByHost.get(host.id)), (id) => db.vms.get(id))) {
        try {
          db.vms.patch(vm.id, { hostId: hostLoad.place(vm).id, lastHostId: host.id });
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
        }
      }
      if (db.vmsByHost.get(host.id).size === 0) db.hosts.patch(host.id, { resourceState: 'Maintenance' });
    });
  }

  /** The operator adds a service offering, as large as another. */
  addServiceOffering(name: string, like = 'Medium Instance'): void {
    const { db } = this.#cloud;
    const model = db.serviceOfferings.find((row) => row.name === like);
    if (model === undefined) throw new Error(`there is no service offering ${like}`);
    db.store.transaction(() => db.serviceOfferings.put({ ...model, id: db.newId(), name }));
  }

  /** The operator registers a template in every zone that has the model, with what the model contains. */
  addTemplate(name: string, like: string): void {
    const { db } = this.#cloud;
    const models = db.templates.filter((row) => row.name === like);
    if (models.length === 0) throw new Error(`there is no template ${like}`);
    db.store.transaction(() => {
      for (const model of models) db.templates.put({ ...model, id: db.newId(), name });
    });
  }

  /** The operator renames a zone. */
  renameZone(name: string, newName: string): void {
    const { db } = this.#cloud;
    const zone = db.zones.find((row) => row.name === name);
    if (zone === undefined) throw new Error(`there is no zone ${name}`);
    db.store.transaction(() => db.zones.patch(zone.id, { name: newName }));
  }

  /** The operator closes a zone for users, or opens it again. */
  setZone(name: string, allocationState: 'Enabled' | 'Disabled'): void {
    const { db } = this.#cloud;
    const zone = db.zones.find((row) => row.name === name);
    if (zone === undefined) throw new Error(`there is no zone ${name}`);
    db.store.transaction(() => db.zones.patch(zone.id, { allocationState }));
  }

  /** The management server restarts: unfinished jobs are lost, transitional states end, guests run on. */
  restartServer(): void {
    this.#cloud.db.store.transaction(() => cancelUnfinished(this.#cloud));
  }

  #restartElsewhere(vmId: string): void {
    const { db } = this.#cloud;
    try {
      db.store.transaction(() => {
        beginStart(this.#cloud, vmId);
        finishStart(this.#cloud, vmId);
      });
    } catch (error) {
      // No host can take it: it stays Stopped, as a real one does.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #hostNamed(name: string): HostRow {
    const host = this.#cloud.db.hosts.find((row) => row.name === name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }
}

import { isJsonObject } from '../../machinery/json';
import type { Journal } from '../ports';
import type { WorldChange } from './environment';
import type { ClusterRecord, DiskRecord } from './records';

interface State {
  readonly disks: readonly DiskRecord[];
  readonly clusters: readonly ClusterRecord[];
}

/** Entries between two snapshots. */
const COMPACT_AFTER = 5000;

/** Disks and clusters in a journal: whole records, the last one counts. */
export class GuestStore {
  readonly #journal: Journal | undefined;
  readonly #disks = new Map<string, DiskRecord>();
  readonly #clusters = new Map<string, ClusterRecord>();
  #entries = 0;

  constructor(journal: Journal | undefined) {
    this.#journal = journal;
    const { snapshot, entries } = journal?.load() ?? { snapshot: undefined, entries: [] };
    if (isState(snapshot)) {
      for (const disk of snapshot.disks) this.#disks.set(disk.machineId, disk);
      for (const cluster of snapshot.clusters) this.#clusters.set(cluster.id, cluster);
    }
    for (const entry of entries) if (isChange(entry)) this.#apply(entry);
  }

  load(): State {
    return { disks: [...this.#disks.values()], clusters: [...this.#clusters.values()] };
  }

  record(change: WorldChange): void {
    this.#apply(change);
    this.#journal?.append(change);
    if (++this.#entries < COMPACT_AFTER) return;
    this.#entries = 0;
    this.#journal?.compact(() => this.load());
  }

  #apply(change: WorldChange): void {
    switch (change.type) {
      case 'disk':
        this.#disks.set(change.disk.machineId, change.disk);
        break;
      case 'disk-gone':
        this.#disks.delete(change.machineId);
        break;
      case 'cluster':
        this.#clusters.set(change.cluster.id, change.cluster);
        break;
      case 'cluster-gone':
        this.#clusters.delete(change.clusterId);
        break;
    }
  }
}

/** The journal is written by this class alone; its file is checked for form where it is read. */
function isState(value: unknown): value is State {
  return isJsonObject(value) && Array.isArray(value['disks']) && Array.isArray(value['clusters']);
}

function isChange(value: unknown): value is WorldChange {
  return isJsonObject(value) && typeof value['type'] === 'string';
}

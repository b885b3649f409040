import type {
  Log,
  WorkloadAccess,
  WorkloadChannel,
  WorkloadClusters,
  WorkloadConnection,
  WorkloadEvent,
  WorkloadHealth,
} from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import { keyText, type ObjectKey } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import { type LinkMetrics, WorkloadLink } from './workload-link';

export interface WorkloadLinksOptions {
  readonly access: WorkloadAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: LinkMetrics | undefined;
}

const NEVER_WANTED: WorkloadHealth = { connected: false };

/** {@link WorkloadClusters}: one link for each cluster that somebody said is wanted. */
export class WorkloadLinks implements WorkloadClusters {
  readonly #options: WorkloadLinksOptions;
  readonly #links = new Map<string, WorkloadLink>();
  readonly #listeners = new Set<(event: WorkloadEvent) => void>();
  /** Links that are being stopped, so that {@link stop} can wait for them. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: WorkloadLinksOptions) {
    this.#options = options;
  }

  connection(cluster: ObjectKey): WorkloadConnection | undefined {
    return this.#links.get(keyText(cluster))?.connection;
  }

  health(cluster: ObjectKey): WorkloadHealth {
    return this.#links.get(keyText(cluster))?.health ?? NEVER_WANTED;
  }

  subscribe(listener: (event: WorkloadEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The channel below a connection, for what a KubeApi cannot do (port-forward). */
  channel(cluster: ObjectKey): WorkloadChannel | undefined {
    return this.#links.get(keyText(cluster))?.channel;
  }

  /** The kubeconfig a cluster was last wanted with. */
  kubeconfigOf(cluster: ObjectKey): string | undefined {
    return this.#links.get(keyText(cluster))?.kubeconfig;
  }

  /** Connects to a cluster, or connects anew when its kubeconfig changed. */
  want(cluster: ObjectKey, kubeconfig: string): void {
    const text = keyText(cluster);
    const known = this.#links.get(text);
    if (known !== undefined) known.use(kubeconfig);
    else {
      const link = new WorkloadLink({ ...this.#options, cluster, emit: (event) => this.#emit(event) }, kubeconfig);
      this.#links.set(text, link);
    }
  }

  /** Ends the connection to a cluster. */
  forget(cluster: ObjectKey): void {
    const text = keyText(cluster);
    const link = this.#links.get(text);
    if (link === undefined) return;
    this.#links.delete(text);
    const ending = link.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async stop(): Promise<void> {
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all([...links.map((link) => link.stop()), ...this.#ending]);
  }

  #emit(event: WorkloadEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        const fields = { cluster: keyText(event.cluster), error: messageOf(error) };
        this.#options.log.error(fields, 'a workload event handler threw');
      }
    }
  }
}

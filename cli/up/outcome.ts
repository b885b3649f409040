import type { RequestCounter } from '../../reconciler/kube';
import type { ClusterView } from '../view/cluster-view';

/** What `up --exit-when-ready --output json` prints. The names are fixed: scripts read them. */
export interface UpOutcome {
  readonly ready: boolean;
  readonly seconds: number;
  /** Commit that was published. */
  readonly revision: string;
  readonly clusters: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly ready: boolean;
    readonly seconds: number;
    readonly version: string;
    readonly controlPlane: { readonly desired: number; readonly ready: number };
    readonly workers: { readonly desired: number; readonly ready: number };
    readonly reasons: readonly string[];
  }[];
  readonly cloudstack: { readonly total: number; readonly calls: { readonly [command: string]: number } };
  /** Requests of the reconciler, Events and Leases aside. */
  readonly kubernetes: { readonly reads: number; readonly writes: number };
}

export interface OutcomeInput {
  readonly views: readonly ClusterView[];
  readonly seconds: number;
  /** When each cluster became ready first, by `namespace/name`. */
  readonly readyAfter: ReadonlyMap<string, number>;
  readonly revision: string;
  readonly cloudstack: { readonly total: number; readonly calls: { readonly [command: string]: number } };
  readonly requests: RequestCounter;
}

export function outcomeOf(input: OutcomeInput): UpOutcome {
  const { views, seconds, readyAfter, revision, cloudstack, requests } = input;
  return {
    ready: views.length > 0 && views.every((view) => view.ready),
    seconds: round(seconds),
    revision,
    clusters: views.map(({ namespace, name, ready, version, controlPlane, workers, reasons }) => ({
      namespace,
      name,
      ready,
      seconds: round(readyAfter.get(`${namespace}/${name}`) ?? seconds),
      version,
      controlPlane,
      workers,
      reasons,
    })),
    cloudstack: { total: cloudstack.total, calls: cloudstack.calls },
    kubernetes: { reads: requests.totals().reads, writes: requests.totals().writes },
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

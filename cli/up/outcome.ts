import { keyText, type ObjectKey } from '../../machinery/kube-object';
import type { ClusterView } from '../view/cluster-view';

/** One cluster of {@link UpOutcome}. */
export interface ClusterOutcome {
  readonly namespace: string;
  readonly name: string;
  readonly ready: boolean;
  readonly seconds: number;
  readonly version: string;
  readonly controlPlane: { readonly desired: number; readonly ready: number };
  readonly workers: { readonly desired: number; readonly ready: number };
  readonly reasons: readonly string[];
}

/** What `up --exit-when-ready --output json` prints. The names are fixed: scripts read them. */
export interface UpOutcome {
  readonly ready: boolean;
  readonly seconds: number;
  /** Commit that was published. */
  readonly revision: string;
  readonly clusters: readonly ClusterOutcome[];
  readonly cloudstack: { readonly total: number; readonly calls: { readonly [command: string]: number } };
  /** Requests of the reconciler, Events and Leases aside. */
  readonly kubernetes: { readonly reads: number; readonly writes: number };
  /** What kept the command from getting as far as clusters; absent when nothing did. */
  readonly error?: string;
}

export interface OutcomeInput {
  /** The published revision is applied and every cluster it asks for is ready. */
  readonly reached: boolean;
  /** The clusters that the revision asks for. */
  readonly wanted: readonly ObjectKey[];
  /** Why the revision is not applied; empty when it is. */
  readonly fleetReasons: readonly string[];
  readonly views: readonly ClusterView[];
  readonly seconds: number;
  /** When each cluster became ready first, by `namespace/name`. */
  readonly readyAfter: ReadonlyMap<string, number>;
  readonly revision: string;
  readonly cloudstack: { readonly total: number; readonly calls: { readonly [command: string]: number } };
  readonly requests: { readonly reads: number; readonly writes: number };
  readonly error?: string | undefined;
}

export function outcomeOf(input: OutcomeInput): UpOutcome {
  const { reached, views, seconds, revision, cloudstack, requests, error } = input;
  return {
    ready: reached,
    seconds: round(seconds),
    revision,
    clusters: [...views.map((view) => standing(view, input)), ...missing(input)],
    cloudstack: { total: cloudstack.total, calls: cloudstack.calls },
    kubernetes: { reads: requests.reads, writes: requests.writes },
    ...(error === undefined ? {} : { error }),
  };
}

function standing(view: ClusterView, { readyAfter, seconds, fleetReasons }: OutcomeInput): ClusterOutcome {
  const { namespace, name, ready, version, controlPlane, workers, reasons } = view;
  const readySeconds = round(readyAfter.get(`${namespace}/${name}`) ?? seconds);
  // What keeps a revision back keeps every cluster back, also those that stand well.
  const all = [...fleetReasons, ...reasons];
  return { namespace, name, ready, seconds: readySeconds, version, controlPlane, workers, reasons: all };
}

/** Clusters that are asked for and not even created yet. */
function missing({ wanted, views, seconds, fleetReasons }: OutcomeInput): ClusterOutcome[] {
  const none = { desired: 0, ready: 0 };
  const reasons = fleetReasons.length > 0 ? fleetReasons : ['the revision is not applied yet'];
  return wanted
    .filter((key) => !views.some((view) => keyText(view) === keyText(key)))
    .map(({ namespace, name }) => ({
      namespace,
      name,
      ready: false,
      seconds: round(seconds),
      version: '',
      controlPlane: none,
      workers: none,
      reasons,
    }));
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

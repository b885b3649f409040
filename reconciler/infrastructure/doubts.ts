import { Cluster } from '../../api/kinds';
import { type Clock, type Outcome, requeueAfter, soonest, type TypedResource, type WatchSource } from '../../api/ports';
import { conditionOf, isTrue } from '../../machinery/conditions';
import { cloneJson, equalJson } from '../../machinery/json';
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../../machinery/kube-object';
import type { InfrastructureDeps } from './deps';
import { OWN_ANNOTATIONS } from './names';
import type { ProviderObject, Scope } from './scope';
import { ofCluster } from './watches';

/** While the API of a cluster does not answer, what leads to it is looked at again after this time. */
const LOOK_AGAIN_MS = 60_000;

/** Conditions of a Cluster that turn False when nobody reaches its API server any more. */
const OF_REACH = ['RemoteConnectionProbe', 'ControlPlaneAvailable'];

/** Whether the API of a cluster was there once and does not answer now. */
export function isOutOfReach(cluster: Cluster | undefined): boolean {
  if (cluster === undefined || !isTrue(cluster, 'ControlPlaneInitialized')) return false;
  return OF_REACH.some((type) => conditionOf(cluster, type)?.status === 'False');
}

/** Wakes objects of a cluster when its API ceases to answer. */
export function onOutOfReach<T extends KubeObject>(
  deps: InfrastructureDeps,
  resource: TypedResource<T>,
  isConcerned: (object: T) => boolean,
): WatchSource {
  return {
    resource: Cluster,
    keys: ({ object, previous }) => {
      // Watched as Cluster, so both are.
      if (!isOutOfReach(object as Cluster) || isOutOfReach(previous as Cluster | undefined)) return [];
      return ofCluster(deps, resource, object).filter(isConcerned).map(keyOf);
    },
  };
}

/** What others ask of an object. */
interface Asked {
  readonly spec: unknown;
  readonly labels: unknown;
  readonly annotations: unknown;
}

/**
 * When a settled object shall look past everything that is remembered of CloudStack: while its cluster's API does not
 * answer (at most once a minute), and when somebody has touched it, which is how people ask for it.
 */
export class Doubts {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly asked: Asked; readonly lookedMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this pass has to look. Asked once in a pass. */
  arise<T extends ProviderObject>({ stored, cluster }: Scope<T>): boolean {
    if (stored.status?.ready !== true) return false;
    const key = keyText(keyOf(stored));
    const known = this.#known.get(key);
    const asked = askedOf(stored);
    const now = this.#clock.now();
    const lookedMs = known?.lookedMs ?? Number.NEGATIVE_INFINITY;
    const isTouched = known !== undefined && !equalJson(known.asked, asked);
    const isDue = isTouched || (isOutOfReach(cluster) && now - lookedMs >= LOOK_AGAIN_MS);
    this.#known.set(key, { asked, lookedMs: isDue ? now : lookedMs });
    return isDue;
  }

  /** Ends a pass that did what it could; comes back while there is doubt. */
  outcome<T extends ProviderObject>({ object, cluster }: Scope<T>, outcome: Outcome): Outcome {
    const key = keyText(keyOf(object));
    if (object.status?.ready === true && !this.#known.has(key)) {
      this.#known.set(key, { asked: cloneJson(askedOf(object)), lookedMs: Number.NEGATIVE_INFINITY });
    }
    return isOutOfReach(cluster) ? soonest(outcome, requeueAfter(LOOK_AGAIN_MS)) : outcome;
  }

  forget(key: ObjectKey): void {
    this.#known.delete(keyText(key));
  }
}

function askedOf(object: ProviderObject): Asked {
  const { labels, annotations } = object.metadata;
  const others = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith(OWN_ANNOTATIONS));
  return { spec: object['spec'], labels, annotations: Object.fromEntries(others) };
}

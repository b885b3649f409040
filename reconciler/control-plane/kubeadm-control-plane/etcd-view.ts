import type { Clock, EtcdAdmin, EtcdMember } from '../../../api/ports';
import { messageOf } from '../../../machinery/errors';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';

/** What etcd said when it was asked last. */
export interface EtcdView {
  /** As the first member that answered lists them; undefined: none answered. */
  readonly members: readonly EtcdMember[] | undefined;
  readonly alarms: readonly { readonly memberId: string; readonly alarm: string }[];
  /** Why a member could not be asked, by node. */
  readonly faults: ReadonlyMap<string, string>;
  /** What a member complains about itself, by node. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  /** Nodes whose member knows other members, or another cluster, than the first one. */
  readonly disagreeing: readonly string[];
  readonly leaderId: string | undefined;
}

export const NO_ETCD: EtcdView = {
  members: undefined,
  alarms: [],
  faults: new Map(),
  errors: new Map(),
  disagreeing: [],
  leaderId: undefined,
};

interface Answer {
  readonly node: string;
  readonly members: readonly EtcdMember[];
  readonly clusterId: string;
  readonly leaderId: string;
  readonly errors: readonly string[];
}

/** Asks the members at these nodes; alarms are asked of one, because every member knows them all. */
export async function askEtcd(etcd: EtcdAdmin, cluster: ObjectKey, nodes: readonly string[]): Promise<EtcdView> {
  const faults = new Map<string, string>();
  const asked = await Promise.all(
    nodes.map(async (node): Promise<Answer | undefined> => {
      try {
        const [members, status] = await Promise.all([etcd.members(cluster, node), etcd.status(cluster, node)]);
        return { node, members, clusterId: status.clusterId, leaderId: status.leaderId, errors: status.errors };
      } catch (error) {
        faults.set(node, messageOf(error));
        return undefined;
      }
    }),
  );
  const answers = asked.filter((answer) => answer !== undefined);
  const first = answers[0];
  if (first === undefined) return { ...NO_ETCD, faults };
  const idsOf = (answer: Answer) =>
    [answer.clusterId, ...answer.members.map((member) => `${member.id}/${member.name}`).sort()].join(' ');
  return {
    members: first.members,
    alarms: await etcd.alarms(cluster, first.node).catch(() => []),
    faults,
    errors: new Map(answers.map((answer) => [answer.node, answer.errors])),
    disagreeing: answers.filter((answer) => idsOf(answer) !== idsOf(first)).map((answer) => answer.node),
    leaderId: first.leaderId,
  };
}

/** How long an answer counts while nothing around it changes. */
const HEALTHY_FOR_MS = 5 * 60_000;
/**
 * The same while something is wrong: etcd sends no events, so it has to be asked. Soon at first, because members join
 * and leave within seconds; more and more seldom while nothing gets better.
 */
const UNHEALTHY_FOR_MS = { first: 500, last: 15_000 };

interface Remembered {
  readonly view: EtcdView;
  readonly about: string;
  readonly at: number;
  /** How long it counts. */
  readonly maxAgeMs: number;
}

/**
 * Remembers what etcd said, because asking costs three calls a member and a control plane at rest must cost none:
 * asks again when what the caller knows changed, when an answer is old, or when it was bad and some seconds passed.
 */
export class EtcdObserver {
  readonly #etcd: EtcdAdmin;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #last = new Map<string, Remembered>();

  constructor(etcd: EtcdAdmin, clock: Pick<Clock, 'now'>) {
    this.#etcd = etcd;
    this.#clock = clock;
  }

  /** @param about - anything whose change makes the answer doubtful: nodes, pods, deletions */
  async view(cluster: ObjectKey, nodes: readonly string[], about: string): Promise<EtcdView> {
    const last = this.#last.get(keyText(cluster));
    const now = this.#clock.now();
    if (last !== undefined && last.about === about && now - last.at < last.maxAgeMs) return last.view;
    const view = await askEtcd(this.#etcd, cluster, nodes);
    const before = last?.about === about && last.maxAgeMs < HEALTHY_FOR_MS ? last.maxAgeMs : 0;
    const again = Math.min(Math.max(before * 2, UNHEALTHY_FOR_MS.first), UNHEALTHY_FOR_MS.last);
    const maxAgeMs = isGood(view, nodes) ? HEALTHY_FOR_MS : again;
    this.#last.set(keyText(cluster), { view, about, at: now, maxAgeMs });
    return view;
  }

  /** When the answer should be asked again although nothing changes, in milliseconds from now. */
  nextLookMs(cluster: ObjectKey): number | undefined {
    const last = this.#last.get(keyText(cluster));
    if (last === undefined) return undefined;
    return Math.max(0, last.at + last.maxAgeMs - this.#clock.now());
  }

  /** After a change of ours the answer is no longer true. */
  forget(cluster: ObjectKey): void {
    this.#last.delete(keyText(cluster));
  }
}

function isGood(view: EtcdView, nodes: readonly string[]): boolean {
  const names = new Set(view.members?.map((member) => member.name));
  return (
    view.members !== undefined &&
    view.faults.size === 0 &&
    view.disagreeing.length === 0 &&
    view.alarms.length === 0 &&
    view.members.length === nodes.length &&
    nodes.every((node) => names.has(node))
  );
}

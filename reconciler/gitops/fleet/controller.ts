import {
  CloudStackMachine,
  Cluster,
  ConfigMap,
  Fleet,
  KubeadmConfig,
  KubeadmControlPlane,
  MachineDeployment,
  MachineSet,
} from '../../../api/kinds';
import {
  type Controller,
  done,
  type EventRecorder,
  type GitReference,
  GitRevisionRefused,
  type GitSource,
  GitUnavailable,
  type KubeApi,
  type Log,
  type ObjectEvent,
  type Objects,
  type Outcome,
  ownAsAsked,
  requeueAfter,
  type TypedResource,
} from '../../../api/ports';
import type { Clock } from '../../../machinery/clock';
import { conditionOf } from '../../../machinery/conditions';
import { tryParseDuration } from '../../../machinery/duration';
import { cloneJson } from '../../../machinery/json';
import { type KubeObject, keyOf, keyText, type ObjectKey, type Resource } from '../../../machinery/kube-object';
import { type AppliedObject, Applier, type DryRunProblem } from '../apply/apply-objects';
import { buildObjects, type DesiredObject } from '../build/build-objects';
import { InventoryStore } from '../inventory/inventory-store';
import { formatId, identityOf, type ObjectId } from '../object-id';
import { type GatheredStale, gatherStale } from '../prune/gather-stale';
import { namedClusters, type PruneDecision, planPrune } from '../prune/plan-prune';
import { templatesInUse } from '../prune/templates-in-use';
import { findPrecedent, refusalOfAbsence } from './absent-folder';
import { fleetCredentials } from './credentials';
import { isElder, Neighbours } from './neighbours';
import { reportFailure, reportSuccess, reportSuspended, type SyncReport } from './status';

export interface GitopsDependencies {
  readonly objects: Objects;
  readonly api: KubeApi;
  readonly source: GitSource;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a Fleet's last good revision asked for; kept so that a drift is put right without git. */
interface Synced {
  readonly revision: string;
  readonly tree: string | undefined;
  readonly desired: readonly DesiredObject[];
}

/** Kinds that refer to templates, or are cloned from them. */
const REFERRERS = [KubeadmControlPlane, MachineDeployment, MachineSet, CloudStackMachine, KubeadmConfig] as const;

/** Between looks at the remote, unless `spec.interval` says otherwise. */
const DEFAULT_INTERVAL_MS = 30_000;
/** Whatever `spec.interval` says: the remote is asked by a process each time. */
const LEAST_INTERVAL_MS = 1000;

/**
 * Keeps a repository's manifests in sync: fetch → build → dry run of everything that changed → inventory → apply in
 * Cluster API order → prune behind guards. A revision is applied as a whole or, when anything in it is wrong, not at all.
 */
export function fleetController(dependencies: GitopsDependencies): Controller {
  const { objects, clock, log } = dependencies;
  const inventories = new InventoryStore(objects);
  const neighbours = new Neighbours(objects, inventories);
  const applier = new Applier(dependencies.api, objects);
  const synced = new Map<string, Synced>();
  const failed = new Map<string, { readonly of: string; readonly error: unknown }>();
  let wake: (key: ObjectKey) => void = () => {};
  /** Which Fleet applied an object: its changes wake that Fleet. */
  const owners = new Map<ObjectId, ObjectKey>();

  /** The Fleets that a change concerns: the one that applied the object, or all when something that left git may go. */
  const fleetsOf = (event: ObjectEvent): readonly ObjectKey[] => {
    const fleet = owners.get(formatId(identityOf(event.object)));
    if (fleet !== undefined) return [fleet];
    return event.type === 'deleted' ? [...synced.keys()].map(parseKey) : [];
  };
  const onObject = (event: ObjectEvent) => {
    for (const fleet of fleetsOf(event)) wake(fleet);
  };

  return {
    name: 'fleet',
    watches: [
      ownAsAsked(Fleet),
      { resource: ConfigMap, keys: () => [] },
      ...[Cluster, ...REFERRERS].map((resource) => ({ resource, keys: fleetsOf })),
    ],
    concurrency: 4,
    start(enqueue) {
      wake = enqueue;
      return () => {
        wake = () => {};
      };
    },
    async reconcile(key, run): Promise<Outcome> {
      const fleet = objects.get(Fleet, key);
      if (fleet === undefined) {
        forget(keyText(key));
        return done();
      }
      if (fleet.metadata.deletionTimestamp !== undefined) return done();
      const before = fleet;
      const after = cloneJson(fleet);
      if (fleet.spec.suspend === true) {
        reportSuspended(after, clock);
        await objects.patch(Fleet, before, after);
        return done();
      }
      const intervalMs = Math.max(
        tryParseDuration(fleet.spec.interval ?? '') ?? DEFAULT_INTERVAL_MS,
        LEAST_INTERVAL_MS,
      );
      try {
        const state = await refresh(key, fleet, run.signal);
        const report = await sync(key, fleet, state);
        reportSuccess(after, report, clock);
        await objects.patch(Fleet, before, after);
        announce(before, report);
      } catch (error) {
        // The end of this process is no failure of the repository: the status stays as the last whole look left it.
        if (run.signal.aborted) return done();
        reportFailure(after, error, clock);
        await objects.patch(Fleet, before, after);
        announceFailure(before, after);
        if (!(error instanceof GitRevisionRefused || error instanceof GitUnavailable)) throw error;
        log.warn({ fleet: keyText(key), error: error.code }, 'fleet not synced');
      }
      return requeueAfter(intervalMs);
    },
  };

  /** The desired state at the revision the ref points to now. Costs one look at the remote when nothing moved. */
  async function refresh(key: ObjectKey, fleet: Fleet, signal: AbortSignal): Promise<Synced> {
    const id = keyText(key);
    const reference = await referenceOf(dependencies, fleet);
    const revision = await clock.hold(dependencies.source.resolve(reference, signal));
    const known = synced.get(id);
    if (known !== undefined && known.tree === revision.tree && revision.tree !== undefined) {
      return { ...known, revision: revision.commit };
    }
    if (revision.tree === undefined) {
      const size = inventories.load(fleet).size;
      const precedent = await clock.hold(findPrecedent(dependencies.source, fleet, reference, size, signal));
      const refusal = refusalOfAbsence(reference.path, precedent);
      if (refusal !== undefined) throw new GitRevisionRefused(revision.commit, [refusal]);
    }
    // The same commit may be right in another folder.
    const attempt = `${revision.commit}:${reference.path}`;
    const broken = failed.get(id);
    if (broken?.of === attempt) throw broken.error;
    try {
      const tree = await clock.hold(dependencies.source.read(reference, revision));
      const desired = buildObjects(revision.commit, tree, { defaultNamespace: 'default' });
      neighbours.note(fleet, desired);
      return { revision: revision.commit, tree: revision.tree, desired };
    } catch (error) {
      if (error instanceof GitRevisionRefused) failed.set(id, { of: attempt, error });
      throw error;
    }
  }

  async function sync(key: ObjectKey, fleet: Fleet, state: Synced): Promise<SyncReport> {
    const id = keyText(key);
    const resources = await watchKinds(state.desired);
    const changed = applier.changed(state.desired, resources);
    const before = inventories.load(fleet);
    refuse(state, [...inventoriesAmong(state.desired), ...takenBy(fleet, changed, before)]);
    // The API server says nothing about what is in a Namespace that does not exist: its first answer would be "not found".
    const namespaces = changed.filter((item) => isNamespace(item) && uidOf(item, resources) === undefined);
    const created = new Set(namespaces.map(({ object }) => object.metadata.name));
    const isLater = ({ object }: DesiredObject) => created.has(object.metadata.namespace ?? '');
    const later = changed.filter(isLater);
    const first = changed.filter((item) => !isLater(item));
    refuse(state, await applier.dryRun(first, resources));

    const union = new Map(before);
    // What stands as it was applied is ours, whatever became of the inventory.
    const unsettled = new Set(changed);
    for (const item of state.desired)
      union.set(item.id, (unsettled.has(item) ? undefined : uidOf(item, resources)) ?? union.get(item.id) ?? '');
    if (changed.length > 0) await inventories.save(fleet, union);
    const applied: AppliedObject[] = [];
    if (later.length > 0) {
      applied.push(...(await applier.apply(namespaces, resources)));
      refuse(state, await applier.dryRun(later, resources));
    }

    for (const phase of new Set(changed.map((item) => item.phase))) {
      const members = changed.filter((item) => item.phase === phase);
      for (const result of await applier.apply(members, resources)) {
        union.set(result.id, result.uid);
        owners.set(result.id, key);
        applied.push(result);
      }
    }
    synced.set(id, state);
    failed.delete(id);
    const decisions = fleet.spec.prune === false ? [] : await prune(fleet, state.desired, union);
    for (const decision of decisions) {
      if (decision.kind !== 'forget') continue;
      union.delete(decision.id);
      if (keyText(owners.get(decision.id) ?? key) === id) owners.delete(decision.id);
    }
    await inventories.save(fleet, union);
    return { revision: state.revision, applied, decisions, objects: state.desired.length };
  }

  function uidOf({ id, object }: DesiredObject, resources: ReadonlyMap<ObjectId, Resource>): string | undefined {
    const resource = resources.get(id);
    return resource === undefined ? undefined : objects.get(resource, keyOf(object))?.metadata.uid;
  }

  /** Objects that would replace the inventory of this Fleet or of another one. */
  function inventoriesAmong(desired: readonly DesiredObject[]): DryRunProblem[] {
    return desired.flatMap(({ file, id, object }) => {
      const keeper = inventories.keeper(object);
      if (keeper === undefined) return [];
      const message = `Fleet ${keyText(keyOf(keeper))} keeps its inventory under such names; give it another one`;
      return [{ file, id, message }];
    });
  }

  /** Objects of other Fleets: two that apply one object would change it to and fro for ever. */
  function takenBy(
    fleet: Fleet,
    changed: readonly DesiredObject[],
    inventory: ReadonlyMap<ObjectId, string>,
  ): DryRunProblem[] {
    if (changed.length === 0) return [];
    const ids = changed.map(({ id }) => id);
    const holders = neighbours.holders(fleet, ids);
    return changed.flatMap(({ file, id }) => {
      const holder = holders.get(id);
      if (holder === undefined || (inventory.has(id) && isElder(fleet, holder))) return [];
      return [{ file, id, message: `Fleet ${keyText(keyOf(holder))} applies it; take it out of one of the two` }];
    });
  }

  async function prune(
    fleet: Fleet,
    desired: readonly DesiredObject[],
    inventory: ReadonlyMap<ObjectId, string>,
  ): Promise<PruneDecision[]> {
    const wanted = new Set(desired.map((item) => item.id));
    const left = [...inventory].filter(([id]) => !wanted.has(id));
    if (left.length === 0) return [];
    const claimed = neighbours.claimed(
      fleet,
      left.map(([id]) => id),
    );
    const released = [...claimed].map(
      (id): PruneDecision => ({ kind: 'forget', id, why: 'another Fleet asks for it' }),
    );
    const stale = await gatherStale(
      dependencies,
      left.filter(([id]) => !claimed.has(id)),
      onObject,
    );
    const liveClusters = await clustersOf(stale);
    const decisions = planPrune({
      stale: stale.map(({ object }) => object),
      desiredClusters: new Set(
        desired.filter(({ object }) => object.kind === 'Cluster').map(({ object }) => keyText(keyOf(object))),
      ),
      liveClusters,
      templatesInUse: templatesInUse(REFERRERS.flatMap((kind: TypedResource) => objects.list(kind))),
    });
    for (const decision of decisions) {
      if (decision.kind !== 'delete') continue;
      const target = stale.find(({ object }) => object.id === decision.id);
      if (target?.resource === undefined || target.object.live === undefined) continue;
      await objects.delete(target.resource, target.object.live, {
        propagationPolicy: 'Background',
        preconditions: { uid: decision.uid },
      });
    }
    return [...released, ...decisions];
  }

  /** Clusters that exist; those that something is about to be deleted for are looked up past the cache. */
  async function clustersOf(stale: readonly GatheredStale[]): Promise<Map<string, KubeObject>> {
    const clusters = new Map(
      objects.list(Cluster).map((cluster): [string, KubeObject] => [keyText(keyOf(cluster)), cluster]),
    );
    for (const { object } of stale) {
      if (object.live === undefined) continue;
      for (const name of namedClusters(object.live)) {
        const key = { namespace: object.identity.namespace, name };
        const cluster = clusters.has(keyText(key)) ? undefined : await objects.read(Cluster, key);
        if (cluster !== undefined) clusters.set(keyText(key), cluster);
      }
    }
    return clusters;
  }

  async function watchKinds(desired: readonly DesiredObject[]): Promise<Map<ObjectId, Resource>> {
    const resources = new Map<ObjectId, Resource>();
    const known = new Map<string, Resource | undefined>();
    for (const { id, object } of desired) {
      const kind = `${object.apiVersion} ${object.kind}`;
      if (!known.has(kind)) known.set(kind, await objects.resourceFor(object.apiVersion, object.kind));
      const resource = known.get(kind);
      if (resource !== undefined) resources.set(id, resource);
    }
    for (const resource of new Set(resources.values())) await objects.ensureWatched('fleet', resource, onObject);
    return resources;
  }

  function announce(fleet: Fleet, report: SyncReport): void {
    const written = report.applied.filter(({ action }) => action !== 'unchanged');
    if (written.length > 0) {
      const list = written
        .slice(0, 10)
        .map(({ id, action }) => `${id} ${action}`)
        .join(', ');
      const more = written.length > 10 ? ` and ${written.length - 10} more` : '';
      dependencies.events.event(fleet, 'Normal', 'Applied', `${report.revision.slice(0, 12)}: ${list}${more}`);
    }
    for (const decision of report.decisions) {
      if (decision.kind === 'delete')
        dependencies.events.event(fleet, 'Normal', 'Pruned', `${decision.id} left git and is deleted`);
      // It waits for days: each pass would say it again.
      if (decision.kind === 'confirm' && !isPending(fleet, decision.command)) {
        const message = `${decision.id} left git and is kept until you confirm: ${decision.command}`;
        dependencies.events.event(fleet, 'Warning', 'ConfirmationRequired', message);
      }
    }
  }

  /** One event for each change of what is wrong; repetitions say nothing new. */
  function announceFailure(before: Fleet, after: Fleet): void {
    const [was, is] = [conditionOf(before, 'Ready'), conditionOf(after, 'Ready')];
    if (is === undefined || (was?.reason === is.reason && was.message === is.message)) return;
    dependencies.events.event(after, 'Warning', is.reason, is.message);
  }

  function forget(id: string): void {
    synced.delete(id);
    failed.delete(id);
    neighbours.forget(id);
    for (const [object, fleet] of owners) if (keyText(fleet) === id) owners.delete(object);
  }
}

function isNamespace({ object }: DesiredObject): boolean {
  return object.apiVersion === 'v1' && object.kind === 'Namespace';
}

function refuse({ revision }: Synced, problems: readonly DryRunProblem[]): void {
  if (problems.length === 0) return;
  throw new GitRevisionRefused(
    revision,
    problems.map(({ file, id, message }) => `${file}: ${id}: ${message}`),
  );
}

function isPending({ status }: Fleet, command: string): boolean {
  return status?.pendingDeletions?.some((pending) => pending.command === command) === true;
}

function parseKey(text: string): ObjectKey {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}

async function referenceOf(dependencies: GitopsDependencies, fleet: Fleet): Promise<GitReference> {
  const { url, ref, path } = fleet.spec.source;
  const name = ref?.commit ?? (ref?.tag === undefined ? `refs/heads/${ref?.branch ?? 'main'}` : `refs/tags/${ref.tag}`);
  const credentials = await fleetCredentials(dependencies.objects, fleet);
  return { url, ref: name, path: path ?? 'manifests', credentials };
}

import { kubeTime } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { ADMINISTRATOR, type Caller, type Core, type Target } from '../rest/core';
import { deleteObject } from '../rest/delete';
import { qualified, Refusal } from '../rest/refusal';
import { KeyedWorker } from '../work/keyed-worker';

const TABLE = '/namespaces';
const CONTROLLER: Caller = { user: ADMINISTRATOR, userAgent: 'kube-controller-manager', warnings: [] };

/** Empties namespaces that are being deleted; the empty namespace goes last. */
export class NamespaceController {
  readonly #worker: KeyedWorker;

  constructor(private readonly core: Core) {
    this.#worker = new KeyedWorker((name) => this.#sync(name), core.log);
  }

  start(): void {
    for (const namespace of this.core.store.list(TABLE)) this.#notice(namespace);
    this.core.store.subscribe((table, event) => {
      if (table === TABLE) {
        if (event.type !== 'DELETED') this.#notice(event.object);
        return;
      }
      const { namespace } = event.object.metadata;
      if (event.type !== 'DELETED' || namespace === undefined) return;
      const owner = this.core.store.get(TABLE, { namespace: '', name: namespace });
      if (owner !== undefined) this.#notice(owner);
    });
  }

  #notice(namespace: KubeObject): void {
    if (namespace.metadata.deletionTimestamp !== undefined) this.#worker.add(namespace.metadata.name);
  }

  async #sync(name: string): Promise<void> {
    const namespace = this.core.store.get(TABLE, { namespace: '', name });
    if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return;
    const left = new Map<string, number>();
    const waitingFor = new Map<string, number>();
    for (const resource of this.core.registry.all()) {
      const version = resource.versions.find((candidate) => candidate.served);
      if (!resource.namespaced || version === undefined || !resource.verbs.includes('delete')) continue;
      // Events are stored once and served twice.
      if (resource.group === 'events.k8s.io') continue;
      for (const { metadata } of this.core.store.list(resource.table, name)) {
        const kind = qualified(resource);
        left.set(kind, (left.get(kind) ?? 0) + 1);
        for (const finalizer of metadata.finalizers ?? [])
          waitingFor.set(finalizer, (waitingFor.get(finalizer) ?? 0) + 1);
        if (metadata.deletionTimestamp !== undefined) continue;
        const target: Target = { resource, version, namespace: name, name: metadata.name, subresource: '' };
        try {
          const { isGone } = await deleteObject(this.core, CONTROLLER, target, { propagationPolicy: 'Background' });
          if (isGone) left.set(kind, (left.get(kind) ?? 1) - 1);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
        }
      }
    }
    const current = this.core.store.get(TABLE, { namespace: '', name });
    if (current === undefined) return;
    const remaining = [...left].filter(([, count]) => count > 0);
    if (remaining.length === 0) this.#release(current);
    else this.#report(current, remaining, waitingFor);
  }

  #release(namespace: KubeObject): void {
    if ((namespace.metadata.finalizers ?? []).length === 0) {
      this.core.store.remove(TABLE, namespace);
      return;
    }
    const spec = namespace['spec'] as { finalizers?: readonly string[] } | undefined;
    if ((spec?.finalizers ?? []).length > 0) this.core.store.put(TABLE, { ...namespace, spec: {} }, namespace);
  }

  #report(
    namespace: KubeObject,
    remaining: readonly (readonly [string, number])[],
    waitingFor: ReadonlyMap<string, number>,
  ): void {
    const kinds = remaining.map(([kind, count]) => `${kind} has ${count} resource instances`).sort();
    const waits = [...waitingFor].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
    const isHeld = waits.length > 0;
    const states: readonly (readonly [string, boolean, string, string])[] = [
      ['NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'],
      [
        'NamespaceDeletionGroupVersionParsingFailure',
        false,
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      [
        'NamespaceDeletionContentFailure',
        false,
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      ['NamespaceContentRemaining', true, 'SomeResourcesRemain', `Some resources are remaining: ${kinds.join(', ')}`],
      [
        'NamespaceFinalizersRemaining',
        isHeld,
        isHeld ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
        isHeld
          ? `Some content in the namespace has finalizers remaining: ${waits.join(', ')}`
          : 'All content-preserving finalizers finished',
      ],
    ];
    const conditions = states.map(([type, isTrue, reason, message]) => ({
      type,
      status: isTrue ? 'True' : 'False',
      lastTransitionTime: kubeTime(this.core.clock),
      reason,
      message,
    }));
    const status = namespace['status'] as { conditions?: readonly { message: string }[] } | undefined;
    const isSame =
      (status?.conditions ?? []).map((item) => item.message).join() === conditions.map((item) => item.message).join();
    if (isSame) return;
    this.core.store.put(TABLE, { ...namespace, status: { ...status, conditions } }, namespace);
  }
}

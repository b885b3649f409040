import { kubeTime } from '../../../machinery/clock';
import { cloneJson, equalJson } from '../../../machinery/json';
import { isBeingDeleted, type KubeObject } from '../../../machinery/kube-object';
import { managersAfterUpdate } from '../apply/field-manager';
import type { Caller, Core, Target } from '../rest/core';
import { ADMINISTRATOR } from '../rest/core';
import { setManagers } from '../rest/create';
import { deleteObject } from '../rest/delete';
import { fieldContext } from '../rest/fields';
import { Refusal } from '../rest/refusal';
import { modifyObject } from '../rest/update';
import { KeyedWorker } from '../work/keyed-worker';
import { type ConvertObject, resourceOf } from './definition';
import { asDefinition, CLEANUP_FINALIZER, CRD_TABLE, type CrdCondition, type CustomResourceDefinition } from './shape';

const SERVER: Caller = { user: ADMINISTRATOR, userAgent: 'kube-apiserver', warnings: [] };

/** How objects of a CRD are converted between versions. */
export type ConverterFor = (definition: CustomResourceDefinition) => ConvertObject;

/** Serves what CustomResourceDefinitions define, says so in their conditions, and cleans up after them. */
export class CrdController {
  readonly #worker: KeyedWorker;
  /** The spec each served resource was built from. */
  readonly #served = new Map<string, unknown>();

  constructor(
    private readonly core: Core,
    private readonly converterFor: ConverterFor,
  ) {
    this.#worker = new KeyedWorker((name) => this.#sync(name), core.log);
  }

  /** Serves the definitions that are stored, at once, and follows changes from then on. */
  start(): void {
    for (const stored of this.core.store.list(CRD_TABLE)) {
      if (isEstablished(asDefinition(stored))) this.#serve(asDefinition(stored));
      this.#worker.add(stored.metadata.name);
    }
    this.core.store.subscribe((table, event) => {
      if (table === CRD_TABLE) this.#worker.add(event.object.metadata.name);
      else if (event.type === 'DELETED') this.#instanceGone(table);
    });
  }

  async #sync(name: string): Promise<void> {
    const stored = this.core.store.get(CRD_TABLE, { namespace: '', name });
    if (stored === undefined) return this.#withdraw(name);
    const definition = asDefinition(stored);
    if (isBeingDeleted(definition)) return this.#finalize(definition);
    const names = { ...definition.spec.names };
    const conflict = this.#nameConflict(definition);
    const conditions: CrdCondition[] =
      conflict === undefined
        ? [
            this.#condition(definition, 'NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'),
            this.#condition(
              definition,
              'Established',
              'True',
              'InitialNamesAccepted',
              'the initial names have been accepted',
            ),
          ]
        : [
            this.#condition(definition, 'NamesAccepted', 'False', conflict.reason, conflict.message),
            this.#condition(definition, 'Established', 'False', 'NotAccepted', 'not all names are accepted'),
          ];
    if (conflict === undefined) this.#serve(definition);
    const accepted = conflict === undefined ? names : (definition.status?.acceptedNames ?? { plural: '', kind: '' });
    if (equalJson(definition.status?.conditions, conditions) && equalJson(definition.status?.acceptedNames, accepted))
      return;
    await this.#modify(name, 'status', (next) => {
      next.status = { ...next.status, conditions, acceptedNames: accepted };
    });
  }

  #nameConflict(definition: CustomResourceDefinition): { reason: string; message: string } | undefined {
    const { group, names } = definition.spec;
    const inUse = (reason: string, name: string) => ({ reason, message: `${JSON.stringify(name)} is already in use` });
    const others = this.core.registry.all().filter((other) => other.group === group && other.resource !== names.plural);
    // What is looked at last is what is told.
    if (others.some((other) => other.listKind === names.listKind))
      return inUse('ListKindConflict', names.listKind ?? '');
    return others.some((other) => other.kind === names.kind) ? inUse('KindConflict', names.kind) : undefined;
  }

  #condition(
    definition: CustomResourceDefinition,
    type: string,
    status: string,
    reason: string,
    message: string,
  ): CrdCondition {
    const before = (definition.status?.conditions ?? []).find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : kubeTime(this.core.clock);
    return { lastTransitionTime, message, reason, status, type };
  }

  #serve(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata;
    if (equalJson(this.#served.get(name), definition.spec)) return;
    this.#served.set(name, definition.spec);
    const resource = resourceOf(definition, this.converterFor(definition));
    this.core.store.begin(resource.table);
    this.core.registry.add(resource);
  }

  #withdraw(name: string): void {
    const spec = this.#served.get(name) as CustomResourceDefinition['spec'] | undefined;
    if (spec === undefined) return;
    this.#served.delete(name);
    this.core.registry.remove(spec.group, spec.names.plural);
  }

  /** Deletes the instances; when the last one is gone the definition may go, too. */
  async #finalize(definition: CustomResourceDefinition): Promise<void> {
    const { name, finalizers = [] } = definition.metadata;
    if (!finalizers.includes(CLEANUP_FINALIZER)) return;
    const { group, names } = definition.spec;
    const table = `${group}/${names.plural}`;
    const terminating = this.#condition(
      definition,
      'Terminating',
      'True',
      'InstanceDeletionInProgress',
      'CustomResource deletion is in progress',
    );
    const before = definition.status?.conditions ?? [];
    if (!before.some((condition) => condition.reason === terminating.reason)) {
      await this.#modify(name, 'status', (next) => {
        next.status = {
          ...next.status,
          conditions: [...before.filter((condition) => condition.type !== 'Terminating'), terminating],
        };
      });
    }
    const instances = this.core.store.list(table);
    const resource = this.core.registry.find(group, names.plural);
    const version = resource?.versions.find((candidate) => candidate.served);
    if (instances.length > 0 && resource !== undefined && version !== undefined) {
      for (const { metadata } of instances) {
        if (metadata.deletionTimestamp !== undefined) continue;
        const target: Target = {
          resource,
          version,
          namespace: metadata.namespace ?? '',
          name: metadata.name,
          subresource: '',
        };
        await ignoringNotFound(deleteObject(this.core, SERVER, target, {}));
      }
      return;
    }
    await this.#modify(name, '', (next) => {
      next.metadata.finalizers = (next.metadata.finalizers ?? []).filter(
        (finalizer) => finalizer !== CLEANUP_FINALIZER,
      );
    });
  }

  #instanceGone(table: string): void {
    for (const stored of this.core.store.list(CRD_TABLE)) {
      const { group, names } = asDefinition(stored).spec;
      if (`${group}/${names.plural}` === table && isBeingDeleted(stored)) this.#worker.add(stored.metadata.name);
    }
  }

  async #modify(name: string, subresource: string, change: (next: CustomResourceDefinition) => void): Promise<void> {
    const served = this.core.registry.served('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
    if (served === undefined) return;
    const target: Target = { ...served, namespace: '', name, subresource };
    await ignoringNotFound(
      modifyObject(this.core, SERVER, target, {}, async (live: KubeObject) => {
        const next = asDefinition(cloneJson(live));
        change(next);
        const context = fieldContext(this.core, served, subresource, SERVER, {});
        setManagers(next, await managersAfterUpdate(live, next, context));
        return next;
      }),
    );
  }
}

const isEstablished = (definition: CustomResourceDefinition): boolean =>
  (definition.status?.conditions ?? []).some(
    (condition) => condition.type === 'Established' && condition.status === 'True',
  );

async function ignoringNotFound(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Refusal) || error.status.reason !== 'NotFound') throw error;
  }
}

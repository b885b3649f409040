import { createHash } from 'node:crypto';
import { canonicalJson } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

interface Applied {
  readonly intent: string;
  /** The manager's `managedFields` entry in the answer to that intent. */
  readonly ownership: string;
}

/**
 * What field managers of ours applied to one object, to know when applying again would change nothing.
 *
 * Server-side apply takes a field away from a manager as soon as somebody else changes its value. While the
 * manager's own entry in `managedFields` is the one its last apply left, every value it applied still stands.
 */
export class ApplyMemory {
  #applied: Map<string, Applied> | undefined;

  /** Whether the last apply of `fieldManager` had this intent and still stands. */
  stands(fieldManager: string, intent: KubeObject): boolean {
    return this.#applied?.get(fieldManager)?.intent === meaningOf(intent);
  }

  /** Keeps an intent together with the answer it was given. */
  remember(fieldManager: string, intent: KubeObject, answer: KubeObject): void {
    const ownership = ownershipOf(answer, fieldManager);
    if (ownership === undefined) return;
    this.#applied ??= new Map();
    this.#applied.set(fieldManager, { intent: meaningOf(intent), ownership });
  }

  /** Sees a newer state of the object and forgets what no longer stands. */
  observe(object: KubeObject): void {
    if (this.#applied === undefined) return;
    for (const [manager, { ownership }] of this.#applied) {
      if (ownershipOf(object, manager) !== ownership) this.#applied.delete(manager);
    }
  }
}

/** The uid in an intent only guards against namesakes: what created an object stands for what is applied to it. */
function meaningOf(intent: KubeObject): string {
  const { uid: _uid, ...metadata } = intent.metadata;
  return digest({ ...intent, metadata });
}

function ownershipOf(object: KubeObject, fieldManager: string): string | undefined {
  const entry = object.metadata.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === fieldManager && operation === 'Apply' && (subresource ?? '') === '',
  );
  return entry === undefined ? undefined : digest([entry.apiVersion, entry.fieldsV1]);
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64');
}

import type { ContractResource, ObjectEvent, Objects } from '../../../api/ports';
import type { ContractReference } from '../../../machinery/contract';
import type { KubeObject } from '../../../machinery/kube-object';

/** An object of a kind that is known only through a reference. */
export interface External extends ContractResource {
  readonly object: KubeObject | undefined;
}

/** Reads referenced objects of any provider, and keeps watching their kinds. */
export class ExternalObjects {
  readonly #objects: Objects;
  readonly #subscription: string;
  readonly #onEvent: (event: ObjectEvent) => void;

  /**
   * @param subscription - unique for the controller
   * @param onEvent - hears of every change of every kind found so far
   */
  constructor(objects: Objects, subscription: string, onEvent: (event: ObjectEvent) => void) {
    this.#objects = objects;
    this.#subscription = subscription;
    this.#onEvent = onEvent;
  }

  /**
   * The object behind a reference; `object` is undefined only when it does not exist.
   * @throws ContractUnknown when no CRD serves the kind for a contract.
   */
  async find(reference: ContractReference, namespace: string): Promise<External> {
    const found = await this.#objects.resolveContract(reference.apiGroup, reference.kind);
    await this.#objects.ensureWatched(this.#subscription, found.resource, this.#onEvent);
    return { ...found, object: this.#objects.get(found.resource, { namespace, name: reference.name }) };
  }
}

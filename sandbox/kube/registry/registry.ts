import type { ResourceDefinition, VersionDefinition } from './resource';

/** A resource in one of its served versions. */
export interface Served {
  readonly resource: ResourceDefinition;
  readonly version: VersionDefinition;
}

/** Everything the server serves, found by path or by kind. */
export class Registry {
  readonly #byPath = new Map<string, ResourceDefinition>();
  readonly #removal = new Map<string, Set<() => void>>();
  /** Counts changes: discovery and OpenAPI documents are cached by it. */
  generation = 0;

  add(resource: ResourceDefinition): void {
    this.#byPath.set(`${resource.group}/${resource.resource}`, resource);
    this.generation++;
  }

  remove(group: string, resource: string): void {
    this.#byPath.delete(`${group}/${resource}`);
    this.generation++;
    for (const listener of [...(this.#removal.get(`${group}/${resource}`) ?? [])]) listener();
  }

  /** Calls `listener` when the resource is served no more. Returns what undoes it. */
  onRemoved(resource: Pick<ResourceDefinition, 'group' | 'resource'>, listener: () => void): () => void {
    const id = `${resource.group}/${resource.resource}`;
    const listeners = this.#removal.get(id) ?? new Set();
    this.#removal.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#removal.delete(id);
    };
  }

  find(group: string, resource: string): ResourceDefinition | undefined {
    return this.#byPath.get(`${group}/${resource}`);
  }

  /** The resource in a version it serves. */
  served(group: string, version: string, resource: string): Served | undefined {
    const found = this.find(group, resource);
    const served = found?.versions.find((candidate) => candidate.name === version && candidate.served);
    return found === undefined || served === undefined ? undefined : { resource: found, version: served };
  }

  /** Whether the server itself brings kinds of a group, beside what CRDs add. */
  isBuiltinGroup(group: string): boolean {
    for (const resource of this.#byPath.values()) {
      if (resource.group === group && !resource.isCustom) return true;
    }
    return false;
  }

  forKind(group: string, kind: string): ResourceDefinition | undefined {
    for (const resource of this.#byPath.values()) {
      if (resource.group === group && resource.kind === kind) return resource;
    }
    return undefined;
  }

  all(): readonly ResourceDefinition[] {
    return [...this.#byPath.values()];
  }
}

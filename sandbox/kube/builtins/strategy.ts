import { equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { subdomainFault } from '../registry/names';
import type { Strategy } from '../registry/resource';

/** What most kinds do: nothing special. `overrides` says what a kind does differently. */
export function strategy(overrides: Partial<Strategy> = {}): Strategy {
  return {
    hasGeneration: false,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    keepStatusOnCreate: false,
    defaults: () => undefined,
    prepareCreate: () => undefined,
    prepareUpdate: () => undefined,
    validate: () => [],
    nameFault: subdomainFault,
    gracePeriod: () => 0,
    ...overrides,
  };
}

/** A field of an object as a plain map; a frozen empty map where there is none. */
export function mapAt(parent: unknown, field: string): { [key: string]: unknown } {
  const value = (parent as { [key: string]: unknown } | undefined)?.[field];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { [key: string]: unknown })
    : EMPTY_MAP;
}

/** A field of an object as a list of maps; empty where there is none. */
export function mapsAt(parent: unknown, field: string): { [key: string]: unknown }[] {
  const value = (parent as { [key: string]: unknown } | undefined)?.[field];
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is { [key: string]: unknown } => typeof item === 'object' && item !== null);
}

const EMPTY_MAP: { [key: string]: unknown } = Object.freeze({});

/** Sets a field that is absent. */
export function defaultTo(parent: { [key: string]: unknown }, field: string, value: unknown): void {
  if ((parent[field] === undefined || parent[field] === null) && !Object.isFrozen(parent)) parent[field] = value;
}

/** True when everything but metadata and status is equal. */
export function sameSpec(left: KubeObject, right: KubeObject): boolean {
  return equalJson(left['spec'], right['spec']);
}

import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

/** Freezes plain JSON all the way down. What is frozen already is taken to be frozen below too. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else if (isJsonObject(value)) for (const key in value) deepFreeze(value[key]);
  return value;
}

/**
 * An object as caches keep it: frozen, and without `managedFields`, which make up to half of an object's memory and
 * which nobody reads from a cache.
 */
export function forCache<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return deepFreeze(object);
  const { managedFields: _, ...metadata } = object.metadata;
  return deepFreeze({ ...object, metadata });
}

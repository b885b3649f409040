import type { KubeObject } from '../../../machinery/kube-object';
import type { ResourceDefinition } from '../registry/resource';
import type { Caller } from './core';

/** Warns of new finalizers of custom resources that other writers might use, too. */
export function warnOfFinalizers(
  object: KubeObject,
  old: KubeObject | undefined,
  resource: ResourceDefinition,
  caller: Caller,
): void {
  if (!resource.isCustom) return;
  for (const finalizer of object.metadata.finalizers ?? []) {
    if (finalizer.includes('/') || STANDARD.includes(finalizer)) continue;
    if (old?.metadata.finalizers?.includes(finalizer) === true) continue;
    caller.warnings.push(
      `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );
  }
}

const STANDARD: readonly string[] = ['orphan', 'foregroundDeletion', 'kubernetes'];

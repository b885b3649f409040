/** Defaults that MachineSet and MachineDeployment share (`capi.md` 2.3). */

import type { ObjectMeta } from '../../../machinery/kube-object';
import type { LabelSelector } from '../../../machinery/selectors';
import { AUTOSCALER_MAX_SIZE_ANNOTATION, AUTOSCALER_MIN_SIZE_ANNOTATION } from '../../labels';
import { withV } from '../kubernetes-version';
import type { MachineSpec } from './machine-spec';

interface Pool {
  metadata: ObjectMeta;
  spec: {
    replicas?: number | undefined;
    selector: { matchLabels?: LabelSelector['matchLabels']; matchExpressions?: unknown[] | undefined };
    template: { metadata?: { labels?: { [key: string]: string } | undefined } | undefined };
  };
}

/** Keeps what is set; else what the autoscaler's bounds allow of the stored value; else 1. */
export function defaultReplicas(pool: Pool, old: Pool | undefined): void {
  pool.spec.replicas ??= replicasWithin(pool.metadata.annotations ?? {}, old?.spec.replicas);
}

function replicasWithin(annotations: { readonly [key: string]: string }, stored: number | undefined): number {
  const min = Number.parseInt(annotations[AUTOSCALER_MIN_SIZE_ANNOTATION] ?? '', 10);
  const max = Number.parseInt(annotations[AUTOSCALER_MAX_SIZE_ANNOTATION] ?? '', 10);
  if (Number.isNaN(min) || Number.isNaN(max)) return stored ?? 1;
  return Math.min(Math.max(stored ?? min, min), max);
}

/** An empty selector selects by the pool's own name. */
export function defaultSelector(pool: Pool, nameLabel: string): void {
  const { selector, template } = pool.spec;
  if (Object.keys(selector.matchLabels ?? {}).length > 0 || (selector.matchExpressions ?? []).length > 0) return;
  selector.matchLabels = { [nameLabel]: pool.metadata.name };
  template.metadata ??= {};
  template.metadata.labels = { ...template.metadata.labels, [nameLabel]: pool.metadata.name };
}

export function defaultMachineTemplate(template: { spec: MachineSpec }): void {
  if (template.spec.version !== undefined) template.spec.version = withV(template.spec.version);
}

/**
 * Defaults of Machine, MachineSet and MachineDeployment (`capi.md` 2.2 and 2.3, and recorded admissions). They run
 * before validation, so nothing of a spec can be counted on.
 */
import type { ObjectMeta } from '../../../machinery/kube-object';
import type { LabelSelector } from '../../../machinery/selectors';
import { AUTOSCALER_MAX_SIZE_ANNOTATION, AUTOSCALER_MIN_SIZE_ANNOTATION, CLUSTER_NAME_LABEL } from '../../labels';
import { withV } from '../kubernetes-version';

interface SpecDraft {
  clusterName?: string | undefined;
}

interface Draft<S extends SpecDraft> {
  metadata: ObjectMeta;
  spec?: S | undefined;
}

interface TemplateDraft {
  metadata?: { labels?: { [key: string]: string } | undefined } | undefined;
  spec?: { version?: string | undefined } | undefined;
}

export interface PoolSpecDraft extends SpecDraft {
  replicas?: number | undefined;
  selector?:
    | { matchLabels?: LabelSelector['matchLabels']; matchExpressions?: readonly unknown[] | undefined }
    | undefined;
  template?: TemplateDraft | undefined;
}

export type PoolDraft = Draft<PoolSpecDraft>;

/** Every object of a cluster carries its name. */
export function defaultClusterLabel(object: Draft<SpecDraft>): void {
  const name = object.spec?.clusterName;
  if (name !== undefined) object.metadata.labels = { ...object.metadata.labels, [CLUSTER_NAME_LABEL]: name };
}

/** Keeps what is set; else what the autoscaler's bounds allow of the stored value; else 1. */
export function defaultReplicas(pool: PoolDraft, old: PoolDraft | undefined): void {
  if (pool.spec !== undefined)
    pool.spec.replicas ??= replicasWithin(pool.metadata.annotations ?? {}, old?.spec?.replicas);
}

function replicasWithin(annotations: { readonly [key: string]: string }, stored: number | undefined): number {
  const min = Number.parseInt(annotations[AUTOSCALER_MIN_SIZE_ANNOTATION] ?? '', 10);
  const max = Number.parseInt(annotations[AUTOSCALER_MAX_SIZE_ANNOTATION] ?? '', 10);
  if (Number.isNaN(min) || Number.isNaN(max)) return 1;
  return Math.min(Math.max(stored ?? min, min), max);
}

/** An empty selector selects by the pool's own name. */
export function defaultSelector(pool: PoolDraft, nameLabel: string): void {
  if (pool.spec === undefined) return;
  pool.spec.selector ??= {};
  const { selector } = pool.spec;
  if (Object.keys(selector.matchLabels ?? {}).length > 0 || (selector.matchExpressions ?? []).length > 0) return;
  selectBy(pool.spec, nameLabel, pool.metadata.name);
}

/** Adds a label to selector and template. */
export function selectBy(spec: PoolSpecDraft, label: string, value: string): void {
  spec.selector ??= {};
  spec.selector.matchLabels = { ...spec.selector.matchLabels, [label]: value };
  if (spec.template === undefined) return;
  spec.template.metadata ??= {};
  spec.template.metadata.labels = { ...spec.template.metadata.labels, [label]: value };
}

export function defaultTemplateVersion(template: TemplateDraft | undefined): void {
  if (template?.spec?.version !== undefined) template.spec.version = withV(template.spec.version);
}

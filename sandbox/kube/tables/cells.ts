import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { formatSelector, type LabelSelector } from '../../../machinery/selectors';
import { ageOf } from './age';

/** How the cells of a column are made; what the column is stands in `builtins/columns.json`. */
export interface Cells {
  readonly name: string;
  cell(object: KubeObject, nowMs: number): unknown;
}

export const column = (name: string, cell: Cells['cell']): Cells => ({ name, cell });

export const NONE = '<none>';

export const age = column('Age', (object, nowMs) => ageOf(object.metadata.creationTimestamp, nowMs));
export const createdAt = column('Created At', (object) => object.metadata.creationTimestamp ?? '');

export const at =
  (...path: readonly (string | number)[]) =>
  (object: KubeObject): unknown =>
    valueAt(object, ...path);
export const or =
  (missing: string, ...path: readonly (string | number)[]) =>
  (object: KubeObject): string => {
    const value = valueAt(object, ...path);
    return value === undefined || value === null || value === '' ? missing : String(value);
  };
export const text = (...path: readonly (string | number)[]) => or(NONE, ...path);
export const count =
  (...path: readonly (string | number)[]) =>
  (object: KubeObject): number => {
    const value = valueAt(object, ...path);
    return typeof value === 'number' ? value : 0;
  };
export const size =
  (...fields: readonly string[]) =>
  (object: KubeObject): number =>
    fields.reduce((sum, field) => {
      const value = object[field];
      return sum + (Array.isArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : 0);
    }, 0);
export const selectorText =
  (...path: readonly string[]) =>
  (object: KubeObject): string => {
    const value = valueAt(object, ...path);
    if (!isJsonObject(value)) return NONE;
    const selector = (
      'matchLabels' in value || 'matchExpressions' in value ? value : { matchLabels: value }
    ) as LabelSelector;
    return formatSelector(selector) || NONE;
  };

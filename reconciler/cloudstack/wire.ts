import type { Tags } from '../../api/ports';
import { isJsonObject } from '../../machinery/json';

/**
 * Reading of CloudStack's JSON, which is loose: numbers travel as text and text as numbers (`cloudstack.md` 1.7), fields
 * come and go between releases. A reader never throws on a field it does not know or find.
 */
export interface Row {
  readonly [field: string]: unknown;
}

export function text(row: Row, field: string): string | undefined {
  const value = row[field];
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

export function number(row: Row, field: string): number | undefined {
  const value = row[field];
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?$/.test(value)) return undefined;
  return Number(value);
}

export function flag(row: Row, field: string): boolean {
  const value = row[field];
  return value === true || value === 'true';
}

/** Dates such as `2025-05-07T09:01:14+0000`, in milliseconds since the epoch. */
export function time(row: Row, field: string): number | undefined {
  const value = text(row, field);
  if (value === undefined) return undefined;
  const parsed = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(parsed) ? undefined : parsed;
}

export function rows(row: Row, field: string): readonly Row[] {
  const value = row[field];
  if (Array.isArray(value)) return value.filter(isJsonObject);
  return isJsonObject(value) ? [value] : [];
}

export function object(row: Row, field: string): Row | undefined {
  const value = row[field];
  return isJsonObject(value) ? value : undefined;
}

export function tags(row: Row): Tags {
  const found: { [key: string]: string } = {};
  for (const tag of rows(row, 'tags')) {
    const key = text(tag, 'key');
    if (key !== undefined) found[key] = text(tag, 'value') ?? '';
  }
  return found;
}

/** Rows that were read, without those that lack an identity. */
export function present<T>(items: readonly (T | undefined)[]): readonly T[] {
  return items.filter((item): item is T => item !== undefined);
}

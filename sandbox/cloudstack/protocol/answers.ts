import type { JsonObject, JsonValue } from '../../../machinery/json';
import type { Installation } from '../installation';
import { badParameter, invalidValue } from './api-error';

/** Fields of an answer; undefined ones are left out, as the server leaves out nulls. */
export interface Fields {
  readonly [field: string]: JsonValue | undefined;
}

export function fields(all: Fields): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined) kept[name] = value;
  return kept;
}

export const success: JsonObject = { success: true };

interface PageArgs {
  readonly page?: number | undefined;
  readonly pagesize?: number | undefined;
  readonly retrieveonlyresourcecount?: boolean | undefined;
}

/**
 * A list answer (`cloudstack.md` 1.7, 2.1): `{}` when nothing matches, only the count beyond the last page.
 * @throws ApiError 431 for page without pagesize, the reverse, and pages beyond the maximum.
 */
export function listAnswer<R>(
  cloud: Installation,
  args: PageArgs,
  item: string,
  rows: readonly R[],
  render: (row: R) => JsonObject,
): JsonObject {
  const limit = cloud.settings.pageSize;
  const { page, pagesize } = args;
  if (pagesize === -1 && page === undefined) return all(item, rows, render);
  if (page !== undefined && pagesize === undefined) {
    throw badParameter('"pagesize" parameter is required when "page" is specified');
  }
  if (pagesize !== undefined && page === undefined) {
    throw badParameter('"page" parameter is required when "pagesize" is specified');
  }
  if (pagesize !== undefined && pagesize > limit) {
    throw invalidValue(`Page size can't exceed max allowed page size value: ${limit}`);
  }
  if (rows.length === 0) return {};
  if (args.retrieveonlyresourcecount === true) return { count: rows.length };
  const size = pagesize === undefined || pagesize < 1 ? limit : pagesize;
  const start = (Math.max(1, page ?? 1) - 1) * size;
  const batch = rows.slice(start, start + size);
  return batch.length === 0 ? { count: rows.length } : { count: rows.length, [item]: batch.map(render) };
}

function all<R>(item: string, rows: readonly R[], render: (row: R) => JsonObject): JsonObject {
  return rows.length === 0 ? {} : { count: rows.length, [item]: rows.map(render) };
}

/** `keyword`: part of one of the texts, in any case. */
export function matchesKeyword(keyword: string | undefined, ...texts: readonly (string | undefined)[]): boolean {
  if (keyword === undefined) return true;
  const wanted = keyword.toLowerCase();
  return texts.some((text) => text?.toLowerCase().includes(wanted) === true);
}

/** An exact filter: absent means any value. */
export function is<T>(wanted: T | undefined, value: T | undefined): boolean {
  return wanted === undefined || wanted === value;
}

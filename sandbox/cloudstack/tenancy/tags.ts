import type { JsonObject } from '../../../machinery/json';
import type { Installation } from '../installation';
import { fields } from '../protocol/answers';
import type { MapEntry } from '../protocol/parameters';
import type { Tag, TagsRow } from '../store/tenancy-rows';
import { ownerFields } from './owners';

export function renderTag(cloud: Installation, row: TagsRow, tag: Tag): JsonObject {
  return fields({
    key: tag.key,
    value: tag.value,
    resourcetype: row.resourceType,
    resourceid: row.id,
    customer: tag.customer,
    ...ownerFields(cloud.db, row.accountId),
  });
}

/** `tags` of an object: always an array. */
export function tagsOf(cloud: Installation, id: string): JsonObject[] {
  const row = cloud.db.tags.get(id);
  return row === undefined ? [] : row.tags.map((tag) => renderTag(cloud, row, tag));
}

/** The list filter `tags[i].key/.value`: all pairs must be there. */
export function matchesTags(cloud: Installation, id: string, wanted: readonly MapEntry[] | undefined): boolean {
  if (wanted === undefined) return true;
  const tags = cloud.db.tags.get(id)?.tags ?? [];
  return wanted.every((entry) =>
    tags.some((tag) => tag.key === entry['key'] && (entry['value'] === undefined || tag.value === entry['value'])),
  );
}

/** `jobid` and `jobstatus`, while a job works on the object. */
export function jobFields(cloud: Installation, id: string): { [field: string]: string | number } {
  let latest: string | undefined;
  for (const jobId of cloud.db.pendingJobs.get(id)) latest = jobId;
  return latest === undefined ? {} : { jobid: latest, jobstatus: 0 };
}

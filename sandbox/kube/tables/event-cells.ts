import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { convertEvent } from '../builtins/events';
import { ageOf } from './age';
import { type Cells, column } from './cells';

/** Cells of an Event as the core group writes it, whatever group was asked. */
const ofCore = (name: string, cell: Cells['cell']): Cells =>
  column(name, (event, nowMs) => cell(convertEvent(event, 'v1'), nowMs));

const text = (event: KubeObject, ...path: readonly string[]): string => String(valueAt(event, ...path) ?? '');

function firstSeen(event: KubeObject, nowMs: number): string {
  return ageOf(event['firstTimestamp'] ?? event['eventTime'], nowMs);
}

function lastSeen(event: KubeObject, nowMs: number): string {
  const repeated = valueAt(event, 'series', 'lastObservedTime');
  const last = repeated ?? event['lastTimestamp'];
  return last === undefined || last === null ? firstSeen(event, nowMs) : ageOf(last, nowMs);
}

function times(event: KubeObject): number {
  const count = isJsonObject(event['series']) ? event['series']['count'] : event['count'];
  return typeof count === 'number' && count > 0 ? count : 1;
}

function source(event: KubeObject): string {
  const component = text(event, 'source', 'component') || text(event, 'reportingComponent');
  const instance = text(event, 'source', 'host') || text(event, 'reportingInstance');
  return instance === '' ? component : `${component}, ${instance}`;
}

export const eventCells: readonly Cells[] = [
  ofCore('Last Seen', lastSeen),
  ofCore('Type', (event) => text(event, 'type')),
  ofCore('Reason', (event) => text(event, 'reason')),
  ofCore('Object', (event) => {
    const kind = text(event, 'involvedObject', 'kind').toLowerCase();
    return `${kind}/${text(event, 'involvedObject', 'name')}`;
  }),
  ofCore('Subobject', (event) => text(event, 'involvedObject', 'fieldPath')),
  ofCore('Source', source),
  ofCore('Message', (event) => text(event, 'message').trim()),
  ofCore('First Seen', firstSeen),
  ofCore('Count', times),
];

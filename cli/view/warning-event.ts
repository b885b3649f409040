import { isReason, type KubeApi, type TypedResource } from '../../api/ports';
import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { PATIENCE_MS } from './advice';
import type { Blocking, Warning } from './blocking';
import { tellable } from './printed-commands';
import type { Asking } from './subject';

const events: TypedResource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** Adds the latest Warning about the blocking object where its condition says too little, or has stood for long. */
export async function withWarning(
  api: KubeApi,
  blocking: Blocking,
  { now, commands }: Asking & { readonly now: number },
): Promise<Blocking> {
  const { reason, message, since, involved } = blocking;
  const isPlain = reason !== 'InternalError' && message !== '' && now - Date.parse(since) < PATIENCE_MS;
  if (isPlain || involved.uid === undefined) return blocking;
  const warning = latestWarning(await eventsAbout(api, involved.namespace, involved.uid));
  return warning === undefined || message.includes(warning.message)
    ? blocking
    : { ...blocking, warning: { ...warning, message: tellable(warning.message, commands) } };
}

/** The Warning that was seen last; undefined where there is none. */
export function latestWarning(about: readonly KubeObject[]): Warning | undefined {
  return about
    .filter((event) => event.type === 'Warning')
    .map((event) => ({ reason: text(event, 'reason'), message: text(event, 'message'), at: lastSeen(event) }))
    .sort((left, right) => (left.at < right.at ? 1 : -1))[0];
}

async function eventsAbout(api: KubeApi, namespace: string, uid: string): Promise<readonly KubeObject[]> {
  try {
    return (await api.list(events, { namespace, fieldSelector: `involvedObject.uid=${uid}` })).items;
  } catch (error) {
    // Events only add to an answer: who may not read them gets the rest.
    if (isReason(error, 'Forbidden')) return [];
    throw error;
  }
}

function lastSeen(event: KubeObject): string {
  const times = [valueAt(event, 'series', 'lastObservedTime'), event.lastTimestamp, event.eventTime];
  return times.find((time) => typeof time === 'string') ?? event.metadata.creationTimestamp ?? '';
}

function text(event: KubeObject, field: string): string {
  const value = event[field];
  return typeof value === 'string' ? value : '';
}

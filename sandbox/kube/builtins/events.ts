import type { KubeObject } from '../../../machinery/kube-object';

/** core/v1 field ↔ events.k8s.io/v1 field. */
const RENAMES: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

/** An Event as the other group writes it. */
export function convertEvent(event: KubeObject, apiVersion: string): KubeObject {
  if (event.apiVersion === apiVersion) return event;
  const toCore = apiVersion === 'v1';
  const names = new Map(RENAMES.map(([core, other]) => (toCore ? [other, core] : [core, other])));
  const out: KubeObject = { apiVersion, kind: event.kind, metadata: event.metadata };
  for (const [name, value] of Object.entries(event)) {
    if (name === 'apiVersion' || name === 'kind' || name === 'metadata') continue;
    if (!toCore && value === '') continue;
    out[names.get(name) ?? name] = value;
  }
  // Names that core writes even when they are empty.
  if (toCore) for (const field of ['reportingComponent', 'reportingInstance']) out[field] ??= '';
  return out;
}

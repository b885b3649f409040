import { isJsonObject, valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { conditionsIn } from '../../reconciler/cluster-api/conditions/mirror';
import { idOf, RANDOM } from './aliases';
import type { Fact } from './facts';
import type { TraceLine } from './scenario';

/** What every object is at each point of rest (README, "How to use it", 1). */

/** The test provider's own life is not compared (README, "Do not compare"). */
export const PROVIDER_KINDS: readonly string[] = ['DevCluster', 'DevMachine', 'DevMachineTemplate'];

const HASH = /\b\d{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

export function restPoints(lines: readonly TraceLine[]): [string, KubeObject[]][] {
  const alive = new Map<string, KubeObject>();
  const points: [string, KubeObject[]][] = [];
  for (const line of lines) {
    const key = `${line.kind}/${line.name}`;
    if (line.type === 'STEP') {
      if (/at rest/.test(line.step ?? '')) points.push([`rest ${points.length + 1}`, [...alive.values()]]);
    } else if (line.type === 'DELETED') alive.delete(key);
    else alive.set(key, line.object);
  }
  return points;
}

const COUNTERS = ['replicas', 'readyReplicas', 'availableReplicas', 'upToDateReplicas'] as const;

export function restFacts(object: KubeObject, point: string, names: (text: string) => string): Fact[] {
  const id = idOf({ kind: object.kind, name: object.metadata.name }, names);
  const { labels, annotations, finalizers, ownerReferences } = object.metadata;
  const clean = (value: unknown) => names(stable(value)).replaceAll(HASH, '<hash>').replaceAll(RANDOM, '-*');
  const facts: Fact[] = [];
  const add = (field: string, value: string) => facts.push({ object: id, field: `${point}: ${field}`, value });
  add('labels', clean(labels ?? {}));
  add(
    'annotations',
    Object.keys(annotations ?? {})
      .filter(isComparedAnnotation)
      .sort()
      .join(', '),
  );
  add('finalizers', (finalizers ?? []).join(', '));
  const owners = (ownerReferences ?? []).map(({ apiVersion, kind, name, controller, blockOwnerDeletion }) =>
    clean({ apiVersion, kind, name, controller, blockOwnerDeletion }),
  );
  add('owners', owners.sort().join(', '));
  add('field managers', managersOf(object).join(', '));
  if (object.spec !== undefined) add('spec', clean(masked(object.spec)));
  if (object.kind === 'Secret')
    add(
      'keys',
      Object.keys(isJsonObject(object['data']) ? object['data'] : {})
        .sort()
        .join(', '),
    );
  if (object.kind === 'Secret') add('type', String(object['type'] ?? ''));
  if (PROVIDER_KINDS.includes(object.kind)) return facts;
  for (const { type, status, reason, message } of conditionsIn(object)) {
    add(`condition ${type}`, `${status}/${reason}${message === '' ? '' : ` ${names(message)}`}`);
  }
  for (const counter of COUNTERS) {
    const value = valueAt(object, 'status', counter);
    if (value !== undefined) add(`status.${counter}`, String(value));
  }
  for (const field of ['phase', 'selector', 'versions', 'initialization', 'nodeRef', 'controlPlane', 'workers']) {
    const value = valueAt(object, 'status', field);
    if (value !== undefined) add(`status.${field}`, clean(value));
  }
  return facts;
}

function isComparedAnnotation(key: string): boolean {
  return !key.includes('inmemory');
}

/** Apply managers by name; all plain writes are one. */
function managersOf(object: KubeObject): string[] {
  const managers = (object.metadata.managedFields ?? []).map(({ manager, operation, subresource }) =>
    [manager, operation, subresource ?? ''].filter((part) => part !== '').join(' '),
  );
  return [...new Set(managers)].sort();
}

/** Random, secret or environmental values inside specs. */
function masked(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => masked(item, key));
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, name)]));
  if (key === 'token' || key === 'caCertHashes') return '<masked>';
  if (key === 'port') return '<port>';
  if (typeof value === 'string') return value.replace(/^127\.0\.0\.1:\d+$/, '127.0.0.1:<port>');
  return value;
}

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${stable(item)}`).join(',')}}`;
}

import { isJsonObject, valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { conditionsIn } from '../../reconciler/cluster-api/conditions/mirror';
import type { TraceLine } from './scenario';

/**
 * What the recordings' README calls comparable, drawn from a trace: ours and upstream's go through this same file.
 * A fact has an object, a field and a value; names are made equal by order of creation.
 */
export interface Fact {
  readonly object: string;
  readonly field: string;
  readonly value: string;
}

/** Kinds whose objects are compared; the test provider's own life is not (README, "Do not compare"). */
const COMPARED: readonly string[] = [
  'Cluster',
  'Machine',
  'MachineSet',
  'MachineDeployment',
  'KubeadmConfig',
  'KubeadmConfigTemplate',
  'KubeadmControlPlane',
  'DevCluster',
  'DevMachine',
  'DevMachineTemplate',
  'Secret',
  'ConfigMap',
];
const PROVIDER_KINDS: readonly string[] = ['DevCluster', 'DevMachine', 'DevMachineTemplate'];

export function factsOf(trace: readonly TraceLine[]): Fact[] {
  const lines = trace.filter((line) => line.type === 'STEP' || COMPARED.includes(line.kind));
  const names = aliasesOf(lines);
  const facts = [
    ...lifecycles(lines, names),
    ...sequences(lines, names),
    ...bounds(lines, names),
    ...initLock(lines, names),
  ];
  for (const [title, objects] of restPoints(lines)) {
    for (const object of objects) facts.push(...restFacts(object, title, names));
  }
  return facts;
}

const RANDOM = /-[bcdfghjklmnpqrstvwxz2456789]{5}(?=-|$)/g;
const HASH = /\b\d{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

/**
 * `c-cp-*#2`: the second control-plane machine by creation; `c-md-0-*#1`: the first MachineSet. Workers of one set are
 * equal, and which of them goes first is chance: all are called `c-md-0-*#1-*`, and facts are compared as a bag.
 */
function aliasesOf(lines: readonly TraceLine[]): (text: string) => string {
  const counts = new Map<string, number>();
  const aliases: { name: string; alias: string }[] = [];
  for (const { type, kind, name, object } of lines) {
    if (type !== 'ADDED' || !['Machine', 'MachineSet'].includes(kind) || name.search(RANDOM) < 0) continue;
    const set = object.metadata.labels?.['cluster.x-k8s.io/set-name'];
    if (kind === 'Machine' && set !== undefined) {
      const above = aliases.find((entry) => entry.name === set)?.alias ?? set;
      aliases.push({ name, alias: `${above}-*` });
      continue;
    }
    const pattern = name.replace(RANDOM, '-*');
    const number = (counts.get(pattern) ?? 0) + 1;
    counts.set(pattern, number);
    aliases.push({ name, alias: `${pattern}#${number}` });
  }
  aliases.sort((a, b) => b.name.length - a.name.length);
  return (text) => aliases.reduce((result, { name, alias }) => result.replaceAll(name, alias), text);
}

function idOf(line: { kind: string; name: string }, names: (text: string) => string): string {
  return `${line.kind}/${names(line.name)}`;
}

/** Order of creation and deletion: of each kind, within each machine, and of the parts of a cluster. */
function lifecycles(lines: readonly TraceLine[], names: (text: string) => string): Fact[] {
  const facts: Fact[] = [];
  const byKind = new Map<string, string[]>();
  const byMachine = new Map<string, string[]>();
  const parts: string[] = [];
  const deleting = new Set<string>();
  const note = (line: TraceLine, what: string) => {
    const id = idOf(line, names);
    if (['Machine', 'MachineSet'].includes(line.kind)) push(byKind, line.kind, `${what} ${pool(names(line.name))}`);
    if (['Machine', 'DevMachine', 'KubeadmConfig'].includes(line.kind)) {
      push(byMachine, line.name, `${what} ${line.kind}`);
    }
    const isPart = ['Cluster', 'MachineDeployment', 'KubeadmControlPlane', 'DevCluster'].includes(line.kind);
    if (isPart && what !== 'created') parts.push(`${what} ${id}`);
  };
  for (const line of lines) {
    if (line.type === 'STEP') continue;
    const id = idOf(line, names);
    if (line.type === 'ADDED') {
      note(line, 'created');
      facts.push(...creationFacts(line, id, names));
    } else if (
      line.type === 'MODIFIED' &&
      line.object.metadata.deletionTimestamp !== undefined &&
      !deleting.has(line.kind + line.name)
    ) {
      deleting.add(line.kind + line.name);
      note(line, 'deleting');
    } else if (line.type === 'DELETED') note(line, 'deleted');
  }
  for (const [kind, order] of byKind) facts.push({ object: kind, field: 'order', value: order.join(' > ') });
  for (const [name, order] of byMachine) {
    facts.push({ object: `Machine/${names(name)}`, field: 'lifecycle', value: order.join(' > ') });
  }
  if (parts.length > 0) facts.push({ object: 'Cluster', field: 'deletion order', value: parts.join(' > ') });
  return facts;
}

/** Which machine of a set is which is chance where all are equal: the order counts the set's, not the machine's. */
function pool(name: string): string {
  return name.replace(/#\d+$/, '');
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function creationFacts(line: TraceLine, id: string, names: (text: string) => string): Fact[] {
  const { ownerReferences, finalizers, annotations, managedFields } = line.object.metadata;
  const owners = (ownerReferences ?? []).map(
    (owner) => `${owner.kind}/${names(owner.name)}${owner.controller === true ? ' (controller)' : ''}`,
  );
  return [
    { object: id, field: 'created: owners', value: owners.sort().join(', ') },
    { object: id, field: 'created: finalizers', value: (finalizers ?? []).join(', ') },
    {
      object: id,
      field: 'created: annotations',
      value: Object.keys(annotations ?? {})
        .sort()
        .join(', '),
    },
    { object: id, field: 'created: by', value: managedFields?.[0]?.manager ?? '' },
  ];
}

/** Per object and condition type, the sequence of (status, reason). */
function sequences(lines: readonly TraceLine[], names: (text: string) => string): Fact[] {
  const seen = new Map<string, string[]>();
  for (const line of lines) {
    if (line.type === 'STEP' || PROVIDER_KINDS.includes(line.kind)) continue;
    for (const { type, status, reason } of conditionsIn(line.object)) {
      const key = `${line.kind}/${line.name}\n${type}`;
      const list = seen.get(key) ?? [];
      const entry = `${status}/${reason}`;
      if (list.at(-1) !== entry) list.push(entry);
      seen.set(key, list);
    }
  }
  return [...seen].map(([key, list]) => {
    const [object = '', type = ''] = key.split('\n');
    return { object: names(object), field: `sequence of ${type}`, value: list.join(' > ') };
  });
}

/** Per pool, the most machines and the fewest available ones that were seen after the first time at rest. */
function bounds(lines: readonly TraceLine[], names: (text: string) => string): Fact[] {
  const machines = new Map<string, KubeObject>();
  const most = new Map<string, number>();
  const fewest = new Map<string, number>();
  let resting = 0;
  for (const line of lines) {
    if (line.type === 'STEP' && /at rest/.test(line.step ?? '')) resting++;
    if (line.kind !== 'Machine') continue;
    if (line.type === 'DELETED') machines.delete(line.name);
    else machines.set(line.name, line.object);
    if (resting === 0) continue;
    for (const of of new Set([...machines.values()].map(poolOf))) {
      const members = [...machines.values()].filter((machine) => poolOf(machine) === of);
      const available = members.filter((machine) =>
        conditionsIn(machine).some(({ type, status }) => type === 'Available' && status === 'True'),
      );
      most.set(of, Math.max(most.get(of) ?? 0, members.length));
      fewest.set(of, Math.min(fewest.get(of) ?? Number.POSITIVE_INFINITY, available.length));
    }
  }
  return [
    ...[...most].map(([of, value]) => ({ object: names(of), field: 'most machines', value: String(value) })),
    ...[...fewest].map(([of, value]) => ({ object: names(of), field: 'fewest available', value: String(value) })),
  ];
}

/** Who had the lock of `kubeadm init`, and that it goes once the control plane is initialized, not earlier. */
function initLock(lines: readonly TraceLine[], names: (text: string) => string): Fact[] {
  const story: string[] = [];
  for (const { type, kind, name, object } of lines) {
    if (kind === 'ConfigMap' && name === 'c-lock') {
      const holder = names(String(valueAt(object, 'data', 'lock-information')));
      if (type === 'ADDED') story.push(`taken ${holder}`);
      if (type === 'DELETED') story.push('released');
    } else if (kind === 'Cluster' && !story.includes('initialized')) {
      const initialized = conditionsIn(object).find((condition) => condition.type === 'ControlPlaneInitialized');
      if (initialized?.status === 'True') story.push('initialized');
    }
  }
  return [{ object: 'ConfigMap/c-lock', field: 'story', value: story.join(' > ') }];
}

function poolOf(machine: KubeObject): string {
  const labels = machine.metadata.labels ?? {};
  const deployment = labels['cluster.x-k8s.io/deployment-name'];
  const plane = labels['cluster.x-k8s.io/control-plane-name'];
  return deployment === undefined ? `KubeadmControlPlane/${plane ?? ''}` : `MachineDeployment/${deployment}`;
}

function restPoints(lines: readonly TraceLine[]): [string, KubeObject[]][] {
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

function restFacts(object: KubeObject, point: string, names: (text: string) => string): Fact[] {
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

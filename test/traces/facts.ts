import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { conditionsIn } from '../../reconciler/cluster-api/conditions/mirror';
import { aliasesOf, idOf } from './aliases';
import { PROVIDER_KINDS, restFacts, restPoints } from './rest-facts';
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

/** Kinds whose objects are compared. */
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

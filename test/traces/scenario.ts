import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadAll } from 'js-yaml';
import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

/** Recorded scenarios: what the user did, and what upstream's controllers made of it. */

const FOLDER = join(__dirname, '../../../shared/conformance/traces-capi-v1.14');

export const tracesArePresent = existsSync(FOLDER);

export type Step = {
  readonly title: string /** The recording waited for rest after it. */;
  readonly rests: boolean;
} & (
  | { readonly kind: 'apply'; readonly objects: readonly KubeObject[] }
  | { readonly kind: 'patch'; readonly target: Target; readonly patch: object }
  | { readonly kind: 'delete'; readonly target: Target }
);

export interface Target {
  /** `Node`: through the API of the workload cluster; named as its Machine. */
  readonly kind: string;
  readonly name: string;
  /** Of a Machine or MachineSet: its number by creation. */
  readonly place: number | undefined;
}

/** One line of a trace. */
export interface TraceLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'STEP';
  readonly kind: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly step?: string | undefined;
}

/** The steps of `NN-name.input.yaml`. */
export function readSteps(scenario: string): Step[] {
  const text = readFileSync(join(FOLDER, `${scenario}.input.yaml`), 'utf8');
  const parts = text.split(/^# step (?=\d+:)/m).slice(1);
  const trace = readTrace(scenario);
  const targetOf = (match: RegExpExecArray): Target => {
    const [, kind = '', name = ''] = match;
    return { kind, name, place: isNamedByChance(kind) || kind === 'Node' ? placeOf(name, trace) : undefined };
  };
  const rested = trace.flatMap((line) => /^(\d+)\. at rest/.exec(line.step ?? '')?.[1] ?? []);
  return parts.map((part): Step => {
    const [title = '', ...rest] = part.split('\n');
    const rests = rested.includes(title.split(':')[0] ?? '');
    const documents = loadAll(rest.join('\n')).filter((document) => document !== null && document !== undefined);
    const patched = /merge patch of (\w+) (\S+?)(?: through the workload cluster's API)?\)$/.exec(title);
    const deleted = /delete (\w+) (\S+)\)$/.exec(title);
    if (patched !== null) {
      const [patch] = documents;
      if (!isJsonObject(patch)) throw new Error(`step without a patch: ${title}`);
      return { title, rests, kind: 'patch', target: targetOf(patched), patch };
    }
    if (deleted !== null) {
      return { title, rests, kind: 'delete', target: targetOf(deleted) };
    }
    return { title, rests, kind: 'apply', objects: documents.filter(isKubeObject) };
  });
}

function isKubeObject(value: unknown): value is KubeObject {
  return isJsonObject(value) && typeof value['kind'] === 'string' && isJsonObject(value['metadata']);
}

/** The recorded lines, without Events. */
export function readTrace(scenario: string): TraceLine[] {
  const text = gunzipSync(readFileSync(join(FOLDER, `${scenario}.jsonl.gz`))).toString('utf8');
  const lines: TraceLine[] = [];
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const line: TraceLine = JSON.parse(row);
    if (line.kind !== 'Event') lines.push(line);
  }
  return lines;
}

/** Sequences that differed between two runs of upstream: `object pattern + condition type`. */
export function readUnstable(scenario: string): Set<string> {
  const all: unknown = JSON.parse(readFileSync(join(FOLDER, 'stability.json'), 'utf8'));
  const one = isJsonObject(all) ? all[scenario] : undefined;
  const differ = isJsonObject(one) ? one['differ'] : undefined;
  return new Set(isJsonObject(differ) ? Object.keys(differ) : []);
}

/**
 * Names of machines in the steps are those of the recorded run. This gives the place of such a name: its number among
 * the Machines and MachineSets with the same name pattern, by creation; undefined for other names.
 */
export function placeOf(name: string, lines: readonly TraceLine[]): number | undefined {
  const pattern = patternOf(name);
  const names = lines
    .filter((line) => line.type === 'ADDED' && isNamedByChance(line.kind) && patternOf(line.name) === pattern)
    .map((line) => line.name);
  const index = names.indexOf(name);
  return index < 0 ? undefined : index;
}

/**
 * The name at a place, in another trace. Which of several equal machines goes first is chance: when the one at that
 * place is gone, the first that is left stands for it.
 */
export function nameAt(name: string, place: number, lines: readonly TraceLine[]): string | undefined {
  const pattern = patternOf(name);
  const about = lines.filter((line) => isNamedByChance(line.kind) && patternOf(line.name) === pattern);
  const gone = new Set(about.filter((line) => line.type === 'DELETED').map((line) => line.name));
  const names = about.filter((line) => line.type === 'ADDED').map((line) => line.name);
  const exact = names[place];
  return exact !== undefined && !gone.has(exact) ? exact : names.find((candidate) => !gone.has(candidate));
}

function isNamedByChance(kind: string): boolean {
  return kind === 'Machine' || kind === 'MachineSet';
}

function patternOf(name: string): string {
  return name.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=-|$)/g, '-*');
}

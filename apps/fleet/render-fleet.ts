import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { kindFor } from '../../api/crds';
import { ALLOWED, applyPhase } from '../../api/objects-from-git';
import type { Problem } from '../../constructs/problem';
import { chartsOf, FastApp } from '../../constructs/synthesis/fast-app';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';
import { WorkloadCluster } from '../../constructs/workload-cluster';
import { isJsonObject } from '../../machinery/json';
import { failureText } from './failure-text';
import type { LoadedDefinitions } from './load-definitions';
import type { ManifestTree } from './tree-digest';

export interface RenderedFleet {
  readonly tree: ManifestTree;
  /** Every mistake of every definition; with one, the tree is worth nothing. */
  readonly problems: readonly Problem[];
  /** What is no mistake, but works with Argo CD or Flux alone. */
  readonly warnings: readonly string[];
}

/** An object of the API server, which knows no folders: one kind, namespace and name is one object. */
interface RenderedObject {
  readonly chart: Chart;
  readonly path: string;
  readonly content: string;
}

/** Renders all definitions to `<cluster>/<kind>.<name>.yaml`, one object a file, in an order that depends on names alone. */
export function renderFleet({ definitions }: LoadedDefinitions): RenderedFleet {
  const app = new FastApp();
  const problems: Problem[] = [];
  const files = new Map<string, string>();
  for (const { file, definition } of definitions) {
    if (!isFileName(definition.name)) {
      problems.push({ path: file, ...notAFile('name', definition.name) });
      continue;
    }
    try {
      const chart = new Chart(app, chartId(app, definition.name), { disableResourceNameHashes: true });
      files.set(chart.node.path, file);
      const rendered: unknown = definition.render(chart);
      const nothing = nothingRendered(chart, rendered);
      if (nothing !== undefined) problems.push({ path: file, field: definition.name, value: undefined, ...nothing });
    } catch (error) {
      const message = `cannot be rendered (${failureText(error)})`;
      const fix = 'correct the construct';
      problems.push({ path: file, field: String(definition.name), value: undefined, message, fix });
    }
  }
  const found: Problem[] = [];
  const tree = new Map<string, string>();
  for (const construct of app.node.findAll()) {
    if (construct instanceof WorkloadCluster) found.push(...construct.problems);
    else found.push(...construct.node.validate().map((message) => constructProblem(construct.node.path, message)));
  }
  const warnings: string[] = [];
  const rendered = new Map<string, RenderedObject>();
  for (const { chart, objects } of chartsOf(app.node.findAll())) {
    for (const object of objects) {
      if (addObject(tree, chart, object, found, rendered) && applyPhase(object) === undefined)
        warnings.push(
          `${object.node.path}: a Fleet refuses ${object.kind} (${object.apiVersion}); it takes ${ALLOWED}`,
        );
    }
  }
  problems.push(...found.map((problem) => inFile(problem, files)));
  return { tree: new Map([...tree].sort(([left], [right]) => (left < right ? -1 : 1))), problems, warnings };
}

/** To render nothing takes a cluster out of git, which nobody means who defines it. */
function nothingRendered(chart: Chart, rendered: unknown): Pick<Problem, 'message' | 'fix'> | undefined {
  if (rendered instanceof Promise)
    return { message: 'renders asynchronously, and nothing waits for it', fix: 'render by code without async' };
  // A cluster with mistakes renders nothing, and says why itself.
  const isSomething = (construct: IConstruct) =>
    ApiObject.isApiObject(construct) || construct instanceof WorkloadCluster;
  if (chart.node.findAll().some(isSomething)) return undefined;
  return { message: 'renders no object', fix: 'make a WorkloadCluster in it, or remove the definition' };
}

/** @returns whether the object can be written at all */
function addObject(
  tree: Map<string, string>,
  chart: Chart,
  object: ApiObject,
  problems: Problem[],
  rendered: Map<string, RenderedObject>,
): boolean {
  let json: unknown;
  try {
    json = object.toJson();
  } catch (error) {
    // A patch that does not fit, or a value that cannot be written.
    problems.push(constructProblem(object.node.path, `cannot be rendered (${failureText(error)})`));
    return false;
  }
  if (isPlainSecret(json)) {
    const message = 'is a Secret, which everybody who reads the repository would read';
    const fix =
      'make it in the management cluster, by External Secrets, or encrypt it with SOPS, and refer to its name';
    problems.push({ path: object.node.path, field: 'kind', value: undefined, message, fix });
    return false;
  }
  const kind = kindFor(object.apiVersion, object.kind);
  for (const { path, value, message, fix } of kind?.problems(json) ?? []) {
    problems.push({ path: object.node.path, field: path, value, message, fix });
  }
  const file = `${object.kind.toLowerCase()}.${object.name}.yaml`;
  if (!isFileName(file) || file.includes('/')) {
    problems.push({ path: object.node.path, ...notAFile('metadata.name', object.name) });
    return false;
  }
  const path = `${chart.node.id}/${file}`;
  if (tree.has(path)) {
    const fix = 'give each object of a kind a name of its own';
    problems.push({
      path: object.node.path,
      field: 'metadata.name',
      value: object.name,
      message: 'rendered twice',
      fix,
    });
  }
  const content = emitYaml(json);
  const key = `${object.apiGroup} ${object.kind} ${object.metadata.namespace ?? 'default'}/${object.name}`;
  const other = rendered.get(key);
  if (other !== undefined && other.chart !== chart && other.content !== content) {
    const fix = 'two clusters cannot share it: rename a cluster or a pool';
    const message = `is also the name of ${other.path}, and they differ`;
    problems.push({ path: object.node.path, field: 'metadata.name', value: object.name, message, fix });
  }
  rendered.set(key, { chart, path: object.node.path, content });
  tree.set(path, content);
  return true;
}

/**
 * False for names that would lead out of the manifests, or to files that a Fleet does not read. What is no text, and
 * slashes in names of clusters, are mistakes that the cluster reports.
 */
function isFileName(name: unknown): boolean {
  return typeof name !== 'string' || !(name.startsWith('.') || [...name].some((char) => char < ' ' || char === '\\'));
}

function notAFile(field: string, value: unknown): Omit<Problem, 'path'> {
  const fix = 'use lower-case letters, digits, "-", ".", beginning and ending with a letter or digit';
  return { field, value, message: 'is not a valid name', fix };
}

/** SOPS leaves its notes beside what it has encrypted. */
function isPlainSecret(json: unknown): boolean {
  return isJsonObject(json) && json['kind'] === 'Secret' && json['apiVersion'] === 'v1' && json['sops'] === undefined;
}

/** A construct belongs to the file that defines the cluster at the root of its path. */
function inFile(problem: Problem, files: ReadonlyMap<string, string>): Problem {
  const file = files.get(problem.path.split('/')[0] ?? '');
  return file === undefined ? problem : { file, ...problem };
}

/** Names may be anything until they are checked. */
function chartId(app: FastApp, name: unknown): string {
  if (typeof name === 'string' && name !== '') return name.replaceAll('/', '-');
  let id = 'unnamed';
  for (let number = 2; app.node.tryFindChild(id) !== undefined; number++) id = `unnamed-${number}`;
  return id;
}

function constructProblem(path: string, message: string): Problem {
  return { path, field: 'construct', value: undefined, message, fix: 'correct the construct' };
}

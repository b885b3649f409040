import { ApiObject, Chart } from 'cdk8s';
import { kindFor } from '../../api/crds';
import type { Problem } from '../../constructs/problem';
import { chartsOf, FastApp } from '../../constructs/synthesis/fast-app';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';
import { WorkloadCluster } from '../../constructs/workload-cluster';
import { failureText } from './failure-text';
import type { LoadedDefinitions } from './load-definitions';
import type { ManifestTree } from './tree-digest';

export interface RenderedFleet {
  readonly tree: ManifestTree;
  /** Every mistake of every definition; with one, the tree is worth nothing. */
  readonly problems: readonly Problem[];
}

/** Renders all definitions to `<cluster>/<kind>.<name>.yaml`, one object a file, in an order that depends on names alone. */
export function renderFleet({ definitions }: LoadedDefinitions): RenderedFleet {
  const app = new FastApp();
  const problems: Problem[] = [];
  const files = new Map<string, string>();
  for (const { file, definition } of definitions) {
    try {
      const chart = new Chart(app, chartId(definition.name), { disableResourceNameHashes: true });
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
  for (const { chart, objects } of chartsOf(app.node.findAll())) {
    for (const object of objects) addObject(tree, chart, object, found);
  }
  problems.push(...found.map((problem) => inFile(problem, files)));
  return { tree: new Map([...tree].sort(([left], [right]) => (left < right ? -1 : 1))), problems };
}

/** To render nothing takes a cluster out of git, which nobody means who defines it. */
function nothingRendered(chart: Chart, rendered: unknown): Pick<Problem, 'message' | 'fix'> | undefined {
  if (rendered instanceof Promise)
    return { message: 'renders asynchronously, and nothing waits for it', fix: 'render by code without async' };
  if (chart.node.findAll().some((construct) => ApiObject.isApiObject(construct))) return undefined;
  return { message: 'renders no object', fix: 'make a WorkloadCluster in it, or remove the definition' };
}

function addObject(tree: Map<string, string>, chart: Chart, object: ApiObject, problems: Problem[]): void {
  let json: unknown;
  try {
    json = object.toJson();
  } catch (error) {
    // A patch that does not fit, or a value that cannot be written.
    problems.push(constructProblem(object.node.path, `cannot be rendered (${failureText(error)})`));
    return;
  }
  const kind = kindFor(object.apiVersion, object.kind);
  for (const { path, value, message, fix } of kind?.problems(json) ?? []) {
    problems.push({ path: object.node.path, field: path, value, message, fix });
  }
  const path = `${chart.node.id}/${object.kind.toLowerCase()}.${object.name}.yaml`;
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
  tree.set(path, emitYaml(json));
}

/** A construct belongs to the file that defines the cluster at the root of its path. */
function inFile(problem: Problem, files: ReadonlyMap<string, string>): Problem {
  const file = files.get(problem.path.split('/')[0] ?? '');
  return file === undefined ? problem : { file, ...problem };
}

/** Names may be anything until they are checked. */
function chartId(name: unknown): string {
  return typeof name === 'string' && name !== '' ? name.replaceAll('/', '-') : 'unnamed';
}

function constructProblem(path: string, message: string): Problem {
  return { path, field: 'construct', value: undefined, message, fix: 'correct the construct' };
}

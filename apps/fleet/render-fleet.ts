import { type ApiObject, Chart } from 'cdk8s';
import { kindFor } from '../../api/crds';
import { DefinitionInvalid, type Problem } from '../../constructs/problem';
import { chartsOf, FastApp } from '../../constructs/synthesis/fast-app';
import { emitYaml } from '../../constructs/synthesis/yaml-emitter';
import { WorkloadCluster } from '../../constructs/workload-cluster';
import { messageOf } from '../../machinery/errors';
import type { LoadedDefinitions } from './load-definitions';
import type { ManifestTree } from './manifest-tree';

/**
 * Renders all definitions to `<cluster>/<kind>.<name>.yaml`, one object a file, in an order that depends on names alone.
 * @throws DefinitionInvalid with every mistake of every definition.
 */
export function renderFleet(loaded: LoadedDefinitions): ManifestTree {
  const app = new FastApp();
  const problems: Problem[] = [...loaded.problems];
  for (const { file, definition } of loaded.definitions) {
    try {
      definition.render(new Chart(app, chartId(definition.name), { disableResourceNameHashes: true }));
    } catch (error) {
      const message = `cannot be rendered (${messageOf(error)})`;
      const fix = 'correct the construct';
      problems.push({ path: file, field: String(definition.name), value: undefined, message, fix });
    }
  }
  const tree = new Map<string, string>();
  for (const construct of app.node.findAll()) {
    if (construct instanceof WorkloadCluster) problems.push(...construct.problems);
    else problems.push(...construct.node.validate().map((message) => constructProblem(construct.node.path, message)));
  }
  for (const { chart, objects } of chartsOf(app.node.findAll())) {
    for (const object of objects) addObject(tree, chart, object, problems);
  }
  if (problems.length > 0) throw new DefinitionInvalid(problems);
  return new Map([...tree].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function addObject(tree: Map<string, string>, chart: Chart, object: ApiObject, problems: Problem[]): void {
  let json: unknown;
  try {
    json = object.toJson();
  } catch (error) {
    // A patch that does not fit, or a value that cannot be written.
    problems.push(constructProblem(object.node.path, `cannot be rendered (${messageOf(error)})`));
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

/** Names may be anything until they are checked. */
function chartId(name: unknown): string {
  return typeof name === 'string' && name !== '' ? name.replaceAll('/', '-') : 'unnamed';
}

function constructProblem(path: string, message: string): Problem {
  return { path, field: 'construct', value: undefined, message, fix: 'correct the construct' };
}

import { ALLOWED, applyPhase } from '../../../api/objects-from-git';
import { GitRevisionRefused, type GitTree } from '../../../api/ports';
import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { readYamlDocuments } from '../../../machinery/yaml';
import { FLEET_LABEL } from '../inventory/inventory';
import { formatId, identityOf, type ObjectId } from '../object-id';

/** An object that git asks for. */
export interface DesiredObject {
  readonly id: ObjectId;
  readonly phase: number;
  /** Path in the repository, for messages. */
  readonly file: string;
  readonly object: KubeObject;
}

export interface BuildOptions {
  /** Namespace of namespaced objects that name none. */
  readonly defaultNamespace: string;
}

/** Kinds that have no namespace. */
const CLUSTER_SCOPED = new Set(['Namespace']);
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/**
 * Turns a tree into objects, ordered by phase and then by id.
 * @throws GitRevisionRefused with every problem of the tree and of its files.
 */
export function buildObjects(commit: string, tree: GitTree, options: BuildOptions): DesiredObject[] {
  const problems = [...tree.problems];
  const desired = new Map<ObjectId, DesiredObject>();
  for (const { path, content } of tree.files) {
    let documents: readonly unknown[];
    try {
      documents = readYamlDocuments(content.toString('utf8'));
    } catch (error) {
      problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    for (const document of documents) {
      if (document === null || document === undefined) continue;
      for (const item of itemsOf(document)) addObject(path, item, options, desired, problems);
    }
  }
  if (problems.length > 0) throw new GitRevisionRefused(commit, problems);
  return [...desired.values()].sort((left, right) => left.phase - right.phase || (left.id < right.id ? -1 : 1));
}

function itemsOf(document: unknown): readonly unknown[] {
  if (isJsonObject(document) && document['kind'] === 'List' && Array.isArray(document['items']))
    return document['items'];
  return [document];
}

function addObject(
  file: string,
  value: unknown,
  options: BuildOptions,
  desired: Map<ObjectId, DesiredObject>,
  problems: string[],
): void {
  const object = asObject(value);
  if (typeof object === 'string') {
    problems.push(`${file}: ${object}`);
    return;
  }
  const named = `${object.kind} ${object.metadata.name}`;
  const phase = applyPhase(object);
  if (phase === undefined) {
    problems.push(`${file}: ${named} (${object.apiVersion}) may not come from git; allowed are ${ALLOWED}`);
    return;
  }
  if (object['status'] !== undefined) problems.push(`${file}: ${named} has a status; remove it, controllers write it`);
  for (const field of ['uid', 'resourceVersion', 'managedFields', 'ownerReferences', 'finalizers'] as const) {
    if (object.metadata[field] !== undefined) problems.push(`${file}: ${named} has metadata.${field}; remove it`);
  }
  const inventory = object.metadata.labels?.[FLEET_LABEL];
  if (inventory !== undefined)
    problems.push(`${file}: ${named} has the label ${FLEET_LABEL}; remove it, Fleets keep it`);
  if (CLUSTER_SCOPED.has(object.kind) && object.metadata.namespace !== undefined)
    problems.push(`${file}: ${named} has metadata.namespace; remove it, the kind has none`);
  const namespace = CLUSTER_SCOPED.has(object.kind)
    ? undefined
    : (object.metadata.namespace ?? options.defaultNamespace);
  const placed = { ...object, metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) } };
  const id = formatId(identityOf(placed));
  const twin = desired.get(id);
  if (twin !== undefined) problems.push(`${file}: ${named} is already defined in ${twin.file}`);
  else desired.set(id, { id, phase, file, object: placed });
}

/** The object, or what keeps it from being one. */
function asObject(value: unknown): KubeObject | string {
  if (!isJsonObject(value)) return 'a document is not an object';
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') return 'a document has no apiVersion';
  if (typeof kind !== 'string' || kind === '') return 'a document has no kind';
  if (!isJsonObject(metadata) || typeof metadata['name'] !== 'string') return `${kind}: metadata.name is missing`;
  const { name, namespace } = metadata;
  if (!NAME.test(name) || name.length > 253)
    return `${kind}: metadata.name ${JSON.stringify(name)} is not a valid name`;
  if (namespace !== undefined && typeof namespace !== 'string')
    return `${kind} ${name}: metadata.namespace is not text`;
  if (namespace !== undefined && !NAMESPACE.test(namespace))
    return `${kind} ${name}: metadata.namespace ${JSON.stringify(namespace)} is not a valid name`;
  return {
    ...value,
    apiVersion,
    kind,
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  };
}

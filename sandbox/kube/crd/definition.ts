import { cloneJson, equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { objectMetaSchema } from '../builtins/catalog';
import { strategy } from '../builtins/strategy';
import type { MaybePromise, ResourceDefinition, SubresourceDefinition, VersionDefinition } from '../registry/resource';
import { groupVersion } from '../registry/resource';
import { NAME, NAME_AND_NAMESPACE, selectableFields } from '../registry/selectable-fields';
import { applyDefaults } from '../schema/defaulting';
import { SchemaCompiler, type SchemaNode } from '../schema/node';
import { prune } from '../schema/prune';
import { deepFreeze } from '../store/freeze';
import type { CrdVersion, CustomResourceDefinition } from './shape';
import { byPriority } from './version-order';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** Converts one object of a CRD between versions. */
export type ConvertObject = (object: KubeObject, apiVersion: string) => MaybePromise<KubeObject>;

/** The resource a CRD defines. `convert` is used between versions that differ. */
export function resourceOf(definition: CustomResourceDefinition, convert: ConvertObject): ResourceDefinition {
  const { group, names, scope, versions } = definition.spec;
  const stored = versions.find((version) => version.storage) ?? versions[0];
  const storageApiVersion = groupVersion(group, stored?.name ?? '');
  const built = versions.map((version) => versionOf(version, definition.spec));
  built.sort((left, right) => byPriority(left.name, right.name));
  const storage = built.find((version) => version.name === stored?.name);
  const onRead = storage === undefined ? (object: KubeObject) => object : refresher(storage.schema);
  const table = `${group}/${names.plural}`;
  return {
    group,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: VERBS,
    versions: built,
    storageApiVersion,
    table,
    isCustom: true,
    strategy: strategy({ hasGeneration: true, allowUnconditionalUpdate: false }),
    convert: converter(storageApiVersion, onRead, convert),
  };
}

/** Remembers conversions of stored (frozen) objects: every watcher and list asks for the same ones. */
function converter(
  storageApiVersion: string,
  onRead: (object: KubeObject) => KubeObject,
  convert: ConvertObject,
): ResourceDefinition['convert'] {
  const known = new WeakMap<KubeObject, Map<string, MaybePromise<KubeObject>>>();
  return (object, apiVersion) => {
    if (object.apiVersion === apiVersion) return apiVersion === storageApiVersion ? onRead(object) : object;
    const source = object.apiVersion === storageApiVersion ? onRead(object) : object;
    if (!Object.isFrozen(source)) return convert(source, apiVersion);
    const versions = known.get(source) ?? new Map<string, MaybePromise<KubeObject>>();
    known.set(source, versions);
    let converted = versions.get(apiVersion);
    if (converted === undefined) {
      const fresh = convert(source, apiVersion);
      converted = fresh instanceof Promise ? fresh.then((result) => deepFreeze(result)) : deepFreeze(fresh);
      versions.set(apiVersion, converted);
      if (fresh instanceof Promise) fresh.catch(() => versions.delete(apiVersion));
    }
    return converted;
  };
}

/**
 * What an object stored under an older schema looks like now: pruned and defaulted by the storage version. Objects
 * written under this schema come back as they are.
 */
function refresher(schema: SchemaNode): (object: KubeObject) => KubeObject {
  const seen = new WeakMap<KubeObject, KubeObject>();
  return (object) => {
    if (!Object.isFrozen(object)) return object;
    let result = seen.get(object);
    if (result === undefined) {
      const pruned = prune(object, schema, [], '', true) as KubeObject;
      const fresh = { ...pruned, metadata: cloneJson(object.metadata) };
      applyDefaults(fresh, schema);
      result = equalJson(fresh, object) ? object : deepFreeze(fresh);
      seen.set(object, result);
    }
    return result;
  };
}

function versionOf(version: CrdVersion, spec: CustomResourceDefinition['spec']): VersionDefinition {
  const { group, names, scope, versions } = spec;
  const { kind } = names;
  const subresources = new Map<string, SubresourceDefinition>();
  const verbs = ['get', 'patch', 'update'];
  if (version.subresources?.status !== undefined) subresources.set('status', { name: 'status', kind, verbs });
  if (version.subresources?.scale !== undefined) {
    subresources.set('scale', { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs });
  }
  const apiVersion = groupVersion(group, version.name);
  const better = versions
    .filter((other) => other.served && other.deprecated !== true)
    .sort((left, right) => byPriority(left.name, right.name))[0];
  const advice = better === undefined ? '' : `; use ${groupVersion(group, better.name)} ${kind}`;
  const warning = version.deprecationWarning ?? `${apiVersion} ${kind} is deprecated${advice}`;
  return {
    name: version.name,
    served: version.served,
    schema: withMetadata(version.schema?.openAPIV3Schema ?? {}),
    subresources,
    scale: version.subresources?.scale,
    columns: version.additionalPrinterColumns ?? [],
    selectableFields: selectableFields([
      ...(scope === 'Namespaced' ? NAME_AND_NAMESPACE : NAME),
      ...(version.selectableFields ?? []).map((field) => field.jsonPath.replace(/^\./, '')),
    ]),
    deprecation: version.deprecated === true ? warning : undefined,
  };
}

/** The root of a custom resource always has its type and the metadata of every object. */
function withMetadata(raw: { readonly [keyword: string]: unknown }): SchemaNode {
  const compiler = new SchemaCompiler();
  const root = compiler.compile(raw);
  const text = compiler.compile({ type: 'string' });
  const properties = new Map([
    ...root.properties,
    ['apiVersion', text],
    ['kind', text],
    ['metadata', objectMetaSchema],
  ] as const);
  return { ...root, properties };
}

/** Conversion strategy None: the version changes, nothing else. */
export const relabel: ConvertObject = (object, apiVersion) => ({ ...object, apiVersion });

import type { PatchBody } from '../../../api/ports/kube-api';
import { cloneJson, equalJson, isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { formatSelector, type LabelSelector } from '../../../machinery/selectors';
import { managersAfterUpdate } from '../apply/field-manager';
import { parentManagers, type ReplicasPath, scaleManagers } from '../apply/scale-managers';
import { goSchema } from '../builtins/catalog';
import { strategy } from '../builtins/strategy';
import { groupVersion, type ResourceDefinition, type ScalePaths, type VersionDefinition } from '../registry/resource';
import { applied, describe, readIntent, unfit } from './apply';
import type { Caller, Core, MutationOptions, Target } from './core';
import { setManagers } from './create';
import { decodeObject } from './decode';
import { invalid } from './field-error';
import { fieldContext } from './fields';
import { checkIdentity } from './identity';
import { patched } from './patch';
import { getObject } from './read';
import {
  badRequest,
  internalError,
  invalidObject,
  noSuchPath,
  notFound,
  Refusal,
  unsupportedCustomPatch,
} from './refusal';
import { modifyObject } from './update';

const BUILTIN_PATHS: ScalePaths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
};

function pathsOf(target: Target): ScalePaths {
  if (!target.version.subresources.has('scale')) {
    throw target.resource.isCustom ? notFound(target.resource, target.name) : noSuchPath();
  }
  return target.version.scale ?? BUILTIN_PATHS;
}

const steps = (path: string): string[] => path.replace(/^\./, '').split('.');

/** An object as `autoscaling/v1` Scale. */
export function scaleOf(object: KubeObject, target: Target): KubeObject {
  const paths = pathsOf(target);
  const replicas = valueAt(object, ...steps(paths.specReplicasPath));
  const current = valueAt(object, ...steps(paths.statusReplicasPath));
  const selector =
    paths.labelSelectorPath === undefined ? undefined : valueAt(object, ...steps(paths.labelSelectorPath));
  const text =
    typeof selector === 'string' ? selector : isJsonObject(selector) ? formatSelector(selector as LabelSelector) : '';
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: typeof current === 'number' ? current : 0, ...(text === '' ? {} : { selector: text }) },
  };
}

export async function getScale(core: Core, target: Target): Promise<KubeObject> {
  const { specReplicasPath } = pathsOf(target);
  const object = await getObject(core, target);
  if (target.resource.isCustom && valueAt(object, ...steps(specReplicasPath)) === undefined) {
    throw internalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`);
  }
  return scaleOf(object, target);
}

/** PUT of a Scale. */
export function updateScale(
  core: Core,
  caller: Caller,
  target: Target,
  body: unknown,
  options: MutationOptions,
): Promise<KubeObject> {
  const at = scaleTarget(target);
  const given = decodeScale(body, at, target, caller, options);
  return setReplicas(core, caller, target, options, async (scale) => {
    const next = cloneJson(given);
    checkIdentity(next, at);
    const context = fieldContext(core, at, at.subresource, caller, options);
    setManagers(next, await managersAfterUpdate(scale, next, context));
    return next;
  });
}

function decodeScale(body: unknown, at: Target, target: Target, caller: Caller, options: MutationOptions): KubeObject {
  try {
    return decodeObject(cloneJson(body), at, caller, options);
  } catch (error) {
    // Custom resources are decoded where nobody knows a Scale: its own fault is not told.
    if (!target.resource.isCustom || !(error instanceof Refusal)) throw error;
    throw badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:110"');
  }
}

/** PATCH of a Scale. */
export function patchScale(
  core: Core,
  caller: Caller,
  target: Target,
  body: PatchBody,
  options: MutationOptions,
): Promise<KubeObject> {
  if (body.type === 'strategic' && target.resource.isCustom) throw unsupportedCustomPatch();
  const at = scaleTarget(target);
  if (body.type !== 'apply') {
    return setReplicas(core, caller, target, options, (scale) => patched(core, caller, at, scale, body, options));
  }
  const intent = readIntent(body, at, options);
  return setReplicas(core, caller, target, options, async (scale) => {
    const next = await applied(core, caller, at, scale, intent, body, options);
    if (target.resource.isCustom && !equalJson(next['spec'], scale['spec'])) throw inconvertible(intent, at);
    return next;
  });
}

/** What the real server comes to when an apply changes the Scale of a custom resource. */
const inconvertible = (intent: KubeObject, at: Target): Refusal =>
  unfit(
    `convert new object (${describe(intent, at)}) to proper version`,
    `request to convert CR to an invalid group/version: ${SCALE}`,
  );

const SCALE = 'autoscaling/v1';

/** The Scale of an object as a target of its own. */
function scaleTarget(target: Target): Target {
  const resource: ResourceDefinition = {
    ...target.resource,
    group: 'autoscaling',
    kind: 'Scale',
    isCustom: false,
    strategy: strategy(),
    convert: (scale) => scale,
  };
  const version: VersionDefinition = {
    ...target.version,
    name: 'v1',
    schema: goSchema('io.k8s.api.autoscaling.v1.Scale'),
    subresources: new Map(),
  };
  return { ...target, resource: { ...resource, versions: [version] }, version };
}

/** Stands for replicas that are not there: no Scale can say so. */
const ABSENT = -(2 ** 31);

async function setReplicas(
  core: Core,
  caller: Caller,
  target: Target,
  options: MutationOptions,
  change: (scale: KubeObject) => Promise<KubeObject>,
): Promise<KubeObject> {
  const paths = pathsOf(target);
  const path = steps(paths.specReplicasPath);
  const replicasPath = replicasPathOf(target);
  const object = await modifyObject(core, caller, target, options, async (live) => {
    const scale = scaleOf(live, target);
    if (valueAt(live, ...path) === undefined) scale['spec'] = { replicas: ABSENT };
    setManagers(scale, scaleManagers(live.metadata.managedFields, replicasPath));
    const changed = await change(scale);
    const replicas = valueAt(changed, 'spec', 'replicas') ?? 0;
    checkReplicas(replicas, target, paths);
    const next = cloneJson(live);
    write(next, path, replicas);
    const { resourceVersion = '' } = changed.metadata;
    if (resourceVersion !== '') next.metadata.resourceVersion = resourceVersion;
    const apiVersion = groupVersion(target.resource.group, target.version.name);
    const { managedFields } = changed.metadata;
    setManagers(next, parentManagers(live.metadata.managedFields, managedFields, replicasPath, apiVersion));
    return next;
  });
  return scaleOf(object, target);
}

function checkReplicas(replicas: unknown, { resource, name }: Target, paths: ScalePaths): void {
  if (replicas === ABSENT) {
    throw badRequest(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} cannot be empty`);
  }
  // Custom resources say so themselves, by the path of their replicas.
  if (resource.isCustom || (typeof replicas === 'number' && replicas >= 0)) return;
  throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, name, [
    invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ]);
}

const replicasPathOf =
  ({ resource }: Target): ReplicasPath =>
  (apiVersion) => {
    const version = resource.versions.find(({ name }) => groupVersion(resource.group, name) === apiVersion);
    if (version === undefined) return null;
    const paths = resource.isCustom ? version.scale : BUILTIN_PATHS;
    return paths === undefined ? undefined : steps(paths.specReplicasPath);
  };

function write(root: { [key: string]: unknown }, path: readonly string[], value: unknown): void {
  let at = root;
  for (const step of path.slice(0, -1)) {
    const next = at[step];
    const below: { [key: string]: unknown } = isJsonObject(next) ? next : {};
    at[step] = below;
    at = below;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

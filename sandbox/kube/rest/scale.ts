import type { PatchBody } from '../../../api/ports/kube-api';
import { cloneJson, isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { formatSelector, type LabelSelector } from '../../../machinery/selectors';
import { managersAfterUpdate } from '../apply/field-manager';
import { decodeManagers } from '../apply/managers';
import { fieldStep } from '../apply/path-set';
import { jsonPatch } from '../patch/json-patch';
import { mergePatch } from '../patch/merge-patch';
import type { ScalePaths } from '../registry/resource';
import type { Caller, Core, MutationOptions, Target } from './core';
import { setManagers } from './create';
import { invalid } from './field-error';
import { fieldContext } from './fields';
import { getObject } from './read';
import { badRequest, invalidObject, noSuchPath, notFound } from './refusal';
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
  return scaleOf(await getObject(core, target), target);
}

/** PUT of a Scale. */
export function updateScale(
  core: Core,
  caller: Caller,
  target: Target,
  body: unknown,
  options: MutationOptions,
): Promise<KubeObject> {
  return setReplicas(core, caller, target, options, () => body);
}

/** PATCH of a Scale. */
export function patchScale(
  core: Core,
  caller: Caller,
  target: Target,
  body: PatchBody,
  options: MutationOptions,
): Promise<KubeObject> {
  return setReplicas(core, caller, target, options, (scale) =>
    body.type === 'json' ? jsonPatch(scale, body.patch) : mergePatch(scale, body.patch),
  );
}

async function setReplicas(
  core: Core,
  caller: Caller,
  target: Target,
  options: MutationOptions,
  change: (scale: KubeObject) => unknown,
): Promise<KubeObject> {
  const paths = pathsOf(target);
  const object = await modifyObject(core, caller, target, options, async (live) => {
    const scale = change(scaleOf(live, target));
    if (!isJsonObject(scale)) throw badRequest('the request body is not a Scale');
    const replicas = valueAt(scale, 'spec', 'replicas') ?? 0;
    const isCount = typeof replicas === 'number' && replicas >= 0;
    // Custom resources say so themselves, by the path of their replicas.
    if (!isCount && !target.resource.isCustom) {
      throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, target.name, [
        invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ]);
    }
    const next = cloneJson(live);
    write(next, steps(paths.specReplicasPath), replicas);
    const version = valueAt(scale, 'metadata', 'resourceVersion');
    if (typeof version === 'string') next.metadata.resourceVersion = version;
    const path = steps(paths.specReplicasPath).map(fieldStep);
    // Where nobody owns the replicas, the scale has no managers, and what has none is not tracked.
    if ([...decodeManagers(live.metadata.managedFields).values()].some(({ fields }) => fields.has(path))) {
      const context = fieldContext(core, target, 'scale', caller, options);
      setManagers(next, await managersAfterUpdate(live, next, context));
    }
    return next;
  });
  return scaleOf(object, target);
}

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

import type { PatchBody } from '../../../api/ports/kube-api';
import { cloneJson, isJsonObject, valueAt } from '../../../machinery/json';
import { type KubeObject, parseApiVersion } from '../../../machinery/kube-object';
import { ApplyConflict } from '../apply/conflict';
import { applyOverLastApplied } from '../apply/last-applied';
import { typedFault } from '../apply/typed-check';
import { groupVersion } from '../registry/resource';
import type { DecodeReport } from '../schema/go-decode';
import type { Caller, Core, MutationOptions, Target } from './core';
import { setManagers, storeNew } from './create';
import { checkKind, decodeFields } from './decode';
import { emptyObject, fieldContext } from './fields';
import { checkIdentity } from './identity';
import { badRequest, conflict, notFound, Refusal } from './refusal';
import { reportStrict, yamlFaults } from './strict';
import { tryModifyObject } from './update';

export type ApplyBody = Extract<PatchBody, { type: 'apply' }>;

/** Server-side apply: changes what is there or creates what is not. */
export async function applyObject(
  core: Core,
  caller: Caller,
  target: Target,
  body: ApplyBody,
  options: MutationOptions,
): Promise<KubeObject> {
  const intent = readIntent(body, target, options);
  for (;;) {
    const modified = await tryModifyObject(core, caller, target, options, (live) =>
      applied(core, caller, target, live, intent, body, options),
    );
    if (modified !== undefined) return modified;
    const created = await applyNew(core, caller, target, intent, body, options);
    if (created !== undefined) return created;
  }
}

const uidMismatch = ({ metadata }: KubeObject, { resource, name }: Target): Refusal =>
  conflict(
    resource,
    name,
    `uid mismatch: the provided object specified uid ${metadata.uid ?? ''}, and no existing object was found`,
  );

function invalidManager(): Refusal {
  return new Refusal({
    code: 422,
    reason: 'Invalid',
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    details: {
      group: 'meta.k8s.io',
      kind: 'PatchOptions',
      causes: [
        { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
      ],
    },
  });
}

/** What a configuration makes of `live`, with its managers. */
export async function applied(
  core: Core,
  caller: Caller,
  target: Target,
  live: KubeObject,
  intent: KubeObject,
  { patch, force }: ApplyBody,
  options: MutationOptions,
): Promise<KubeObject> {
  const fault = typedFault(intent, target.version.schema);
  if (fault !== undefined) throw unfit(`create typed patch object (${describe(intent, target)})`, fault);
  const context = fieldContext(core, target, target.subresource, caller, options);
  const { object, managedFields } = await applyOverLastApplied(live, intent, patch, force === true, context).catch(
    (error: unknown) => {
      if (!(error instanceof ApplyConflict)) throw error;
      const { message, causes } = error.describe();
      throw new Refusal({ code: 409, reason: 'Conflict', message, details: { causes } });
    },
  );
  reportYaml(caller, options);
  const next = object === undefined ? cloneJson(live) : decodeApplied(object, intent, target);
  checkIdentity(next, target);
  setManagers(next, managedFields);
  return next;
}

async function applyNew(
  core: Core,
  caller: Caller,
  target: Target,
  intent: KubeObject,
  body: ApplyBody,
  options: MutationOptions,
): Promise<KubeObject | undefined> {
  if (target.subresource !== '') throw notFound(target.resource, target.name);
  const next = await applied(core, caller, target, emptyObject(target), intent, body, options);
  if (intent.metadata.uid !== undefined) throw uidMismatch(intent, target);
  // What is made anew has no version to insist on.
  if (options.dryRun !== true) delete next.metadata.resourceVersion;
  try {
    return await storeNew(core, caller, target, next, next.metadata.managedFields, options);
  } catch (error) {
    // Somebody else created it while admission was asked: apply to theirs.
    if (error instanceof Refusal && error.status.reason === 'AlreadyExists') return undefined;
    throw error;
  }
}

/** A configuration that names keys twice is read as YAML, after it was applied. */
function reportYaml(caller: Caller, options: MutationOptions): void {
  reportStrict(yamlFaults(options), caller, options, (all) =>
    badRequest(`error strict decoding YAML: error converting YAML to JSON: ${all}`),
  );
}

/** The merged object as its type reads it; custom resources have none. */
function decodeApplied(object: KubeObject, intent: KubeObject, target: Target): KubeObject {
  const report: DecodeReport = { faults: [], decoder: 'converter' };
  const decoded = decodeFields(cloneJson(object), target, report, false);
  if (report.typeError === undefined || target.resource.isCustom) return decoded;
  throw unfit(
    `convert new object (${describe(intent, target)}) to proper version`,
    `unable to convert unstructured object to ${kindAsGo(target)}: ${report.typeError}`,
  );
}

export const unfit = (what: string, why: string): Refusal =>
  new Refusal({ code: 500, reason: '', message: `failed to ${what}: ${why}` });

/** A configuration as Go prints it: by what it says itself. */
export function describe({ metadata }: KubeObject, target: Target): string {
  const [namespace, name] = ['namespace', 'name'].map((field) => {
    const value = valueAt(metadata, field);
    return typeof value === 'string' ? value : '';
  });
  return `${namespace}/${name}; ${kindAsGo(target)}`;
}

const kindAsGo = ({ resource, version }: Target): string => `${resource.group}/${version.name}, Kind=${resource.kind}`;

/** The kind of an apply body is told as Go prints a group, version and kind. */
function wrongType(given: { readonly [field: string]: unknown }): Refusal {
  const { group, version } = parseApiVersion(String(given['apiVersion'] ?? ''));
  return badRequest(`invalid object type: ${group}/${version}, Kind=${String(given['kind'] ?? '')}`);
}

/** The configuration of a request: of its kind and version, and somebody's. */
export function readIntent(body: ApplyBody, target: Target, { fieldManager = '' }: MutationOptions): KubeObject {
  if (fieldManager === '') throw invalidManager();
  const patch = cloneJson(body.patch);
  const { group, kind } = target.resource;
  const given = isJsonObject(patch) ? patch : {};
  if (given['apiVersion'] !== groupVersion(group, target.version.name) || given['kind'] !== kind) {
    throw wrongType(given);
  }
  const intent = checkKind(patch, target);
  const managers = valueAt(intent.metadata, 'managedFields');
  if (managers !== undefined && managers !== null) throw badRequest('metadata.managedFields must be nil');
  return intent;
}

import type { PatchBody } from '../../../api/ports/kube-api';
import { cloneJson, isJsonObject, valueAt } from '../../../machinery/json';
import { type KubeObject, parseApiVersion } from '../../../machinery/kube-object';
import { ApplyConflict } from '../apply/conflict';
import { managersAfterUpdate } from '../apply/field-manager';
import { applyOverLastApplied } from '../apply/last-applied';
import { typedFault } from '../apply/typed-check';
import { definitionOfKind } from '../builtins/catalog';
import { jsonPatch } from '../patch/json-patch';
import { mergePatch } from '../patch/merge-patch';
import { strategicPatch } from '../patch/strategic-patch';
import { groupVersion } from '../registry/resource';
import type { DecodeReport } from '../schema/go-decode';
import { goValue } from '../schema/go-words';
import { faultText } from '../schema/strict-faults';
import type { Caller, Core, MutationOptions, Target } from './core';
import { setManagers, storeNew } from './create';
import { checkKind, decodeFields, inconvertible, typeMetaFault, unregistered } from './decode';
import { invalid } from './field-error';
import { emptyObject, fieldContext } from './fields';
import { badRequest, conflict, internalError, invalidObject, notFound, Refusal } from './refusal';
import { duplicateTexts, faultTexts, jsonDuplicates, reportStrict, yamlFaults } from './strict';
import { modifyObject, tryModifyObject } from './update';

/** PATCH, in all its forms. */
export function patchObject(
  core: Core,
  caller: Caller,
  target: Target,
  body: PatchBody,
  options: MutationOptions,
): Promise<KubeObject> {
  if (body.type === 'apply') return applyObject(core, caller, target, body, options);
  if (body.type === 'strategic' && target.resource.isCustom) {
    throw new Refusal({
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    });
  }
  return modifyObject(core, caller, target, options, async (live) => {
    const patched = patchedObject(live, body, target);
    const next = decodePatched(patched, body, target, caller, options);
    checkIdentity(next, target);
    const context = fieldContext(core, target, target.subresource, caller, options);
    setManagers(next, await managersAfterUpdate(live, next, context));
    return next;
  });
}

function patchedObject(live: KubeObject, body: Exclude<PatchBody, { type: 'apply' }>, target: Target): unknown {
  if (body.type === 'merge') return mergePatch(live, body.patch);
  if (body.type === 'json') return jsonPatch(live, body.patch);
  if (!isJsonObject(body.patch)) throw badRequest('the patch is not a JSON object');
  return strategicPatch(live, body.patch, target.version.schema);
}

function decodePatched(
  patched: unknown,
  body: Exclude<PatchBody, { type: 'apply' }>,
  target: Target,
  caller: Caller,
  options: MutationOptions,
): KubeObject {
  const { isCustom } = target.resource;
  // Decoding copies custom resources to the bottom, builtin kinds but for their free-form parts.
  const own = isCustom ? patched : cloneJson(patched);
  const isStrategic = body.type === 'strategic';
  const refuse = (why: string): Refusal =>
    undecodable(isStrategic ? goValue(body.patch) : JSON.stringify(patched), why);
  const report: DecodeReport = { faults: [], decoder: isStrategic ? 'converter' : 'json' };
  const next = decodeFields(ofKind(own, isStrategic, target, refuse), target, report);
  if (report.typeError !== undefined) throw refuse(report.typeError);
  // The converter walks over maps, whose order nobody knows: it sorts what it found.
  const faults = [...patchFaults(body, options), ...faultTexts(report.faults, isCustom || isStrategic)];
  reportStrict(faults, caller, options, (all) => refuse(`strict decoding error: ${all}`));
  return next;
}

/** A patched object must still be of its kind. */
function ofKind(patched: unknown, isStrategic: boolean, target: Target, refuse: (why: string) => Refusal): KubeObject {
  const { group, kind, isCustom } = target.resource;
  const apiVersion = groupVersion(group, target.version.name);
  // The converter fills in a Go value that knows its kind.
  if (isStrategic && isJsonObject(patched)) return checkKind({ ...patched, apiVersion, kind }, target);
  const fault = typeMetaFault(patched);
  if (fault !== undefined) throw refuse(`couldn't get version/kind; json parse error: ${fault}`);
  const [givenVersion, givenKind] = ['apiVersion', 'kind'].map((field) => String(valueAt(patched, field) ?? ''));
  const given = { apiVersion: givenVersion ?? '', kind: givenKind ?? '' };
  if (isCustom) checkCustomKind(patched, given, { apiVersion, kind }, target.name, refuse);
  else if (given.kind !== '' && (given.kind !== kind || given.apiVersion !== apiVersion)) {
    if (given.apiVersion === '') throw nameless(target);
    const isKnown = definitionOfKind(given.apiVersion, given.kind) !== undefined;
    throw refuse(isKnown ? inconvertible(given, target) : unregistered(given.kind, given.apiVersion));
  }
  return checkKind({ ...Object(patched), apiVersion, kind }, target);
}

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Custom resources say in their data alone what they are. */
function checkCustomKind(
  patched: unknown,
  given: TypeMeta,
  expected: TypeMeta,
  name: string,
  refuse: (why: string) => Refusal,
): void {
  if (given.kind === '') throw refuse(`Object 'Kind' is missing in '${JSON.stringify(patched)}'`);
  if (given.apiVersion === '')
    throw internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  const fields = ['apiVersion', 'kind'] as const;
  const faults = fields
    .filter((field) => given[field] !== expected[field])
    .map((field) => invalid(field, given[field], `must be ${expected[field]}`));
  const { group } = parseApiVersion(given.apiVersion);
  if (faults.length > 0) throw invalidObject({ group, kind: given.kind }, name, faults);
}

/** What is wrong with the text of a patch itself. */
function patchFaults(body: PatchBody, options: MutationOptions): string[] {
  const duplicates = duplicateTexts(jsonDuplicates(options));
  if (body.type !== 'json') return duplicates;
  const unknown = body.patch.flatMap((operation, index) =>
    Object.keys(isJsonObject(operation) ? operation : {})
      .filter((name) => !OPERATION_FIELDS.includes(name))
      .map((name) => faultText({ what: 'unknown', path: `[${index}].${name}` })),
  );
  return [...duplicates, ...unknown].map((fault) => `json patch ${fault}`);
}

const OPERATION_FIELDS: readonly string[] = ['op', 'path', 'from', 'value'];

/** The patched object does not fit its type. */
function undecodable(shown: string, why: string): Refusal {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new Refusal({
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: patch: ${message}`,
    details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] },
  });
}

function checkIdentity({ metadata }: KubeObject, target: Target): void {
  const { name = '', namespace = '', resourceVersion = '' } = metadata;
  if (namespace === '' && target.namespace !== '') metadata.namespace = target.namespace;
  else if (namespace !== target.namespace) throw wrongNamespace();
  if (name === '') throw nameless(target);
  if (name !== target.name) throw wrongName(name, target);
  if (!/^\d*$/.test(resourceVersion)) {
    const message = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`;
    throw new Refusal({ code: 500, reason: '', message });
  }
}

const nameless = ({ name }: Target): Refusal =>
  badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);

const wrongName = (given: string, { name }: Target): Refusal =>
  badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);

const wrongNamespace = (): Refusal =>
  badRequest('the namespace of the provided object does not match the namespace sent on the request');

type ApplyBody = Extract<PatchBody, { type: 'apply' }>;

/** Server-side apply: changes what is there or creates what is not. */
async function applyObject(
  core: Core,
  caller: Caller,
  target: Target,
  body: ApplyBody,
  options: MutationOptions,
): Promise<KubeObject> {
  if (options.fieldManager === undefined || options.fieldManager === '') {
    throw invalidManager();
  }
  const intent = checkIntent(cloneJson(body.patch), target);
  for (;;) {
    const modified = await tryModifyObject(core, caller, target, options, async (live) => {
      if (intent.metadata.uid !== undefined && intent.metadata.uid !== live.metadata.uid) {
        throw conflict(
          target.resource,
          target.name,
          `uid mismatch: the provided object specified uid ${intent.metadata.uid}, and no existing object was found`,
        );
      }
      const { object, managedFields } = await applied(core, caller, target, live, intent, body, options);
      // An intent with a resourceVersion insists on it; otherwise the live one is carried along by the merge.
      reportYaml(caller, options);
      const next = object === undefined ? cloneJson(live) : decodeApplied(object, target);
      setManagers(next, managedFields);
      return next;
    });
    if (modified !== undefined) return modified;
    const created = await applyNew(core, caller, target, intent, body, options);
    if (created !== undefined) return created;
  }
}

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

async function applied(
  core: Core,
  caller: Caller,
  target: Target,
  live: KubeObject,
  intent: KubeObject,
  { patch, force }: ApplyBody,
  options: MutationOptions,
) {
  const context = fieldContext(core, target, target.subresource, caller, options);
  try {
    return await applyOverLastApplied(live, intent, patch, force === true, context);
  } catch (error) {
    if (!(error instanceof ApplyConflict)) throw error;
    const { message, causes } = error.describe();
    throw new Refusal({ code: 409, reason: 'Conflict', message, details: { causes } });
  }
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
  if (intent.metadata.uid !== undefined) {
    throw conflict(
      target.resource,
      target.name,
      `uid mismatch: the provided object specified uid ${intent.metadata.uid}, and no existing object was found`,
    );
  }
  if (intent.metadata.resourceVersion !== undefined) throw notFound(target.resource, target.name);
  const { object, managedFields } = await applied(core, caller, target, emptyObject(target), intent, body, options);
  reportYaml(caller, options);
  const next = decodeApplied(object ?? intent, target);
  try {
    return await storeNew(core, caller, target, next, managedFields, options);
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

function decodeApplied(object: KubeObject, target: Target): KubeObject {
  return decodeFields(cloneJson(object), target, { faults: [] }, false);
}

/** The kind of an apply body is told as Go prints a group, version and kind. */
function wrongType(given: { readonly [field: string]: unknown }): Refusal {
  const { group, version } = parseApiVersion(String(given['apiVersion'] ?? ''));
  return badRequest(`invalid object type: ${group}/${version}, Kind=${String(given['kind'] ?? '')}`);
}

/** What an apply body must be: of the request's version, named as the URL says, and typed as the schema says. */
function checkIntent(patch: unknown, target: Target): KubeObject {
  const { group, kind } = target.resource;
  const apiVersion = groupVersion(group, target.version.name);
  const given = isJsonObject(patch) ? patch : {};
  if (given['apiVersion'] !== apiVersion || given['kind'] !== kind) throw wrongType(given);
  if (valueAt(given, 'metadata') === undefined) throw nameless(target);
  const intent = checkKind(patch, target);
  const { metadata } = intent;
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  if (metadata.name !== undefined && metadata.name !== target.name) throw wrongName(metadata.name, target);
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== target.namespace) {
    throw wrongNamespace();
  }
  const namespace = metadata.namespace ?? '';
  metadata.name = target.name;
  if (target.resource.namespaced) metadata.namespace = target.namespace;
  const fault = typedFault(intent, target.version.schema);
  if (fault !== undefined) {
    throw new Refusal({
      code: 500,
      reason: '',
      message: `failed to create typed patch object (${namespace}/${target.name}; ${target.resource.group}/${target.version.name}, Kind=${target.resource.kind}): ${fault}`,
    });
  }
  return intent;
}

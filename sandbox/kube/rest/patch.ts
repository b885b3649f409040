import type { PatchBody } from '../../../api/ports/kube-api';
import { cloneJson, isJsonObject, valueAt } from '../../../machinery/json';
import { type KubeObject, parseApiVersion } from '../../../machinery/kube-object';
import { managersAfterUpdate } from '../apply/field-manager';
import { definitionOfKind } from '../builtins/catalog';
import { jsonPatch } from '../patch/json-patch';
import { mergePatch } from '../patch/merge-patch';
import { strategicPatch } from '../patch/strategic-patch';
import { groupVersion } from '../registry/resource';
import type { DecodeReport } from '../schema/go-decode';
import { goValue } from '../schema/go-words';
import { faultText } from '../schema/strict-faults';
import { applyObject } from './apply';
import type { Caller, Core, MutationOptions, Target } from './core';
import { setManagers } from './create';
import { checkKind, decodeFields, inconvertible, typeMetaFault, unregistered } from './decode';
import { invalid } from './field-error';
import { fieldContext } from './fields';
import { checkIdentity, nameless } from './identity';
import { badRequest, internalError, invalidObject, Refusal, unsupportedCustomPatch } from './refusal';
import { duplicateTexts, faultTexts, jsonDuplicates, reportStrict } from './strict';
import { modifyObject } from './update';

/** PATCH, in all its forms. */
export function patchObject(
  core: Core,
  caller: Caller,
  target: Target,
  body: PatchBody,
  options: MutationOptions,
): Promise<KubeObject> {
  if (body.type === 'apply') return applyObject(core, caller, target, body, options);
  if (body.type === 'strategic' && target.resource.isCustom) throw unsupportedCustomPatch();
  return modifyObject(core, caller, target, options, (live) => patched(core, caller, target, live, body, options));
}

/** What a patch makes of `live`, with its managers. */
export async function patched(
  core: Core,
  caller: Caller,
  target: Target,
  live: KubeObject,
  body: Exclude<PatchBody, { type: 'apply' }>,
  options: MutationOptions,
): Promise<KubeObject> {
  const next = decodePatched(patchedObject(live, body, target), body, target, caller, options);
  checkIdentity(next, target);
  const context = fieldContext(core, target, target.subresource, caller, options);
  setManagers(next, await managersAfterUpdate(live, next, context));
  return next;
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

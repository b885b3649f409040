import { isJsonObject, valueAt } from '../../../machinery/json';
import { type KubeObject, parseApiVersion } from '../../../machinery/kube-object';
import { definitionOfKind, objectMetaSchema } from '../builtins/catalog';
import type { Served } from '../registry/registry';
import { groupVersion } from '../registry/resource';
import { applyDefaults } from '../schema/defaulting';
import { type DecodeReport, goDecode } from '../schema/go-decode';
import { jsonKind } from '../schema/go-words';
import { prune } from '../schema/prune';
import { ruleFaults } from '../schema/rules';
import type { Caller, MutationOptions } from './core';
import { invalid } from './field-error';
import { badRequest, invalidObject, type Refusal } from './refusal';
import { duplicateTexts, faultTexts, jsonDuplicates, reportStrict, yamlFaults } from './strict';

/** An object with the kind and version a request to `served` must carry. */
export function checkKind(body: unknown, served: Served, bodyKind?: { apiVersion: string; kind: string }): KubeObject {
  if (!isJsonObject(body)) throw badRequest('the request body is not a JSON object');
  const apiVersion = bodyKind?.apiVersion ?? groupVersion(served.resource.group, served.version.name);
  const kind = bodyKind?.kind ?? served.resource.kind;
  const given = { apiVersion: body['apiVersion'], kind: body['kind'] };
  if (given.kind === undefined && served.resource.isCustom) {
    const text = JSON.stringify(body);
    const start = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in '${text}' (${start})`,
    );
  }
  const isUnversioned = served.resource.isCustom && given.apiVersion === undefined;
  if (given.kind !== undefined && given.kind !== kind && !isUnversioned) {
    throw wrongKind(String(given.kind), served, body);
  }
  if (given.apiVersion === undefined ? served.resource.isCustom : given.apiVersion !== apiVersion) {
    throw badRequest(
      served.resource.isCustom
        ? `the API version in the data (${String(given.apiVersion ?? '')}) does not match the expected API version (${apiVersion})`
        : `${kind} in version ${JSON.stringify(String(given.apiVersion).split('/').at(-1))} cannot be handled as a ${kind}: ${unregistered(kind, String(given.apiVersion))}`,
    );
  }
  // It is checked by decoding with the schema of ObjectMeta.
  const metadata = body['metadata'] ?? {};
  return { ...body, apiVersion, kind, metadata } as unknown as KubeObject;
}

/** Why the type of an object cannot even be read; undefined when it can. */
export function typeMetaFault(body: unknown): string | undefined {
  if (body !== null && !isJsonObject(body)) {
    return `json: cannot unmarshal ${jsonKind(body)} into Go value of type ${TYPE_META}`;
  }
  for (const field of ['apiVersion', 'kind']) {
    const value = valueAt(body, field) ?? '';
    if (typeof value === 'string') continue;
    return `json: cannot unmarshal ${jsonKind(value)} into Go struct field .${field} of type string`;
  }
  return undefined;
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

export const unregistered = (kind: string, apiVersion: string): string =>
  `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`;

/** Reads a request body into an object of the request's version: known fields only, defaults filled in. */
export function decodeObject(body: unknown, served: Served, caller: Caller, options: MutationOptions): KubeObject {
  const object = checkKind(body, served);
  const { isCustom } = served.resource;
  const twice = jsonDuplicates(options);
  const report: DecodeReport = { faults: [], twice: isCustom ? undefined : new Set(twice) };
  const decoded = decodeFields(object, served, report);
  const { typeError } = report;
  if (typeError !== undefined) throw badRequest(`${handledAs(served)}${typeError}`);
  const ofText = [...yamlFaults(options), ...(isCustom ? duplicateTexts(twice) : [])];
  const faults = [...ofText, ...faultTexts(report.faults, isCustom)];
  reportStrict(faults, caller, options, (all) => badRequest(`${handledAs(served)}strict decoding error: ${all}`));
  return decoded;
}

/** Known fields and defaults of an object that comes from a trusted place (a patched or stored object). */
export function decodeFields(object: KubeObject, served: Served, report: DecodeReport, dropsNulls = true): KubeObject {
  const { apiVersion, kind } = object;
  const { schema } = served.version;
  if (!served.resource.isCustom) {
    // Decoding by the schema of a builtin kind gives an object of that kind.
    const decoded = goDecode(object, schema, report) as KubeObject;
    const result: KubeObject = { ...cloneShallow(decoded), apiVersion, kind };
    const managers = valueAt(object.metadata, 'managedFields');
    // An empty list is more than none: it asks for what the list of an empty entry asks for.
    if (Array.isArray(managers) && managers.length === 0) result.metadata.managedFields = [{}];
    served.resource.strategy.defaults(result);
    return result;
  }
  const metadata = goDecode(object.metadata, objectMetaSchema, report, 'metadata');
  const pruned = prune(object, schema, report.faults, '', true) as KubeObject;
  const result = { ...pruned, metadata } as KubeObject;
  applyDefaults(result, schema, dropsNulls);
  return result;
}

/** goDecode makes new maps and lists, but leaves free-form parts shared; defaults never touch those. */
const cloneShallow = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata } });

function wrongKind(given: string, { resource, version }: Served, body: object): Refusal {
  const { group, kind } = resource;
  if (resource.isCustom) {
    const name = String(valueAt(body, 'metadata', 'name') ?? '');
    // Its rules are asked before that, of what the schema leaves of it.
    const pruned = prune(body, version.schema, [], '', true) as KubeObject;
    const faults = [invalid('kind', given, `must be ${kind}`), ...ruleFaults(pruned, undefined, version.schema)];
    return invalidObject({ group, kind: given }, name, faults);
  }
  const apiVersion = groupVersion(resource.group, version.name);
  const isKnown = definitionOfKind(apiVersion, given) !== undefined;
  const why = isKnown
    ? inconvertible({ apiVersion, kind: given }, { resource, version })
    : unregistered(given, apiVersion);
  return badRequest(`${given} in version ${JSON.stringify(version.name)} cannot be handled as a ${kind}: ${why}`);
}

/** Why an object of one Go type is none of another. */
export function inconvertible(
  given: { readonly apiVersion: string; readonly kind: string },
  { resource }: Served,
): string {
  const family = resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '');
  const { version } = parseApiVersion(given.apiVersion);
  return `converting (${version}.${given.kind}) to (${family}.${resource.kind}): unknown conversion`;
}

/** How a builtin kind's decoder begins its complaints. */
function handledAs({ resource, version }: Served): string {
  const { kind } = resource;
  return `${kind} in version ${JSON.stringify(version.name)} cannot be handled as a ${kind}: `;
}

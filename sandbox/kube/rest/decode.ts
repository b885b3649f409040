import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { objectMetaSchema } from '../builtins/catalog';
import type { Served } from '../registry/registry';
import { groupVersion } from '../registry/resource';
import { applyDefaults } from '../schema/defaulting';
import { type DecodeReport, goDecode } from '../schema/go-decode';
import { prune } from '../schema/prune';
import type { Caller, MutationOptions } from './core';
import { invalid } from './field-error';
import { badRequest, invalidObject, type Refusal } from './refusal';

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
  if (given.kind !== undefined && given.kind !== kind) throw wrongKind(String(given.kind), served, body);
  if (given.apiVersion === undefined ? served.resource.isCustom : given.apiVersion !== apiVersion) {
    throw badRequest(
      served.resource.isCustom
        ? `the API version in the data (${String(given.apiVersion ?? '')}) does not match the expected API version (${apiVersion})`
        : `${kind} in version ${JSON.stringify(String(given.apiVersion).split('/').at(-1))} cannot be handled as a ${kind}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(given.apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    );
  }
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  // Its fields are checked by decoding with the schema of ObjectMeta.
  return { ...body, apiVersion, kind, metadata } as unknown as KubeObject;
}

/** Reads a request body into an object of the request's version: known fields only, defaults filled in. */
export function decodeObject(body: unknown, served: Served, caller: Caller, options: MutationOptions): KubeObject {
  const object = checkKind(body, served);
  const report: DecodeReport = { unknown: [] };
  const decoded = decodeFields(object, served, report);
  const { typeError } = report;
  if (typeError !== undefined) throw badRequest(`${handledAs(served)}${typeError}`);
  reportUnknown(report.unknown, served, caller, options);
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
    served.resource.strategy.defaults(result);
    return result;
  }
  const metadata = goDecode(object.metadata, objectMetaSchema, report, 'metadata');
  const pruned = prune(object, schema, report.unknown, '', true) as KubeObject;
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
    return invalidObject({ group, kind: given }, name, [invalid('kind', given, `must be ${kind}`)]);
  }
  const family = resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '');
  return badRequest(
    `${given} in version ${JSON.stringify(version.name)} cannot be handled as a ${kind}: converting (${version.name}.${given}) to (${family}.${kind}): unknown conversion`,
  );
}

/** How a builtin kind's decoder begins its complaints. */
function handledAs({ resource, version }: Served): string {
  const { kind } = resource;
  return `${kind} in version ${JSON.stringify(version.name)} cannot be handled as a ${kind}: `;
}

/** Refuses unknown fields, warns of them, or lets them go, as the request wishes. */
export function reportUnknown(
  unknown: readonly string[],
  served: Served,
  caller: Caller,
  options: MutationOptions,
): void {
  if (unknown.length === 0 || options.fieldValidation === 'Ignore') return;
  const paths = served.resource.isCustom ? [...unknown].sort() : unknown;
  const texts = paths.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (options.fieldValidation === 'Strict') {
    throw badRequest(`${handledAs(served)}strict decoding error: ${texts.join(', ')}`);
  }
  caller.warnings.push(...texts);
}

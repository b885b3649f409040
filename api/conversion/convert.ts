/** Objects between the versions of their kind, without loss: the one entry for the sandbox and for `/convert`. */
import { CapstanError } from '../../machinery/errors';
import { cloneJson, equalJson, isJsonObject, valueAt } from '../../machinery/json';
import { describeObject, type KubeObject, parseApiVersion } from '../../machinery/kube-object';
import { kindFor } from '../crds';
import type { Kind } from '../define-kind';
import { CONVERSION_DATA_ANNOTATION } from '../labels';
import { storageSchemaOf } from '../storage-schema';
import { cloudStackLenses } from './cloudstack';
import * as machines from './cluster-api-machines';
import * as kubeadm from './kubeadm';
import type { Fields, Lens } from './lens';
import { mergeEdits } from './merge';
import { tidy } from './tidy';

/** A kind or version that none of our CRDs serves. */
export class ConversionUnknown extends CapstanError {
  constructor(object: KubeObject, toApiVersion: string) {
    super({
      name: 'ConversionUnknown',
      code: 'CONVERSION_UNKNOWN',
      retry: 'never',
      object: describeObject(object),
      message: `${describeObject(object)} cannot be converted from ${object.apiVersion} to ${toApiVersion}: no kind of ours has both versions; check the apiVersion`,
    });
  }
}

const clusterApiLenses: { readonly [kind: string]: Lens } = {
  Cluster: machines.cluster,
  Machine: machines.machine,
  MachineSet: machines.machineSet,
  MachineDeployment: machines.machineDeployment,
  KubeadmConfig: kubeadm.kubeadmConfig,
  KubeadmConfigTemplate: kubeadm.kubeadmConfigTemplate,
  KubeadmControlPlane: kubeadm.kubeadmControlPlane,
  KubeadmControlPlaneTemplate: kubeadm.kubeadmControlPlaneTemplate,
};

/**
 * The object in another version of its kind. What that version cannot say is kept in an annotation and comes back on
 * the way home, unless somebody changed it in between.
 * @throws ConversionUnknown
 */
export function convert<T extends KubeObject>(object: T, toApiVersion: string): KubeObject {
  if (object.apiVersion === toApiVersion) return object;
  const kind = kindFor(object.apiVersion, object.kind);
  if (kind === undefined || kindFor(toApiVersion, object.kind) !== kind) {
    throw new ConversionUnknown(object, toApiVersion);
  }
  const hub = object.apiVersion === kind.apiVersion ? object : toHub(object, kind);
  return toApiVersion === kind.apiVersion ? hub : fromHub(hub, kind, toApiVersion);
}

/** What an old version of one object looks like, in both directions, with whatever loss there is. */
interface View {
  up(old: Fields): Fields;
  down(hub: Fields): Fields;
}

function viewOf(object: KubeObject, kind: Kind<KubeObject>, version: string): View {
  const lens = cloudStackLenses[kind.kind]?.[version]?.(object.metadata.namespace ?? '') ?? clusterApiLenses[kind.kind];
  if (lens === undefined) throw new ConversionUnknown(object, version);
  const { spec, status } = storageSchemaOf(kind);
  return {
    up(old) {
      const hub = cloneJson(old);
      lens.up(hub);
      const parts: Fields = {};
      if (hub['spec'] !== undefined) parts['spec'] = tidy(hub['spec'], spec);
      // Kinds whose hub requires a spec get one; an absent one means an empty one.
      else if (kind.definition.specOptional !== true) parts['spec'] = {};
      if (hub['status'] !== undefined && status !== undefined) parts['status'] = tidy(hub['status'], status);
      return parts;
    },
    down(hub) {
      const old = cloneJson(hub);
      lens.down(old);
      return old;
    },
  };
}

/** On hub objects: what an old version said that the hub cannot. The old version's name follows. */
const OLD_DATA_ANNOTATION_PREFIX = 'conversion.capstan.dev/';

function toHub(object: KubeObject, kind: Kind<KubeObject>): KubeObject {
  const { version } = parseApiVersion(object.apiVersion);
  const view = viewOf(object, kind, version);
  const old = partsOf(object);
  let hub = view.up(old);
  const stored = storedHub(object, kind);
  if (stored !== undefined) hub = mergeParts(view.up(view.down(stored)), hub, stored);

  // A null is as good as an absent field to the API server, and not worth a note.
  const note = equalJson(withoutNulls(view.down(hub)), withoutNulls(old)) ? undefined : JSON.stringify(old);
  return assemble(object, kind.apiVersion, hub, {
    [CONVERSION_DATA_ANNOTATION]: undefined,
    [`${OLD_DATA_ANNOTATION_PREFIX}${version}`]: note,
  });
}

function fromHub(object: KubeObject, kind: Kind<KubeObject>, toApiVersion: string): KubeObject {
  const { version } = parseApiVersion(toApiVersion);
  const view = viewOf(object, kind, version);
  const hub = partsOf(object);
  let old = view.down(hub);
  const noteKey = `${OLD_DATA_ANNOTATION_PREFIX}${version}`;
  const stored = parseParts(object.metadata.annotations?.[noteKey]);
  if (stored !== undefined) old = mergeParts(view.down(view.up(stored)), old, stored);

  const data = equalJson(view.up(old), hub) ? undefined : JSON.stringify({ apiVersion: kind.apiVersion, ...hub });
  return assemble(object, toApiVersion, old, { [CONVERSION_DATA_ANNOTATION]: data, [noteKey]: undefined });
}

/**
 * The hub object in the annotation of an old one. CAPC's and Cluster API's own controllers write it without an
 * apiVersion, in the hub version of their time: v1beta3 for CloudStack kinds.
 */
function storedHub(object: KubeObject, kind: Kind<KubeObject>): Fields | undefined {
  const text = object.metadata.annotations?.[CONVERSION_DATA_ANNOTATION];
  const parts = parseParts(text);
  if (parts === undefined || text === undefined) return undefined;
  const isOurs = valueAt(tryParse(text), 'apiVersion') === kind.apiVersion;
  return isOurs || cloudStackLenses[kind.kind] === undefined ? parts : viewOf(object, kind, 'v1beta3').up(parts);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

function parseParts(text: string | undefined): Fields | undefined {
  const value = text === undefined ? undefined : tryParse(text);
  return isJsonObject(value) ? partsOf(value) : undefined;
}

/** Annotations can be edited by anybody; what is not JSON is as good as absent. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function partsOf(object: Fields): Fields {
  const { spec, status } = object;
  return { ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) };
}

function mergeParts(base: Fields, next: Fields, stored: Fields): Fields {
  const merged = mergeEdits(base, next, stored);
  return isJsonObject(merged) ? merged : next;
}

function assemble(
  object: KubeObject,
  apiVersion: string,
  parts: Fields,
  notes: { readonly [annotation: string]: string | undefined },
): KubeObject {
  const { spec: _spec, status: _status, ...rest } = object;
  const annotations = { ...object.metadata.annotations };
  for (const [key, value] of Object.entries(notes)) {
    if (value === undefined) delete annotations[key];
    else annotations[key] = value;
  }
  const { annotations: before, ...metadata } = object.metadata;
  // An empty map that was there stays, so that metadata is not changed without need.
  const keep = Object.keys(annotations).length > 0 || (before !== undefined && Object.keys(before).length === 0);
  return { ...rest, apiVersion, metadata: keep ? { ...metadata, annotations } : metadata, ...parts };
}

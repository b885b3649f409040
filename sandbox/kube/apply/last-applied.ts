import { canonicalJson, cloneJson, isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { annotationBytes, MAX_ANNOTATIONS } from '../registry/metadata';
import type { SchemaNode } from '../schema/node';
import { compare } from './compare';
import { ApplyConflict } from './conflict';
import { type Applied, applyConfiguration, type FieldContext } from './field-manager';
import { fieldSetOf } from './field-set';
import { PathSet } from './path-set';
import { typedFault } from './typed-check';

/** The one manager whose applies follow up what it applied by itself before there was server-side apply. */
const KUBECTL = 'kubectl';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Server-side apply, also over what kubectl applied without it: fields that are still as its annotation says are
 * kubectl's to change, and the annotation follows what is applied.
 * @param given the configuration as the request wrote it
 * @throws ApplyConflict
 */
export async function applyOverLastApplied(
  live: KubeObject,
  applied: KubeObject,
  given: unknown,
  force: boolean,
  context: FieldContext,
): Promise<Applied> {
  if (context.manager !== KUBECTL) return applyConfiguration(live, applied, force, context);
  const result = await forcedWhereKubectlMay(live, applied, force, context);
  const object = annotated(result.object ?? live, given);
  return object === live ? result : { ...result, object };
}

async function forcedWhereKubectlMay(
  live: KubeObject,
  applied: KubeObject,
  force: boolean,
  context: FieldContext,
): Promise<Applied> {
  try {
    return await applyConfiguration(live, applied, force, context);
  } catch (error) {
    if (!(error instanceof ApplyConflict)) throw error;
    const own = ownedByAnnotation(live, context);
    const others = error.fields.filter(({ path }) => !own.has(path));
    if (others.length > 0) throw new ApplyConflict(others);
    return applyConfiguration(live, applied, true, context);
  }
}

const lastApplied = (object: KubeObject): string => object.metadata.annotations?.[LAST_APPLIED] ?? '';

/** What the annotation says and the object still has. */
function ownedByAnnotation(live: KubeObject, context: FieldContext): PathSet {
  const schema: SchemaNode | undefined = context.schema(context.apiVersion);
  const last = parsed(lastApplied(live));
  if (!isJsonObject(last) || last['apiVersion'] !== context.apiVersion || typedFault(last, schema) !== undefined) {
    return PathSet.empty;
  }
  const { modified, added, removed } = compare(last, live, schema);
  return fieldSetOf(last, schema).difference(modified).difference(added).difference(removed);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object with an annotation that says what was applied, where it has one; itself when nothing changes. */
function annotated(object: KubeObject, given: unknown): KubeObject {
  if (lastApplied(object) === '') return object;
  const text = configurationText(given);
  if (lastApplied(object) === text) return object;
  const { [LAST_APPLIED]: _, ...others } = object.metadata.annotations ?? {};
  const all = { ...others, [LAST_APPLIED]: text };
  const annotations = annotationBytes(all) > MAX_ANNOTATIONS ? others : all;
  const { managedFields: _managers, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, annotations } };
}

/** A configuration without its own annotation, as Go writes it. */
function configurationText(given: unknown): string {
  const copy = cloneJson(given) as KubeObject;
  delete copy.metadata.annotations?.[LAST_APPLIED];
  return `${canonicalJson(copy).replace(/[<>&\u2028\u2029]/g, unicodeEscape)}\n`;
}

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

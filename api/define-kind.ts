/** One declaration per kind: type, validation, defaults and CRD come from it. */
import * as z from 'zod';
import { cloneJson, isJsonObject } from '../machinery/json';
import { apiVersionOf, type KubeObject, type ObjectMeta } from '../machinery/kube-object';
import { crdOf } from './crd';
import type { KindDefinition } from './kind-definition';
import type { CustomResourceDefinition } from './kinds/kubernetes';
import type { TypedResource } from './ports/kube-api';
import { InvalidObject, type Problem, problemsOf } from './schema';

export type { KindDefinition, OtherVersion, PrinterColumn } from './kind-definition';

/** An object of a kind. A type, not an interface, so that a misspelt field is a compile error. */
export type ObjectWith<S, St, SpecOptional extends boolean = false> = SpecOptional extends true
  ? { apiVersion: string; kind: string; metadata: ObjectMeta; spec?: S | undefined; status?: St | undefined }
  : { apiVersion: string; kind: string; metadata: ObjectMeta; spec: S; status?: St | undefined };

/** A kind of ours: where it is served, what its objects look like, and what may be said about them. */
export interface Kind<T extends KubeObject> extends TypedResource<T> {
  readonly apiVersion: string;
  readonly definition: KindDefinition<z.ZodType, z.ZodType>;
  /** The whole object. */
  readonly schema: z.ZodType;
  /**
   * The value as an object of this kind; nothing is added or removed.
   * @throws InvalidObject with every problem.
   */
  parse(value: unknown): T;
  /** Everything the schema has against the value; empty: valid. */
  problems(value: unknown): Problem[];
  /** A copy with the defaults that admission writes; loops apply them as well, so that they work without webhooks. */
  withDefaults(object: T, old?: T): T;
  /** The CustomResourceDefinition, without conversion (see `crds`). */
  crd(): CustomResourceDefinition;
}

/** The type of a kind's objects: `export type Cluster = ObjectOf<typeof Cluster>`. */
export type ObjectOf<K> = K extends Kind<infer T> ? T : never;

/** Writes defaults into a copy of the object. `old` is the stored object in an update. */
export type Defaulter<T> = (object: T, old: T | undefined) => void;

export function defineKind<S extends z.ZodType, St extends z.ZodType = z.ZodUndefined>(
  definition: KindDefinition<S, St> & { readonly specOptional: true },
  defaults?: Defaulter<ObjectWith<z.infer<S>, z.infer<St>, true>>,
): Kind<ObjectWith<z.infer<S>, z.infer<St>, true>>;
export function defineKind<S extends z.ZodType, St extends z.ZodType = z.ZodUndefined>(
  definition: KindDefinition<S, St>,
  defaults?: Defaulter<ObjectWith<z.infer<S>, z.infer<St>>>,
): Kind<ObjectWith<z.infer<S>, z.infer<St>>>;
export function defineKind<T extends KubeObject>(
  definition: KindDefinition<z.ZodType, z.ZodType>,
  defaults?: Defaulter<T>,
): Kind<T> {
  const { group, version, kind, plural } = definition;
  const apiVersion = apiVersionOf(definition);
  const schema = z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata: metadataSchema,
    spec: definition.specOptional === true ? definition.spec.optional() : definition.spec,
    ...(definition.status === undefined ? {} : { status: definition.status.optional() }),
  });
  const isValid = (value: unknown, problems: readonly Problem[]): value is T => problems.length === 0;
  return {
    group,
    version,
    kind,
    plural,
    namespaced: definition.namespaced ?? true,
    apiVersion,
    definition,
    schema,
    problems: (value) => problemsOf(schema, value),
    parse(value) {
      const problems = problemsOf(schema, value);
      if (!isValid(value, problems)) throw new InvalidObject(nameIn(value, kind), problems);
      return value;
    },
    withDefaults(object, old) {
      const copy = cloneJson(object);
      defaults?.(copy, old);
      return copy;
    },
    crd: () => crdOf(definition),
  };
}

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What the API server checks in metadata; everything else in it is the server's business. */
const metadataSchema = z.looseObject({
  name: z
    .string()
    .max(253)
    .regex(DNS_SUBDOMAIN, { error: 'must be lower-case letters, digits, "-" and "."' })
    .optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});

function nameIn(value: unknown, kind: string): string {
  const metadata = isJsonObject(value) ? value['metadata'] : undefined;
  const name = isJsonObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '(without name)';
  const namespace =
    isJsonObject(metadata) && typeof metadata['namespace'] === 'string' ? `${metadata['namespace']}/` : '';
  return `${kind} ${namespace}${name}`;
}

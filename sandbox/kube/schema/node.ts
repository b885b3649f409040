import { isJsonObject } from '../../../machinery/json';

/** What is known about a value: the common form of CRD schemas and of builtin Go types. */
export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | undefined;
  readonly format?: string | undefined;
  readonly intOrString: boolean;
  readonly nullable: boolean;
  /** Fields that are not in `properties` are kept. */
  readonly preserveUnknown: boolean;
  readonly embeddedResource: boolean;
  readonly default?: unknown;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly additionalProperties?: SchemaNode | undefined;
  readonly items?: SchemaNode | undefined;
  readonly required: readonly string[];
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listMapKeys: readonly string[];
  readonly mapType: 'granular' | 'atomic';
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey?: string | undefined;
  /** Builtin types only: what is written for an empty value (see `builtins/generate`). */
  readonly empty?: 'omit' | 'zero' | undefined;
  /** Builtin types only: the name of the Go type. */
  readonly definition?: string | undefined;
  /** True for builtin types, whose decoder drops nulls and unknown fields. */
  readonly isGoType: boolean;
  readonly enum?: readonly unknown[] | undefined;
  readonly rules: readonly ValidationRule[];
  /** The keywords as written, for value validation. */
  readonly raw: { readonly [keyword: string]: unknown };
}

/** `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string | undefined;
  readonly messageExpression?: string | undefined;
  readonly reason?: string | undefined;
  readonly fieldPath?: string | undefined;
  readonly optionalOldSelf?: boolean | undefined;
}

type Raw = { readonly [keyword: string]: unknown };

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
const NO_PROPERTIES: ReadonlyMap<string, SchemaNode> = new Map();
const TYPES: readonly (string | undefined)[] = ['object', 'array', 'string', 'integer', 'number', 'boolean'];
const isType = (value: unknown): value is SchemaNode['type'] => typeof value === 'string' && TYPES.includes(value);

/** Turns raw keywords into a node. `$ref` is looked up in `definitions` when it is first needed (types may recurse). */
export class SchemaCompiler {
  readonly #byName = new Map<string, SchemaNode>();

  constructor(
    private readonly definitions: { readonly [name: string]: Raw } = {},
    private readonly isGoType = false,
  ) {}

  definition(name: string): SchemaNode {
    let node = this.#byName.get(name);
    if (node === undefined) {
      node = this.#build(this.definitions[name] ?? {}, name);
      this.#byName.set(name, node);
    }
    return node;
  }

  compile(raw: Raw): SchemaNode {
    const reference = raw['$ref'];
    if (typeof reference !== 'string') return this.#build(raw, undefined);
    return this.#overlay(reference, raw);
  }

  /** A reference with keywords of its own beside it: they win. */
  #overlay(reference: string, raw: Raw): SchemaNode {
    const target = () => this.definition(reference);
    return this.#build({ ...this.definitions[reference], ...raw, $ref: undefined }, reference, {
      properties: () => target().properties,
      items: () => target().items,
      additionalProperties: () => target().additionalProperties,
    });
  }

  #build(raw: Raw, definition: string | undefined, inherited?: Children): SchemaNode {
    const children = inherited ?? {
      properties: () => this.#properties(raw),
      items: () => (isJsonObject(raw['items']) ? this.compile(raw['items']) : undefined),
      additionalProperties: () => {
        const value = raw['additionalProperties'];
        if (isJsonObject(value)) return this.compile(value);
        return value === true ? this.compile({ 'x-kubernetes-preserve-unknown-fields': true }) : undefined;
      },
    };
    const listType = raw['x-kubernetes-list-type'];
    const oneOf = raw['oneOf'];
    const intOrString =
      raw['x-kubernetes-int-or-string'] === true ||
      raw['format'] === 'int-or-string' ||
      (this.isGoType && oneOf !== undefined);
    const type = raw['type'];
    // Free-form Go types (RawExtension, JSON, FieldsV1) have no properties of their own.
    const freeForm =
      this.isGoType &&
      raw['properties'] === undefined &&
      raw['additionalProperties'] === undefined &&
      (type === 'object' || type === undefined) &&
      !intOrString;
    const node = {
      type: isType(type) ? type : undefined,
      format: typeof raw['format'] === 'string' ? raw['format'] : undefined,
      intOrString,
      nullable: raw['nullable'] === true,
      preserveUnknown: raw['x-kubernetes-preserve-unknown-fields'] === true || freeForm,
      embeddedResource: raw['x-kubernetes-embedded-resource'] === true,
      default: raw['default'],
      required: strings(raw['required']),
      listType: listType === 'set' || listType === 'map' ? listType : 'atomic',
      listMapKeys: strings(raw['x-kubernetes-list-map-keys']),
      mapType: raw['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'granular',
      patchStrategy:
        typeof raw['x-kubernetes-patch-strategy'] === 'string' ? raw['x-kubernetes-patch-strategy'].split(',') : [],
      patchMergeKey:
        typeof raw['x-kubernetes-patch-merge-key'] === 'string' ? raw['x-kubernetes-patch-merge-key'] : undefined,
      empty: raw['empty'] === 'omit' || raw['empty'] === 'zero' ? raw['empty'] : undefined,
      definition,
      isGoType: this.isGoType,
      enum: Array.isArray(raw['enum']) ? raw['enum'] : undefined,
      // Checked by the CRD's own schema before it comes here.
      rules: Array.isArray(raw['x-kubernetes-validations'])
        ? (raw['x-kubernetes-validations'] as readonly ValidationRule[])
        : [],
      raw,
      properties: NO_PROPERTIES,
    } as const;
    return lazily(node, children);
  }

  #properties(raw: Raw): ReadonlyMap<string, SchemaNode> {
    const properties = raw['properties'];
    if (!isJsonObject(properties)) return NO_PROPERTIES;
    const nodes = new Map<string, SchemaNode>();
    for (const [name, value] of Object.entries(properties))
      if (isJsonObject(value)) nodes.set(name, this.compile(value));
    return nodes;
  }
}

/** Computed when first read: types may contain themselves. */
interface Children {
  readonly properties: () => ReadonlyMap<string, SchemaNode>;
  readonly items: () => SchemaNode | undefined;
  readonly additionalProperties: () => SchemaNode | undefined;
}

function lazily(node: SchemaNode, children: Children): SchemaNode {
  const result = { ...node };
  for (const name of ['properties', 'items', 'additionalProperties'] as const) {
    Object.defineProperty(result, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = children[name]();
        Object.defineProperty(result, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return result;
}

/** A schema that says nothing: everything is allowed, kept and owned as one value per field. */
export const anything: SchemaNode = new SchemaCompiler().compile({ 'x-kubernetes-preserve-unknown-fields': true });

/** The schema of a field of an object node, or undefined when the field is unknown. */
export function fieldNode(node: SchemaNode, name: string): SchemaNode | undefined {
  return node.properties.get(name) ?? node.additionalProperties;
}

import {
  boolYaml11Tag,
  defineScalarTag,
  dump,
  FAILSAFE_SCHEMA,
  floatCoreTag,
  floatYaml11Tag,
  intYaml11Tag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  YAMLException,
} from 'js-yaml';
import { CapstanError } from './errors';
import { cloneJson, isJsonObject } from './json';

/** Limits of {@link readYaml}; the defaults hold for one file of a repository. */
export interface YamlLimits {
  /** Shown in errors. */
  readonly file?: string | undefined;
  /** @default 4 MiB */
  readonly maxBytes?: number | undefined;
  /** Alias nodes (`*name`) in one document. @default 1000 */
  readonly maxAliases?: number | undefined;
  /** Values after all aliases are written out, over all documents. @default 1,000,000 */
  readonly maxValues?: number | undefined;
}

/** Text that is not acceptable YAML. The message says why and where, and quotes nothing of the text. */
export class YamlError extends CapstanError {
  constructor(
    reason: string,
    /** 1-based; undefined when the fault is not at a place. */
    readonly line?: number | undefined,
    readonly column?: number | undefined,
    file?: string | undefined,
  ) {
    const place = line === undefined ? '' : ` at line ${line}, column ${column ?? 1}`;
    super({
      name: 'YamlError',
      code: 'YAML_INVALID',
      retry: 'never',
      message: `${file === undefined ? 'YAML' : file}: ${reason}${place}`,
    });
  }
}

/** Kubernetes' parser knows no base 60: `12:30:45` is text there, a number in plain YAML 1.1. */
const intTag = defineScalarTag<number>(intYaml11Tag.tagName, {
  ...intYaml11Tag,
  resolve: (source, isExplicit, tagName) =>
    source.includes(':') ? NOT_RESOLVED : intYaml11Tag.resolve(source, isExplicit, tagName),
});
/** It also takes exponents without a sign (`1e3`), which plain YAML 1.1 does not. */
const floatTag = defineScalarTag<number>(floatYaml11Tag.tagName, {
  ...floatYaml11Tag,
  implicitFirstChars: null,
  resolve: (source, isExplicit, tagName) => {
    if (source.includes(':')) return NOT_RESOLVED;
    const number = floatYaml11Tag.resolve(source, isExplicit, tagName);
    return number === NOT_RESOLVED ? floatCoreTag.resolve(source, isExplicit, tagName) : number;
  },
});

/**
 * YAML 1.1 as Kubernetes reads it: `yes`, `on` and `no` are booleans, `0777` is octal, `<<` merges; dates stay text.
 * Only what JSON can hold is known, so `!!binary`, `!!set` and tags of other languages are errors.
 */
const schema = FAILSAFE_SCHEMA.withTags(nullYaml11Tag, boolYaml11Tag, intTag, floatTag, mergeTag);

/**
 * Reads all documents of a text as plain JSON; empty documents are left out. Values that were shared through aliases
 * are copies.
 * @throws YamlError when it is too large, not valid, nests deeper than 100, or explodes through aliases.
 */
export function readYamlDocuments(text: string, limits: YamlLimits = {}): unknown[] {
  const { file, maxBytes = 4 * 1024 * 1024, maxAliases = 1000, maxValues = 1_000_000 } = limits;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw new YamlError(`${bytes} bytes are more than the ${maxBytes} allowed`, undefined, undefined, file);
  const documents = parse(text, maxAliases, file);
  const sizes = new Map<object, number>();
  let total = 0;
  let shared = false;
  const count = (value: unknown): number => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new YamlError('.inf and .nan have no place in JSON', undefined, undefined, file);
    }
    if (typeof value !== 'object' || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) {
      shared = true;
      return known;
    }
    let size = 1;
    for (const item of Object.values(value)) {
      size += count(item);
      if (size > maxValues) {
        throw new YamlError(`aliases expand to more than ${maxValues} values`, undefined, undefined, file);
      }
    }
    sizes.set(value, size);
    return size;
  };
  for (const document of documents) total += count(document);
  if (total > maxValues) throw new YamlError(`more than ${maxValues} values`, undefined, undefined, file);
  const kept = documents.filter((document) => document !== null && document !== undefined);
  return shared ? kept.map((document) => cloneJson(document)) : kept;
}

/** Reads a text that holds at most one document; undefined when it is empty. @throws YamlError */
export function readYaml(text: string, limits: YamlLimits = {}): unknown {
  const documents = readYamlDocuments(text, limits);
  if (documents.length > 1) {
    throw new YamlError(`${documents.length} documents where one is expected`, undefined, undefined, limits.file);
  }
  return documents[0];
}

function parse(text: string, maxAliases: number, file: string | undefined): unknown[] {
  try {
    return loadAll(text, { schema, maxAliases });
  } catch (error) {
    if (error instanceof YAMLException) {
      const mark = error.mark;
      throw new YamlError(
        error.reason,
        mark === undefined ? undefined : mark.line + 1,
        mark === undefined ? undefined : mark.column + 1,
        file,
      );
    }
    throw new YamlError('is not readable', undefined, undefined, file);
  }
}

export interface YamlWriteOptions {
  /** Keys in order of their characters, so that equal values give equal text. @default false */
  readonly sorted?: boolean | undefined;
}

/**
 * Writes one document that YAML 1.1 and 1.2 parsers read alike: words such as `yes`, `0777` or `1e3` are quoted,
 * lines are not folded, nothing is shared. Keys that hold `undefined` are left out.
 */
export function writeYaml(value: unknown, options: YamlWriteOptions = {}): string {
  const plain = options.sorted === true ? sortKeys(value) : cloneJson(value);
  return dump(plain, { noRefs: true, lineWidth: -1 });
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const sorted: { [key: string]: unknown } = {};
  for (const key of Object.keys(value).sort()) if (value[key] !== undefined) sorted[key] = sortKeys(value[key]);
  return sorted;
}

/** Several documents, separated by `---`. */
export function writeYamlDocuments(values: readonly unknown[], options: YamlWriteOptions = {}): string {
  return values.map((value) => writeYaml(value, options)).join('---\n');
}

import { type ApiError, badParameter, Status, ApiError as Thrown } from './api-error';

/** Types as `listApis` names them. */
export type WireType = 'string' | 'boolean' | 'integer' | 'uuid' | 'list' | 'map' | 'date';

/** One entry of a map parameter: `name[index].field=value`; `tags`, `details`, `iptonetworklist`. */
export interface MapEntry {
  readonly [field: string]: string;
}

/** A request after decoding: plain values and map values, names in lower case, map fields as sent. */
export interface RawParameters {
  readonly values: ReadonlyMap<string, string>;
  readonly maps: ReadonlyMap<string, readonly MapEntry[]>;
}

/** What reading a value may ask. */
export interface ReadContext {
  /** Command name in lower case, as it appears in error texts. */
  readonly command: string;
  readonly name: string;
  /** Whether the id belongs, or ever belonged, to an object of one of the tables. */
  known(tables: readonly string[], id: string): boolean;
}

export interface Parameter<T> {
  readonly type: WireType;
  readonly maxLength: number;
  readonly required: boolean;
  /** First release that knows it; older servers ignore it. */
  readonly since?: string | undefined;
  readonly read: (raw: string, context: ReadContext) => T;
  /** Present on map parameters, which do not arrive as one text. */
  readonly readMap?: ((entries: readonly MapEntry[]) => T) | undefined;
}

export interface Required<T> extends Parameter<T> {
  readonly required: true;
}

/** The declared parameters of a command: name in lower case → type. */
export interface Declared {
  readonly [name: string]: Parameter<unknown>;
}

/** The values a command gets: required ones are there, the others may be undefined. */
export type Args<P extends Declared> = {
  readonly [K in keyof P]: P[K] extends Required<infer T> ? T : P[K] extends Parameter<infer T> ? T | undefined : never;
};

const DEFAULT_LENGTH = 255;

export function text(maxLength = DEFAULT_LENGTH): Parameter<string> {
  return { type: 'string', maxLength, required: false, read: (raw) => raw };
}

/** Only `true`, in any case, is true; every other text is false. */
export function flag(): Parameter<boolean> {
  return { type: 'boolean', maxLength: DEFAULT_LENGTH, required: false, read: (raw) => raw.toLowerCase() === 'true' };
}

export function whole(): Parameter<number> {
  return {
    type: 'integer',
    maxLength: DEFAULT_LENGTH,
    required: false,
    read: (raw, context) => {
      if (!/^-?\d{1,15}$/.test(raw)) throw invalidFor(context, raw);
      return Number(raw);
    },
  };
}

/** The id of an object of one of the tables, removed ones included. */
export function idOf(...tables: readonly string[]): Parameter<string> {
  return {
    type: 'uuid',
    maxLength: DEFAULT_LENGTH,
    required: false,
    read: (raw, context) => known(raw, tables, context),
  };
}

/** Ids separated by commas. */
export function idsOf(...tables: readonly string[]): Parameter<readonly string[]> {
  return {
    type: 'list',
    maxLength: 4096,
    required: false,
    read: (raw, context) => tokens(raw).map((id) => known(id, tables, context)),
  };
}

/** Words separated by commas; empty ones are dropped. */
export function words(): Parameter<readonly string[]> {
  return { type: 'list', maxLength: 4096, required: false, read: tokens };
}

export function entries(): Parameter<readonly MapEntry[]> {
  return {
    type: 'map',
    maxLength: DEFAULT_LENGTH,
    required: false,
    read: () => [],
    readMap: (found) => found,
  };
}

/** `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`, in milliseconds since the epoch. */
export function date(): Parameter<number> {
  return {
    type: 'date',
    maxLength: DEFAULT_LENGTH,
    required: false,
    read: (raw, context) => {
      const match = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}))?/.exec(raw);
      const parsed = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`);
      if (Number.isNaN(parsed)) throw invalidFor(context, raw);
      return parsed;
    },
  };
}

export function required<T>(parameter: Parameter<T>): Required<T> {
  return { ...parameter, required: true };
}

export function since<T>(release: string, parameter: Parameter<T>): Parameter<T> {
  return { ...parameter, since: release };
}

function tokens(raw: string): readonly string[] {
  return raw
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

function known(id: string, tables: readonly string[], context: ReadContext): string {
  if (!context.known(tables, id)) throw unknownEntity(context, id);
  return id;
}

function unknownEntity(context: ReadContext, value: string): ApiError {
  return badParameter(
    `Unable to execute API command ${context.command} due to invalid value. Invalid parameter ${context.name} ` +
      `value=${value} due to incorrect long value format, or entity does not exist or due to incorrect parameter ` +
      'annotation for the field in api cmd class.',
  );
}

function invalidFor(context: ReadContext, value: string): ApiError {
  return badParameter(
    `Unable to execute API command ${context.command} due to invalid value ${value} for parameter ${context.name}`,
  );
}

/** ASCII control characters that are refused: all but LF, CR and those above 31 (`cloudstack.md` 1.1). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const CONTROL = /[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Splits `name[i].field` names into maps and lower-cases all others.
 * @throws ApiError 430 for names that are no map and no plain name, 431 for control characters.
 */
export function decodeParameters(request: { readonly [name: string]: string }): RawParameters {
  const values = new Map<string, string>();
  const indexed = new Map<string, Map<number, { [field: string]: string }>>();
  for (const [name, value] of Object.entries(request)) {
    if (CONTROL.test(value)) {
      throw badParameter(`Received value containing illegal ASCII non-printable characters for parameter ${name}`);
    }
    if (!name.includes('[')) {
      values.set(name.toLowerCase(), value);
      continue;
    }
    const match = /^([A-Za-z0-9_]+)\[(\d{1,9})\]\.([^[\]]+)$/.exec(name);
    if (match === null) throw malformed(name);
    const [, parameter = '', index = '', field = ''] = match;
    const map = indexed.get(parameter.toLowerCase()) ?? new Map<number, { [field: string]: string }>();
    indexed.set(parameter.toLowerCase(), map);
    map.set(Number(index), { ...map.get(Number(index)), [field]: value });
  }
  const maps = new Map(
    [...indexed].map(([name, map]) => [
      name,
      [...map].sort(([left], [right]) => left - right).map(([, entry]) => entry),
    ]),
  );
  return { values, maps };
}

function malformed(name: string): ApiError {
  return new Thrown(
    Status.malformedParameter,
    `Unable to decode parameter ${name}; if specifying an object array, please use parameter[index].field=XXX, e.g. userGroupList[0].group=httpGroup`,
    9999,
  );
}

/**
 * Binds a request to the parameters a command declares; unknown names are ignored, empty values count as absent.
 * @throws ApiError 431 for a missing, too long or unusable value.
 */
export function bind<P extends Declared>(
  declared: P,
  raw: RawParameters,
  command: string,
  knownId: ReadContext['known'],
  release: string,
): Args<P> {
  const args: { [name: string]: unknown } = {};
  const missing: string[] = [];
  for (const [name, parameter] of Object.entries(declared)) {
    if (parameter.since !== undefined && isOlder(release, parameter.since)) continue;
    const value = raw.values.get(name);
    if (parameter.readMap !== undefined) {
      const found = raw.maps.get(name);
      if (found !== undefined) args[name] = parameter.readMap(found);
    } else if (value !== undefined && value !== '') {
      if (value.length > parameter.maxLength) {
        throw badParameter(
          `Unable to execute API command ${command.toLowerCase()} due to invalid value. Value greater than max allowed ` +
            `length ${parameter.maxLength} for param: ${name}`,
        );
      }
      args[name] = parameter.read(value, { command: command.toLowerCase(), name, known: knownId });
    }
    if (parameter.required && args[name] === undefined) missing.push(name);
  }
  if (missing.length > 0) {
    const what = missing.length === 1 ? 'missing parameter' : 'missing parameters';
    throw badParameter(`Unable to execute API command ${command.toLowerCase()} due to ${what} ${missing.join(', ')}`);
  }
  // Every declared name was read by its own reader just above, so the values have the declared types.
  return args as Args<P>;
}

/** Order of releases such as `4.20.1.0` and `4.19`. */
export function isOlder(release: string, than: string): boolean {
  const left = release.split('.').map(Number);
  const right = than.split('.').map(Number);
  for (let index = 0; index < right.length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

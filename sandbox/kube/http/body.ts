import type { IncomingMessage } from 'node:http';
import { LineCounter, parseDocument, type ScalarTag } from 'yaml';
import { messageOf } from '../../../machinery/errors';
import { definitionOfKind } from '../builtins/catalog';
import { badRequest, Refusal } from '../rest/refusal';
import type { Duplicates } from '../rest/strict';
import { scanJson } from '../schema/go-json';
import { decodeProtobuf } from './protobuf';

/** The real server's limit for a request body. */
const LIMIT_BYTES = 3 * 1024 * 1024;

const ACCEPTED =
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** JSON, YAML and the patch types, which say what they are by their name. */
const READABLE = /^$|^application\/([\w-]+\+)?(json|yaml)$|^application\/.*patch/;

/** A body as its decoder read it. */
export interface Body {
  /** Undefined: there was none. */
  readonly value: unknown;
  readonly duplicates?: Duplicates | undefined;
}

/** Reads and parses a body. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT_BYTES) {
      throw new Refusal({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: limit is ${LIMIT_BYTES}`,
      });
    }
    chunks.push(chunk);
  }
  if (size === 0) return { value: undefined };
  const type = mediaType(request);
  if (type === 'application/vnd.kubernetes.protobuf') return { value: readProtobuf(Buffer.concat(chunks)) };
  if (!READABLE.test(type)) throw unsupported();
  const text = Buffer.concat(chunks).toString('utf8');
  return type.endsWith('yaml') ? parseYaml(text) : parseJson(text, 'json');
}

function parseJson(text: string, syntax: Duplicates['syntax']): Body {
  const { fault, duplicates } = scanJson(text);
  if (fault !== undefined) throw new MalformedBody(text, fault);
  const value: unknown = JSON.parse(text);
  return { value, duplicates: { syntax, members: duplicates } };
}

/** JSON is YAML too, and what clients send as YAML mostly is JSON. */
function parseYaml(text: string): Body {
  if (/^\s*\{/.test(text) && scanJson(text).fault === undefined) return parseJson(text, 'yaml');
  const lines = new LineCounter();
  // The server reads YAML 1.1, where `n` is false, but knows no times and no numbers to the base of 60.
  const document = parseDocument(text, {
    version: '1.1',
    lineCounter: lines,
    customTags: (tags) => [
      ...tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'TIME' && tag.tag !== TIMESTAMP)),
      NEW_OCTAL,
    ],
  });
  const [fault] = document.errors.filter((error) => error.code !== 'DUPLICATE_KEY');
  if (fault !== undefined) throw new MalformedBody(text, fault.message);
  const members = document.errors.map(({ pos: [start] }) => {
    const key = /[^\s:]+/.exec(text.slice(start))?.[0] ?? '';
    return { path: key, key, line: lines.linePos(start).line };
  });
  return { value: document.toJS(), duplicates: { syntax: 'yaml', members } };
}

const TIMESTAMP = 'tag:yaml.org,2002:timestamp';

/** The one thing it has from YAML 1.2. */
const NEW_OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0o[0-7]+$/,
  resolve: (text) => Number.parseInt(text.slice(2), 8),
};

/** A body that is neither JSON nor YAML. What was expected decides how it is told. */
export class MalformedBody extends Error {
  constructor(
    readonly text: string,
    /** What the parser says. */
    readonly why: string,
  ) {
    super(`error decoding the request body: ${why}`);
    this.name = 'MalformedBody';
  }
}

/** The beginning of a body, as the real server shows what it could not read. */
export function shownBody(text: string): string {
  if (text === '') return '<empty>';
  const bytes = Buffer.from(text);
  const start = bytes.subarray(0, 30).toString(text.startsWith('{') ? 'utf8' : 'hex');
  return bytes.length > 30 ? `${start} ...` : start;
}

export const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';

function readProtobuf(bytes: Buffer): unknown {
  try {
    return decodeProtobuf(bytes, definitionOfKind);
  } catch (error) {
    throw badRequest(`error decoding the request body: ${messageOf(error)}`);
  }
}

/** 415. */
export function unsupported(message = ACCEPTED): Refusal {
  return new Refusal({
    code: 415,
    reason: 'UnsupportedMediaType',
    message,
    ...(message === ACCEPTED ? {} : { details: {} }),
  });
}

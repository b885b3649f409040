import type { IncomingMessage } from 'node:http';
import { CORE_SCHEMA, load } from 'js-yaml';
import { messageOf } from '../../../machinery/errors';
import { definitionOfKind } from '../builtins/catalog';
import { badRequest, Refusal } from '../rest/refusal';
import { decodeProtobuf } from './protobuf';

/** The real server's limit for a request body. */
const LIMIT_BYTES = 3 * 1024 * 1024;

const ACCEPTED =
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** JSON, YAML and the patch types, which say what they are by their name. */
const READABLE = /^$|^application\/([\w-]+\+)?(json|yaml)$|^application\/.*patch/;

/** Reads and parses a body; undefined when there is none. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
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
  if (size === 0) return undefined;
  const type = mediaType(request);
  if (request.method === 'PATCH' && !/patch/.test(type)) throw unsupported('415: Unsupported Media Type');
  if (type === 'application/vnd.kubernetes.protobuf') return readProtobuf(Buffer.concat(chunks));
  if (!READABLE.test(type)) throw unsupported();
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    if (/^\s*[[{]/.test(text)) return JSON.parse(text) as unknown;
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    throw new MalformedBody(
      text,
      messageOf(error).replace(/^Unexpected end of JSON input$/, 'unexpected end of JSON input'),
    );
  }
}

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
  if (!text.startsWith('{')) return Buffer.from(text).toString('hex').slice(0, 60);
  return text.length > 30 ? `${text.slice(0, 30)} ...` : text;
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

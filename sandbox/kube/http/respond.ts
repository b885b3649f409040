import type { ServerResponse } from 'node:http';
import { dump } from 'js-yaml';
import type { Status } from '../../../api/ports/kube-api';
import type { Representation } from './negotiate';

const AS_JSON: Representation = { format: 'json', version: 'v1' };

/** Sends one object. Warnings become headers, as kubectl prints them. */
export function sendObject(
  response: ServerResponse,
  code: number,
  body: unknown,
  representation: Representation = AS_JSON,
  warnings: readonly string[] = [],
  contentType?: string,
): void {
  const isYaml = representation.format === 'yaml';
  const text = isYaml ? dump(body) : `${JSON.stringify(body)}\n`;
  for (const warning of new Set(warnings)) response.appendHeader('Warning', `299 - ${JSON.stringify(warning)}`);
  response.writeHead(code, {
    'content-type': contentType ?? (isYaml ? 'application/yaml' : 'application/json'),
    'cache-control': 'no-cache, private',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export function sendBytes(response: ServerResponse, contentType: string, bytes: Buffer): void {
  response.writeHead(200, { 'content-type': contentType, 'content-length': bytes.length });
  response.end(bytes);
}

/** A refusal as the real server writes it. */
export function statusBody(status: Status): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: status.metadata ?? {},
    status: status.status ?? 'Failure',
    message: status.message,
    ...(status.reason === '' ? {} : { reason: status.reason }),
    ...(status.details === undefined ? {} : { details: status.details }),
    code: status.code,
  };
}

import pino, { type DestinationStream } from 'pino';
import type { Log } from '../../api/ports';
import { CapstanError } from '../../machinery/errors';
import { isJsonObject } from '../../machinery/json';
import { SecretText } from '../../machinery/secret';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  /** @default 'info' */
  readonly level?: LogLevel | undefined;
  /** @default - standard error */
  readonly destination?: DestinationStream | undefined;
  /** Milliseconds since the epoch, for the time of each line. */
  readonly now: () => number;
}

/** Fields with one of these words in their name never reach a log. */
const SECRET_NAME =
  /(secret-?key|api-?key|token|password|kubeconfig|user-?data|private-?key|authorization|tls\.key|certificate-?key|credentials)/i;
/** `data` of Secrets as a whole. */
const SECRET_KINDS = new Set(['Secret']);
const PRIVATE_KEY_BLOCK = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const MAX_DEPTH = 6;
const HIDDEN = '***';

/** One JSON object per line, secrets hidden. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level ?? 'info',
    base: null,
    timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
    formatters: { level: (level: string) => ({ level }) },
  };
  const logger = pino(settings, options.destination ?? pino.destination({ fd: 2, sync: true }));
  return {
    debug: (fields, message) => {
      if (logger.isLevelEnabled('debug')) logger.debug(withoutSecrets(fields), withoutKeys(message));
    },
    info: (fields, message) => logger.info(withoutSecrets(fields), withoutKeys(message)),
    warn: (fields, message) => logger.warn(withoutSecrets(fields), withoutKeys(message)),
    error: (fields, message) => logger.error(withoutSecrets(fields), withoutKeys(message)),
  };
}

/** Says nothing; for tests and plans. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A copy in which no field with the name of a secret, no Secret's data and no private key is left. */
export function withoutSecrets(fields: object): object {
  const safe = redact(fields, 0);
  return isJsonObject(safe) ? safe : { value: safe };
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutKeys(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof SecretText) return HIDDEN;
  if (value instanceof Error) return errorFields(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  const isSecret = 'kind' in value && typeof value.kind === 'string' && SECRET_KINDS.has(value.kind);
  const copy: { [key: string]: unknown } = {};
  for (const [key, item] of Object.entries(value)) {
    const isHidden = SECRET_NAME.test(key) || (isSecret && (key === 'data' || key === 'stringData'));
    copy[key] = isHidden && item !== undefined && typeof item !== 'boolean' ? HIDDEN : redact(item, depth + 1);
  }
  return copy;
}

function errorFields(error: Error, depth: number): object {
  const fields: { [key: string]: unknown } = { name: error.name, message: withoutKeys(error.message) };
  if (error instanceof CapstanError) fields.code = error.code;
  if (error.cause !== undefined && depth < MAX_DEPTH) fields.cause = redact(error.cause, depth + 1);
  return fields;
}

function withoutKeys(text: string): string {
  return text.includes('PRIVATE KEY-----') ? text.replace(PRIVATE_KEY_BLOCK, HIDDEN) : text;
}

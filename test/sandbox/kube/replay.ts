import { request } from 'node:https';
import { isJsonObject, valueAt } from '../../../machinery/json';
import { comparableQuote, QUOTED } from '../../kube-conformance/normalise';

/** One request of a scenario, or a pause in which controllers work. */
export type Step = { readonly waitMs: number } | RequestStep;

export interface RequestStep {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly type?: string;
    readonly token?: string;
    readonly accept?: string;
    readonly anonymous?: boolean;
    readonly body?: unknown;
  };
  /** What the real server answered, normalised. */
  answer?: Answer;
  /** Prepares or cleans up: its answer depends on the server's history. */
  readonly ignored?: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Answer {
  readonly code: number;
  readonly warning?: unknown;
  readonly body: unknown;
}

/** Sends the requests of a scenario one after the other and returns the raw answers (undefined for pauses). */
export async function replay(
  scenario: Scenario,
  port: number,
  waitMs: (recorded: number) => number,
): Promise<(Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = [];
  for (const step of scenario.steps) {
    if ('waitMs' in step) {
      await new Promise((resolve) => setTimeout(resolve, waitMs(step.waitMs)));
      answers.push(undefined);
    } else answers.push(await send(step, port, answers));
  }
  return answers;
}

/** Puts fields of earlier answers where the recording refers to them (`__ref_<step>_<path>__`). */
function resolved(text: string, answers: readonly (Answer | undefined)[]): string {
  return text.replace(/__ref_(\d+)_([\w.]+)__/g, (_, index: string, path: string) => {
    const value = valueAt(answers[Number(index)]?.body, ...path.split('.'));
    return typeof value === 'string' ? value : '';
  });
}

function send(step: RequestStep, port: number, answers: readonly (Answer | undefined)[]): Promise<Answer> {
  const { method, path, type, token = 'admin', accept = 'application/json', anonymous, body } = step.request;
  const text =
    body === undefined ? undefined : resolved(typeof body === 'string' ? body : JSON.stringify(body), answers);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path: resolved(path, answers),
        rejectUnauthorized: false,
        headers: {
          ...(anonymous === true ? {} : { authorization: `Bearer ${token}` }),
          accept,
          'user-agent': 'tester/1',
          ...(text === undefined
            ? {}
            : { 'content-type': type ?? 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const received = Buffer.concat(chunks).toString('utf8');
          const code = response.statusCode ?? 0;
          resolve({ code, warning: response.headers['warning'], body: parsed(received) });
        });
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** An answer without what differs between two runs on one server: times, uids, versions, the order of faults. */
export function normalised(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(plain(answer, ''))) as Answer;
}

function plain(value: unknown, key: string): unknown {
  if (typeof value === 'string') return text(value, key);
  if (Array.isArray(value)) return list(value, key).map((item) => plain(item, ''));
  if (!isJsonObject(value)) return value;
  const out: { [key: string]: unknown } = {};
  for (const name of Object.keys(value).sort()) out[name.replace(UID, 'UID')] = plain(value[name], name);
  return out;
}

function text(value: string, key: string): string {
  if (key === 'resourceVersion' && /^\d+$/.test(value)) return 'RV';
  const shown = value
    .replace(TIME, 'TIME')
    .replace(UID, 'UID')
    .replace(
      QUOTED,
      (_, before: string, literal: string) => before + comparableQuote(literal, (object) => plain(object, '')),
    );
  const faults = key === 'message' ? / is invalid: \[(.*)\]$/.exec(shown)?.[1] : undefined;
  return faults === undefined ? shown : shown.replace(faults, faults.split(', ').sort().join(', '));
}

function list(value: readonly unknown[], key: string): readonly unknown[] {
  const fields =
    key === 'causes'
      ? ['message', 'field']
      : key === 'managedFields'
        ? ['operation', 'manager', 'subresource', 'apiVersion']
        : [];
  if (fields.length === 0) return value;
  const rank = (item: unknown): string => fields.map((field) => String(valueAt(item, field) ?? '')).join();
  return [...value].sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
}

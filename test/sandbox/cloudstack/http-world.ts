import type { CloudStackCredentials } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';
import { formBody, signatureOf } from '../../../reconciler/cloudstack/client/signature';
import type { Parameters, World } from './world';

export interface HttpAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

/** Signs as our own client does, and sends. */
export async function send(
  credentials: CloudStackCredentials,
  command: string,
  parameters: Parameters = {},
  options: { readonly method?: 'GET' | 'POST'; readonly extra?: { readonly [name: string]: string } } = {},
): Promise<HttpAnswer> {
  const wire: { [name: string]: string } = { command, response: 'json', apiKey: credentials.apiKey, ...options.extra };
  for (const [name, value] of Object.entries(parameters)) wire[name] = String(value);
  wire['signature'] = signatureOf(wire, credentials.secretKey);
  const form = formBody(wire);
  const answer =
    options.method === 'GET'
      ? await fetch(`${credentials.apiUrl}?${form}`)
      : await fetch(credentials.apiUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form,
        });
  return { status: answer.status, body: (await answer.json()) as JsonObject };
}

/** What the single top-level key holds. */
export function content(answer: HttpAnswer): JsonObject {
  return Object.values(answer.body)[0] as JsonObject;
}

/** Sends an asynchronous command and waits for its job. */
export async function sendJob(
  world: World,
  credentials: CloudStackCredentials,
  command: string,
  parameters: Parameters,
): Promise<{ readonly accepted: HttpAnswer; readonly job: HttpAnswer; readonly id: string }> {
  const accepted = await send(credentials, command, parameters);
  const jobid = String(content(accepted)['jobid']);
  for (let round = 0; ; round++) {
    const job = await send(credentials, 'queryAsyncJobResult', { jobid });
    if (content(job)['jobstatus'] !== 0 || round === 100) {
      return { accepted, job, id: String(content(accepted)['id'] ?? '') };
    }
    await world.clock.advance(1000);
  }
}

import { request } from 'node:https';
import type { WebhookClientConfig } from '../crd/shape';

/**
 * Sends a review to a webhook and returns its answer.
 * @throws Error when there is no usable answer
 */
export type WebhookCaller = (client: WebhookClientConfig, review: object, timeoutMs: number) => Promise<unknown>;

/** Calls `clientConfig.url` over HTTPS, trusting `caBundle` alone where there is one. */
export const callOverHttps: WebhookCaller = (client, review, timeoutMs) =>
  new Promise((resolve, reject) => {
    const { url, caBundle } = client;
    if (url === undefined) {
      reject(new Error('webhooks behind a Service cannot be reached from the sandbox; use clientConfig.url'));
      return;
    }
    const body = JSON.stringify(review);
    const address = new URL(url);
    address.searchParams.set('timeout', `${Math.ceil(timeoutMs / 1000)}s`);
    const call = request(
      address,
      {
        method: 'POST',
        timeout: timeoutMs,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        ...(caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64') }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode !== 200) {
            const said = JSON.stringify(text.slice(0, 1024));
            reject(new Error(`an error on the server (${said}) has prevented the request from succeeding`));
            return;
          }
          try {
            resolve(JSON.parse(text) as unknown);
          } catch {
            reject(new Error('the answer is not JSON'));
          }
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error('context deadline exceeded')));
    call.on('error', (error) => reject(new Error(`Post ${JSON.stringify(address.href)}: ${error.message}`)));
    call.end(body);
  });

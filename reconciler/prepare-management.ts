import { crds, type WebhookEndpoint } from '../api';
import type { KubeApi, Log } from '../api/ports';
import type { Clock } from '../machinery/clock';
import type { Random } from '../machinery/random';
import { checkCrds, installCrds } from './install/install-crds';
import { installWebhooks, startWebhookServer, type WebhookServer, webhookCertificates } from './webhooks';

export interface PrepareOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `install` creates and updates CRDs and webhooks; `check` refuses to start without them. */
  readonly crds: 'install' | 'check';
  /** Namespace of the certificates. */
  readonly namespace: string;
  /**
   * Where API servers reach the webhook server. `loopback` listens on a free port of 127.0.0.1, for API servers on this
   * machine.
   */
  readonly webhooks: 'loopback' | WebhookPlace;
}

/** How API servers reach the webhook server, and where it listens. */
export type WebhookPlace =
  | { readonly url: string; readonly port: number }
  | { readonly service: { readonly namespace: string; readonly name: string }; readonly port: number };

/**
 * Makes a management cluster ready for the loops. The webhook server listens before the CRDs that need it are
 * installed.
 * @returns the webhook server, which the caller closes
 */
export async function prepareManagement(options: PrepareOptions): Promise<WebhookServer> {
  const { api, clock, random, log, namespace, webhooks } = options;
  const certificates = await webhookCertificates({ api, clock, random, namespace, hosts: hostsOf(webhooks) });
  const listening = webhooks === 'loopback' ? { host: '127.0.0.1', port: 0 } : { port: webhooks.port };
  const server = await startWebhookServer({ certificates, log, ...listening });
  try {
    const place = webhooks === 'loopback' ? { url: `https://127.0.0.1:${server.port}` } : webhooks;
    const caBundle = Buffer.from(certificates.caPem).toString('base64');
    const endpoint: WebhookEndpoint =
      'url' in place ? { url: place.url, caBundle } : { service: { ...place.service, port: 443 }, caBundle };
    const definitions = crds({ conversion: endpoint });
    if (options.crds === 'check') await checkCrds(api, definitions);
    else {
      const ours = await installCrds(api, definitions, clock);
      await installWebhooks(api, endpoint, ours);
    }
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Names that API servers verify the certificate against. */
function hostsOf(webhooks: PrepareOptions['webhooks']): string[] {
  if (webhooks === 'loopback') return ['127.0.0.1'];
  if ('url' in webhooks) return [new URL(webhooks.url).hostname.replace(/^\[|\]$/g, '')];
  const { name, namespace } = webhooks.service;
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
}

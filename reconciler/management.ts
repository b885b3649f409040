import { crds, type WebhookEndpoint } from '../api';
import type { KubeApi, Log } from '../api/ports';
import type { Clock } from '../machinery/clock';
import type { Random } from '../machinery/random';
import { checkCrds, installCrds } from './install/install-crds';
import { installWebhooks, startWebhookServer, webhookCertificates } from './webhooks';

export interface WebhookOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
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

/** What makes a management cluster ready for the loops. */
export interface Management {
  /**
   * Leads API servers to these webhooks. Of several processes the one that leads does it: it lives, and its CRDs are the
   * ones that its loops need.
   * @param api - writes only while this process may (`fencedApi`)
   * @param crds - `install` creates and updates CRDs; `check` refuses to go on without them, and leaves their definitions
   * alone
   */
  prepare(api: KubeApi, crds: 'install' | 'check'): Promise<void>;
  /** Closes the webhook server. */
  close(): Promise<void>;
}

/** Starts the webhook server: it listens before the CRDs that need it are installed. The caller closes it. */
export async function serveManagement(options: WebhookOptions): Promise<Management> {
  const { api, clock, random, log, namespace, webhooks } = options;
  const certificates = await webhookCertificates({ api, clock, random, namespace, hosts: hostsOf(webhooks) });
  const listening = webhooks === 'loopback' ? { host: '127.0.0.1', port: 0 } : { port: webhooks.port };
  const server = await startWebhookServer({ certificates, log, ...listening });
  const place = webhooks === 'loopback' ? { url: `https://127.0.0.1:${server.port}` } : webhooks;
  const caBundle = Buffer.from(certificates.caPem).toString('base64');
  const endpoint: WebhookEndpoint =
    'url' in place ? { url: place.url, caBundle } : { service: { ...place.service, port: 443 }, caBundle };
  return {
    async prepare(writable, mode) {
      const definitions = crds({ conversion: endpoint });
      const ours =
        mode === 'check' ? await checkCrds(writable, definitions) : await installCrds(writable, definitions, clock);
      await installWebhooks(writable, endpoint, ours);
    },
    close: () => server.close(),
  };
}

/** Names that API servers verify the certificate against. */
function hostsOf(webhooks: WebhookOptions['webhooks']): string[] {
  if (webhooks === 'loopback') return ['127.0.0.1'];
  if ('url' in webhooks) return [new URL(webhooks.url).hostname.replace(/^\[|\]$/g, '')];
  const { name, namespace } = webhooks.service;
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
}

/** The CRDs of all our kinds, ready to be installed. */
import { apiVersionOf, type KubeObject } from '../machinery/kube-object';
import type { Kind } from './define-kind';
import type { CustomResourceDefinition, WebhookClientConfig } from './kinds';
import * as kinds from './kinds';

/** Every kind declared in `api/kinds`, by group and name. */
export const allKinds: readonly Kind<KubeObject>[] = Object.values(kinds)
  .filter(isKind)
  .sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1));

function isKind(value: unknown): value is Kind<KubeObject> {
  return typeof value === 'object' && value !== null && 'crd' in value;
}

function sortKey(kind: Kind<KubeObject>): string {
  return `${kind.group}/${kind.plural}`;
}

/** The kind that an object of this API version and kind belongs to, whichever of its versions it is in. */
export function kindFor(apiVersion: string, kind: string): Kind<KubeObject> | undefined {
  return allKinds.find(
    (candidate) =>
      candidate.kind === kind &&
      (candidate.apiVersion === apiVersion ||
        (candidate.definition.otherVersions ?? []).some(
          (other) => apiVersionOf({ group: candidate.group, version: other.version }) === apiVersion,
        )),
  );
}

/** How an API server reaches our webhook server: by address, or as a Service. `caBundle` is PEM in base64. */
export type WebhookEndpoint =
  /** Scheme, host and port, without a path. */
  | { readonly url: string; readonly caBundle: string }
  | {
      readonly service: { readonly namespace: string; readonly name: string; readonly port?: number };
      readonly caBundle?: string;
    };

export interface CrdOptions {
  /**
   * Where `/convert` listens. `none` serves the storage versions alone, for API servers
   * that reach no webhook. `external` leaves the versions in and the stanza out: the server converts by itself.
   */
  readonly conversion: WebhookEndpoint | 'none' | 'external';
}

/** CustomResourceDefinitions of all kinds. */
export function crds(options: CrdOptions): CustomResourceDefinition[] {
  return allKinds.map((kind) => crdWith(kind, options));
}

export const CONVERT_PATH = '/convert';

function crdWith(kind: Kind<KubeObject>, { conversion }: CrdOptions): CustomResourceDefinition {
  const crd = kind.crd();
  const { versions } = crd.spec;
  if (versions.length === 1 || conversion === 'external') return crd;
  if (conversion === 'none') {
    return { ...crd, spec: { ...crd.spec, versions: versions.filter((version) => version.storage) } };
  }
  return { ...crd, spec: { ...crd.spec, conversion: conversionThrough(conversion) } };
}

function conversionThrough(endpoint: WebhookEndpoint) {
  const clientConfig = webhookClient(endpoint, CONVERT_PATH);
  return { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } };
}

/** The `clientConfig` of one of our paths. */
export function webhookClient(endpoint: WebhookEndpoint, path: string): WebhookClientConfig {
  if ('url' in endpoint) return { url: `${endpoint.url.replace(/\/$/, '')}${path}`, caBundle: endpoint.caBundle };
  const { caBundle } = endpoint;
  return { service: { ...endpoint.service, path }, ...(caBundle === undefined ? {} : { caBundle }) };
}

/** What the webhook server answers, and what tells API servers to ask it. The server itself only moves bytes. */
import { isAdmissionReview, reviewMutation, reviewValidation } from './admission';
import { isConversionReview, reviewConversion } from './conversion';
import { allKinds, CONVERT_PATH, type WebhookEndpoint, webhookClient } from './crds';
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration, Webhook } from './kinds';

export const MUTATE_PATH = '/mutate';
export const VALIDATE_PATH = '/validate';

/** Name of both configurations, and of their webhooks' domain. */
export const WEBHOOK_CONFIGURATION_NAME = 'capstan.dev';

/**
 * The answer to a POST, or undefined when the path is not ours or the body is no review. `path` may carry a query,
 * as API servers send it.
 */
export function answerWebhook(path: string, body: unknown): object | undefined {
  const [route] = path.split('?');
  if (route === CONVERT_PATH) return isConversionReview(body) ? reviewConversion(body) : undefined;
  if (!isAdmissionReview(body)) return undefined;
  if (route === MUTATE_PATH) return reviewMutation(body);
  return route === VALIDATE_PATH ? reviewValidation(body) : undefined;
}

export interface WebhookOptions {
  readonly endpoint: WebhookEndpoint;
  /** Groups whose kinds we look after; those of an upstream Cluster API beside us are left to it. @default all */
  readonly groups?: readonly string[];
}

/** Defaults and rules of our kinds, asked for on every write, in whatever version it comes. */
export function webhookConfigurations(
  options: WebhookOptions,
): [MutatingWebhookConfiguration, ValidatingWebhookConfiguration] {
  const header = (kind: string) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: WEBHOOK_CONFIGURATION_NAME },
  });
  return [
    { ...header('MutatingWebhookConfiguration'), webhooks: [webhook('default', MUTATE_PATH, options)] },
    { ...header('ValidatingWebhookConfiguration'), webhooks: [webhook('validate', VALIDATE_PATH, options)] },
  ];
}

function webhook(verb: string, path: string, { endpoint, groups }: WebhookOptions): Webhook {
  const kinds = allKinds.filter((kind) => groups === undefined || groups.includes(kind.group));
  return {
    name: `${verb}.${WEBHOOK_CONFIGURATION_NAME}`,
    clientConfig: webhookClient(endpoint, path),
    rules: [...new Set(kinds.map((kind) => kind.group))].map((group) => {
      const ofGroup = kinds.filter((kind) => kind.group === group);
      return {
        apiGroups: [group],
        // The hub versions alone: with matchPolicy Equivalent the API server converts requests in others.
        apiVersions: [...new Set(ofGroup.map((kind) => kind.version))],
        operations: ['CREATE', 'UPDATE'],
        resources: ofGroup.map((kind) => kind.plural),
        scope: 'Namespaced',
      };
    }),
    matchPolicy: 'Equivalent',
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 10,
  };
}

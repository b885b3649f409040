import { type WebhookEndpoint, webhookConfigurations } from '../../api';
import { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '../../api/kinds';
import type { KubeApi } from '../../api/ports';

const FIELD_MANAGER = 'capstan-webhooks';

/**
 * Registers admission for the groups whose CRDs are ours. With a URL the policy is Ignore, because the process may end
 * while the API server stays; the loops apply the same defaults themselves.
 */
export async function installWebhooks(
  api: KubeApi,
  endpoint: WebhookEndpoint,
  ourCrds: ReadonlySet<string>,
): Promise<void> {
  const groups = [...new Set([...ourCrds].map((name) => name.slice(name.indexOf('.') + 1)))].sort();
  if (groups.length === 0) return;
  const failurePolicy = 'url' in endpoint ? 'Ignore' : 'Fail';
  const [mutating, validating] = webhookConfigurations({ endpoint, groups });
  const options = { fieldManager: FIELD_MANAGER };
  const withPolicy = <T extends { webhooks?: object[] | undefined }>(configuration: T) => ({
    ...configuration,
    webhooks: configuration.webhooks?.map((webhook) => ({ ...webhook, failurePolicy })),
  });
  const key = { namespace: '', name: mutating.metadata.name };
  await api.patch(
    MutatingWebhookConfiguration,
    key,
    { type: 'apply', patch: withPolicy(mutating), force: true },
    options,
  );
  await api.patch(
    ValidatingWebhookConfiguration,
    key,
    { type: 'apply', patch: withPolicy(validating), force: true },
    options,
  );
}

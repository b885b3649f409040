/**
 * Leads an API server's conversion of a CRD to our webhook server. The address belongs to whoever applies the stanza
 * (kubectl, Argo CD, …) and is changed in their name, so that their next apply replaces it: of `url` and `service`
 * exactly one may stand there, and one of ours beside one of theirs would be refused. The certificate authority is ours
 * alone, and no apply of theirs takes it away.
 */
import { CustomResourceDefinition, type WebhookClientConfig } from '../../api/kinds';
import type { KubeApi } from '../../api/ports';
import { equalJson } from '../../machinery/json';
import type { ManagedFieldsEntry } from '../../machinery/kube-object';
import { appliedBy, ownersOf } from './applied-fields';

/** Owns the certificate authorities. */
export const FIELD_MANAGER = 'capstan-crds';

export type Conversion = NonNullable<CustomResourceDefinition['spec']['conversion']>;

const CLIENT_CONFIG = ['spec', 'conversion', 'webhook', 'clientConfig'];

/** Writes what differs, of a CRD whose definition is not ours to change. */
export async function leadConversion(api: KubeApi, live: CustomResourceDefinition, wanted: Conversion): Promise<void> {
  let current = live;
  if (!equalJson(addressOnly(live.spec.conversion), addressOnly(wanted))) {
    const applier = ownersOf(live, 'spec', 'conversion', 'strategy').find(
      ({ operation, manager }) => operation === 'Apply' && manager !== FIELD_MANAGER,
    );
    current =
      applier?.manager === undefined || isHeldByOthers(live, wanted, applier.manager)
        ? await replaceConversion(api, live, wanted)
        : await applyAddress(api, live, wanted, applier);
  }
  await trustAuthority(api, current, wanted);
}

/** Makes the API server trust our certificate. */
export async function trustAuthority(api: KubeApi, live: CustomResourceDefinition, wanted: Conversion): Promise<void> {
  const caBundle = wanted.webhook?.clientConfig?.caBundle;
  if (caBundle === undefined || live.spec.conversion?.webhook?.clientConfig?.caBundle === caBundle) return;
  const { apiVersion, kind } = live;
  const { name } = live.metadata;
  const patch = {
    apiVersion,
    kind,
    metadata: { name },
    spec: { conversion: { webhook: { clientConfig: { caBundle } } } },
  };
  await api.patch(
    CustomResourceDefinition,
    { namespace: '', name },
    { type: 'apply', patch, force: true },
    { fieldManager: FIELD_MANAGER },
  );
}

/** Whether an apply under this name would leave the address of the other kind, and so be refused. */
export function isHeldByOthers(live: CustomResourceDefinition, wanted: Conversion, manager: string): boolean {
  const other = wanted.webhook?.clientConfig?.url === undefined ? 'url' : 'service';
  if (live.spec.conversion?.webhook?.clientConfig?.[other] === undefined) return false;
  const owners = ownersOf(live, ...CLIENT_CONFIG, other);
  return owners.length !== 1 || owners.some((owner) => owner.operation !== 'Apply' || owner.manager !== manager);
}

/** One write, whoever wrote what is there. */
export async function replaceConversion(
  api: KubeApi,
  live: CustomResourceDefinition,
  wanted: Conversion,
): Promise<CustomResourceDefinition> {
  return api.patch(
    CustomResourceDefinition,
    { namespace: '', name: live.metadata.name },
    { type: 'json', patch: [{ op: 'add', path: '/spec/conversion', value: wanted }] },
    { fieldManager: FIELD_MANAGER },
  );
}

async function applyAddress(
  api: KubeApi,
  live: CustomResourceDefinition,
  wanted: Conversion,
  applier: ManagedFieldsEntry,
): Promise<CustomResourceDefinition> {
  const theirs = appliedBy(live, applier);
  const patch = { ...theirs, spec: { ...Object(theirs.spec), conversion: addressOnly(wanted) } };
  return api.patch(
    CustomResourceDefinition,
    { namespace: '', name: live.metadata.name },
    { type: 'apply', patch, force: true },
    { fieldManager: applier.manager },
  );
}

/** Without the certificate authority. */
export function addressOnly(conversion: Conversion | undefined): Conversion | undefined {
  const { webhook } = conversion ?? {};
  if (conversion === undefined || webhook?.clientConfig === undefined) return conversion;
  const { caBundle: _, ...clientConfig }: WebhookClientConfig = webhook.clientConfig;
  return { ...conversion, webhook: { ...webhook, clientConfig } };
}

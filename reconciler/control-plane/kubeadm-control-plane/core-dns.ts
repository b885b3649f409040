import { ConfigMap, Deployment } from '../../../api/kinds';
import { type KubeApi, tryGet } from '../../../api/ports';
import type { ClusterConfigurationSpec } from '../../../machinery/kubeadm';
import { compareVersions, parseVersion, type SemanticVersion } from '../../../machinery/versions';
import { imageText, parseImage } from './image-name';
import { recordDns } from './workload-configuration';

const CORE_DNS = { namespace: 'kube-system', name: 'coredns' };
const COREFILE = 'Corefile';
const BACKUP = 'Corefile-backup';

/** kubeadm puts CoreDNS one folder deeper in this registry, and nowhere else. */
const DEFAULT_REGISTRY = 'registry.k8s.io';
/** From here on every version understands the Corefile of the one before. */
const FIRST_WITHOUT_MIGRATION: SemanticVersion = { major: 1, minor: 8, patch: 1, preRelease: [] };

export type CoreDnsPlan =
  | { readonly kind: 'keep' }
  | { readonly kind: 'update'; readonly image: string }
  /** The configuration asks for something that would break name resolution; `message` says what and why. */
  | { readonly kind: 'refuse'; readonly message: string };

/** What to do about the image of CoreDNS (`capi.md` 6.6): only what the configuration names is changed. Pure. */
export function planCoreDns(image: string, configuration: ClusterConfigurationSpec | undefined): CoreDnsPlan {
  const current = parseImage(image);
  const { dns, imageRepository } = configuration ?? {};
  const repository = repositoryFor(dns?.imageRepository ?? imageRepository) ?? current.repository;
  const tag = dns?.imageTag ?? current.tag;
  const wanted = imageText({ ...current, repository, tag });
  if (wanted === imageText(current)) return { kind: 'keep' };
  const fault = tag === current.tag ? undefined : stepFault(current.tag, tag);
  return fault === undefined ? { kind: 'update', image: wanted } : { kind: 'refuse', message: fault };
}

function repositoryFor(named: string | undefined): string | undefined {
  return named === DEFAULT_REGISTRY ? `${DEFAULT_REGISTRY}/coredns` : named;
}

function stepFault(from: string, to: string): string | undefined {
  const [before, after] = [versionIn(from), versionIn(to)];
  const step = `CoreDNS stays at "${from}" instead of dns.imageTag "${to}"`;
  if (before === undefined || after === undefined) {
    return `${step}: a tag has to begin with a version such as v1.12.1; correct dns.imageTag`;
  }
  if (compareVersions(after, before) < 0)
    return `${step}: it is not downgraded; set dns.imageTag to "${from}" or later`;
  if (compareVersions(before, FIRST_WITHOUT_MIGRATION) < 0) {
    return `${step}: the Corefile of versions before 1.8.1 has to be migrated by hand; update CoreDNS to 1.8.1 or later, then this goes on`;
  }
  return undefined;
}

/** Distributors add to the version (`v1.12.1-eks.2`, `v1.12.1_3`). */
function versionIn(tag: string): SemanticVersion | undefined {
  const match = /^v?\d+\.\d+\.\d+/.exec(tag);
  return match === null ? undefined : parseVersion(match[0]);
}

/**
 * Updates CoreDNS as the configuration says. An absent Deployment stays absent: somebody else resolves names.
 * @returns why it was not updated although it should have been
 */
export async function updateCoreDns(
  api: KubeApi,
  configuration: ClusterConfigurationSpec | undefined,
): Promise<string | undefined> {
  const deployment = await tryGet(api, Deployment, CORE_DNS);
  const containers = deployment?.spec.template.spec?.containers ?? [];
  const container = containers.find((candidate) => candidate.name === 'coredns');
  if (container?.image === undefined) return undefined;
  const plan = planCoreDns(container.image, configuration);
  if (plan.kind === 'refuse') return plan.message;
  if (plan.kind === 'keep') return undefined;
  // kubeadm must not put the old image back; the backup is there before anything runs on the Corefile.
  await recordDns(api, configuration?.dns);
  await backUpCorefile(api);
  const patched = containers.map((one) => (one === container ? { ...one, image: plan.image } : one));
  const patch = { spec: { template: { spec: { containers: patched } } } };
  await api.patch(Deployment, CORE_DNS, { type: 'merge', patch });
  return undefined;
}

async function backUpCorefile(api: KubeApi): Promise<void> {
  const corefile = (await tryGet(api, ConfigMap, CORE_DNS))?.data?.[COREFILE];
  if (corefile === undefined) return;
  await api.patch(ConfigMap, CORE_DNS, { type: 'merge', patch: { data: { [BACKUP]: corefile } } });
}

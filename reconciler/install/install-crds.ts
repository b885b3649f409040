import { CustomResourceDefinition } from '../../api/kinds';
import { type KubeApi, tryGet } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { CapstanError } from '../../machinery/errors';
import type { KubeObject } from '../../machinery/kube-object';
import { inParallel } from '../../machinery/parallel';

/** Marks the CRDs that we install. Those of an upstream Cluster API do not carry it, and are left alone. */
const MANAGED_BY = 'app.kubernetes.io/managed-by';
const OURS = 'capstan';
const ESTABLISHED_TIMEOUT_MS = 60_000;

/** The API server does not serve what the loops need. */
export class CrdsMissing extends CapstanError {
  constructor(problems: readonly string[]) {
    super({
      name: 'CrdsMissing',
      code: 'CRDS_MISSING',
      retry: 'never',
      message: `the API server lacks what the reconciler needs:\n${problems.map((problem) => `- ${problem}`).join('\n')}\nInstall them with --crds=install, or apply apps/management`,
    });
  }
}

/**
 * Applies the CRDs and waits until they are served. A CRD that somebody else installed (upstream Cluster API, another
 * provider) stays as it is.
 * @returns the names of those that are ours
 * @throws CrdsMissing when one is not established within a minute
 */
export async function installCrds(
  api: KubeApi,
  crds: readonly CustomResourceDefinition[],
  clock: Clock,
): Promise<Set<string>> {
  const ours = await inParallel(crds, 8, async (crd) => {
    const live = await tryGet(api, CustomResourceDefinition, { namespace: '', name: crd.metadata.name });
    if (live !== undefined && live.metadata.labels?.[MANAGED_BY] !== OURS) return undefined;
    const labels = { ...crd.metadata.labels, [MANAGED_BY]: OURS };
    const patch = { ...crd, metadata: { ...crd.metadata, labels } };
    const key = { namespace: '', name: crd.metadata.name };
    return api.patch(
      CustomResourceDefinition,
      key,
      { type: 'apply', patch, force: true },
      { fieldManager: 'capstan-crds' },
    );
  });
  const waiting = new Set(
    ours.filter((crd) => crd !== undefined && !isEstablished(crd)).map((crd) => crd?.metadata.name ?? ''),
  );
  const end = clock.now() + ESTABLISHED_TIMEOUT_MS;
  while (waiting.size > 0) {
    if (clock.now() > end) throw new CrdsMissing([...waiting].map((name) => `${name} is not established`));
    await clock.sleep(50);
    for (const crd of (await api.list(CustomResourceDefinition)).items) {
      if (isEstablished(crd)) waiting.delete(crd.metadata.name);
    }
  }
  return new Set(ours.flatMap((crd) => crd?.metadata.name ?? []));
}

/**
 * Checks that every CRD is there and serves the version that the loops read.
 * @throws CrdsMissing with all that is missing
 */
export async function checkCrds(api: KubeApi, crds: readonly CustomResourceDefinition[]): Promise<void> {
  const live = new Map((await api.list(CustomResourceDefinition)).items.map((crd) => [crd.metadata.name, crd]));
  const problems = crds.flatMap((crd) => {
    const found = live.get(crd.metadata.name);
    if (found === undefined) return [`CustomResourceDefinition ${crd.metadata.name} does not exist`];
    const version = crd.spec.versions.find(({ storage }) => storage)?.name;
    const served = found.spec.versions.some(({ name, served }) => name === version && served);
    return served ? [] : [`CustomResourceDefinition ${crd.metadata.name} does not serve ${version}`];
  });
  if (problems.length > 0) throw new CrdsMissing(problems);
}

function isEstablished(crd: KubeObject & Pick<CustomResourceDefinition, 'status'>): boolean {
  return crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
}

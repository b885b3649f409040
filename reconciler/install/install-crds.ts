import { CustomResourceDefinition } from '../../api/kinds';
import { type KubeApi, tryGet } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { CapstanError } from '../../machinery/errors';
import type { KubeObject } from '../../machinery/kube-object';
import { inParallel } from '../../machinery/parallel';
import { appliedBy, ownersOf } from './applied-fields';
import {
  addressOnly,
  type Conversion,
  FIELD_MANAGER,
  isHeldByOthers,
  leadConversion,
  replaceConversion,
  trustAuthority,
} from './conversion';

/** Marks the CRDs that we install. Those of an upstream Cluster API do not carry it, and are left alone. */
const MANAGED_BY = 'app.kubernetes.io/managed-by';
const OURS = 'capstan';
/**
 * The name that `kubectl apply --server-side` applies under. Definitions are installed under it, because the file of
 * `apps/management` holds the same: whoever comes later replaces what the other said, and neither has to force it.
 */
const KUBECTL = 'kubectl';
const ESTABLISHED_TIMEOUT_MS = 60_000;
const PARALLEL = 8;

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
 * Applies the CRDs, leads their conversion to us and waits until they are served. A CRD that somebody else installed
 * (upstream Cluster API, another provider) stays as it is; of one that is ours, but applied by a tool other than kubectl
 * (Argo CD, Flux), the definition stays theirs.
 * @returns the names of those that are ours
 * @throws CrdsMissing when one is not established within a minute, or does not serve the version that the loops read
 */
export async function installCrds(
  api: KubeApi,
  crds: readonly CustomResourceDefinition[],
  clock: Clock,
): Promise<Set<string>> {
  const installed = await inParallel(crds, PARALLEL, async (crd): Promise<Installed | undefined> => {
    const live = await tryGet(api, CustomResourceDefinition, keyOfCrd(crd));
    if (live !== undefined && !isOurs(live)) return undefined;
    if (live === undefined || !isDefinedByOthers(live)) return install(api, crd, live);
    refuse(problemsOf(crd, live));
    await leadTo(api, crd, live);
    return { live };
  });
  const ours = installed.filter((crd) => crd !== undefined);
  await untilEstablished(
    api,
    ours.map(({ live }) => live),
    clock,
  );
  // Before that the API server itself writes these objects.
  await inParallel(ours, PARALLEL, async ({ live, conversion }) => {
    if (conversion !== undefined) await trustAuthority(api, live, conversion);
  });
  return new Set(ours.map(({ live }) => live.metadata.name));
}

async function untilEstablished(api: KubeApi, crds: readonly CustomResourceDefinition[], clock: Clock): Promise<void> {
  const waiting = new Set(crds.filter((crd) => !isEstablished(crd)).map(({ metadata }) => metadata.name));
  const end = clock.now() + ESTABLISHED_TIMEOUT_MS;
  while (waiting.size > 0) {
    if (clock.now() > end) throw new CrdsMissing([...waiting].map((name) => `${name} is not established`));
    await clock.sleep(50);
    for (const crd of (await api.list(CustomResourceDefinition)).items) {
      if (isEstablished(crd)) waiting.delete(crd.metadata.name);
    }
  }
}

/**
 * Checks that every CRD is there and serves the version that the loops read, and leads the conversion of those that are
 * ours to us. Definitions are not changed.
 * @returns the names of those that are ours
 * @throws CrdsMissing with all that is missing
 */
export async function checkCrds(api: KubeApi, crds: readonly CustomResourceDefinition[]): Promise<Set<string>> {
  const live = new Map((await api.list(CustomResourceDefinition)).items.map((crd) => [crd.metadata.name, crd]));
  refuse(crds.flatMap((crd) => problemsOf(crd, live.get(crd.metadata.name))));
  const ours = crds.filter(({ metadata }) => isOurs(live.get(metadata.name)));
  await inParallel(ours, PARALLEL, (crd) => leadTo(api, crd, live.get(crd.metadata.name)));
  return new Set(ours.map(({ metadata }) => metadata.name));
}

/** A CRD as the API server has it, and the conversion that it is still to be trusted with. */
interface Installed {
  readonly live: CustomResourceDefinition;
  readonly conversion?: Conversion | undefined;
}

async function install(
  api: KubeApi,
  crd: CustomResourceDefinition,
  live: CustomResourceDefinition | undefined,
): Promise<Installed> {
  const { conversion } = crd.spec;
  const isInTheWay = live !== undefined && conversion !== undefined && isHeldByOthers(live, conversion, KUBECTL);
  const current = isInTheWay ? await replaceConversion(api, live, conversion) : live;
  const applied = await api.patch(
    CustomResourceDefinition,
    keyOfCrd(crd),
    { type: 'apply', patch: definitionOf(crd, current), force: true },
    { fieldManager: KUBECTL },
  );
  return { live: applied, conversion };
}

/** Our definition, with the labels and annotations that kubectl applied. */
function definitionOf(crd: CustomResourceDefinition, live: CustomResourceDefinition | undefined): KubeObject {
  const applied = live === undefined ? [] : ownersOf(live, 'spec', 'versions').filter(isKubectlsApply);
  const { metadata } = live === undefined ? crd : appliedBy(live, applied[0]);
  const labels = { ...metadata.labels, ...crd.metadata.labels, [MANAGED_BY]: OURS };
  const conversion = addressOnly(crd.spec.conversion);
  return {
    ...crd,
    metadata: { ...metadata, labels },
    spec: { ...crd.spec, ...(conversion === undefined ? {} : { conversion }) },
  };
}

function isKubectlsApply({ manager, operation }: { manager?: string | undefined; operation?: string | undefined }) {
  return manager === KUBECTL && operation === 'Apply';
}

/** Of a CRD with one version nothing is converted. */
async function leadTo(
  api: KubeApi,
  crd: CustomResourceDefinition,
  live: CustomResourceDefinition | undefined,
): Promise<void> {
  const { conversion } = crd.spec;
  if (live === undefined || conversion === undefined || live.spec.versions.length === 1) return;
  await leadConversion(api, live, conversion);
}

function problemsOf(crd: CustomResourceDefinition, live: CustomResourceDefinition | undefined): string[] {
  if (live === undefined) return [`CustomResourceDefinition ${crd.metadata.name} does not exist`];
  const version = crd.spec.versions.find(({ storage }) => storage)?.name;
  const isServed = live.spec.versions.some(({ name, served }) => name === version && served);
  return isServed ? [] : [`CustomResourceDefinition ${crd.metadata.name} does not serve ${version}`];
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new CrdsMissing(problems);
}

function isOurs(crd: CustomResourceDefinition | undefined): boolean {
  return crd?.metadata.labels?.[MANAGED_BY] === OURS;
}

/** Whether a tool keeps the definition that would undo what we install, or be in conflict with it. */
function isDefinedByOthers(live: CustomResourceDefinition): boolean {
  return ownersOf(live, 'spec', 'versions').some(({ manager }) => manager !== KUBECTL && manager !== FIELD_MANAGER);
}

function keyOfCrd({ metadata }: CustomResourceDefinition) {
  return { namespace: '', name: metadata.name };
}

function isEstablished(crd: KubeObject & Pick<CustomResourceDefinition, 'status'>): boolean {
  return crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
}

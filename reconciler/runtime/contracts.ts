import type { ContractResource, TypedResource } from '../../api/ports';
import { CapstanError } from '../../machinery/errors';
import { isJsonObject, valueAt } from '../../machinery/json';
import { type KubeObject, parseApiVersion, type Resource } from '../../machinery/kube-object';
import { compareApiVersions } from '../../machinery/versions';
import type { Caches } from './caches';

/** The CRD behind a reference is missing, or says nothing about a Cluster API contract (`capi.md` 0.5, step 4). */
export class ContractUnknown extends CapstanError {
  constructor(group: string, kind: string, why: string) {
    super({
      name: 'ContractUnknown',
      code: 'CONTRACT_UNKNOWN',
      object: `CustomResourceDefinition for ${kind}.${group}`,
      message: `cannot read references to ${kind}.${group}: ${why}; work resumes by itself when the provider is installed`,
    });
  }
}

/** Contract versions we read, the preferred one first. */
const CONTRACTS = ['v1beta2', 'v1beta1'] as const;

const crds: TypedResource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** Kinds served by CRDs, from a watch that starts with the first question. */
export class Contracts {
  readonly #caches: Caches;
  readonly #byKind = new Map<string, KubeObject>();
  #started = false;

  constructor(caches: Caches) {
    this.#caches = caches;
  }

  /**
   * The contract and the served version that a kind's CRD names in its labels.
   * @throws ContractUnknown
   */
  async resolve(group: string, kind: string): Promise<ContractResource> {
    const crd = await this.#crd(group, kind);
    if (crd === undefined) throw new ContractUnknown(group, kind, 'no CustomResourceDefinition serves it');
    for (const contract of CONTRACTS) {
      const label = crd.metadata.labels?.[`cluster.x-k8s.io/${contract}`] ?? '';
      if (label === '') continue;
      const version = label.split('_').reduce((best, next) => (compareApiVersions(next, best) > 0 ? next : best));
      return { contract, resource: resourceOf(crd, version) };
    }
    const why = `CustomResourceDefinition ${crd.metadata.name} has no label cluster.x-k8s.io/v1beta2 or /v1beta1`;
    throw new ContractUnknown(group, kind, why);
  }

  /** The resource of a kind when an established CRD serves it in that version. */
  async resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const { group, version } = parseApiVersion(apiVersion);
    const crd = await this.#crd(group, kind);
    if (crd === undefined || !isEstablished(crd)) return undefined;
    const versions = valueAt(crd, 'spec', 'versions');
    const isServed =
      Array.isArray(versions) &&
      versions.some((entry) => isJsonObject(entry) && entry.name === version && entry.served === true);
    return isServed ? resourceOf(crd, version) : undefined;
  }

  async #crd(group: string, kind: string): Promise<KubeObject | undefined> {
    const informer = this.#caches.watch(crds, trimDefinition);
    if (!this.#started) {
      this.#started = true;
      for (const crd of informer.store.list()) this.#byKind.set(kindId(crd), crd);
      informer.subscribe(({ type, object }) => {
        if (type === 'deleted') this.#byKind.delete(kindId(object));
        else this.#byKind.set(kindId(object), object);
      });
    }
    await informer.attempt();
    return this.#byKind.get(`${kind}.${group}`);
  }
}

/** Without schemas, which are all but one part in a hundred of a CRD. */
function trimDefinition(crd: KubeObject): KubeObject {
  const versions = valueAt(crd, 'spec', 'versions');
  const { managedFields: _fields, annotations: _annotations, ...metadata } = crd.metadata;
  return {
    apiVersion: crd.apiVersion,
    kind: crd.kind,
    metadata,
    spec: {
      group: valueAt(crd, 'spec', 'group'),
      names: valueAt(crd, 'spec', 'names'),
      scope: valueAt(crd, 'spec', 'scope'),
      versions: Array.isArray(versions)
        ? versions.filter(isJsonObject).map(({ name, served, storage }) => ({ name, served, storage }))
        : [],
    },
    status: { conditions: valueAt(crd, 'status', 'conditions') },
  };
}

function isEstablished(crd: KubeObject): boolean {
  const conditions = valueAt(crd, 'status', 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some((entry) => isJsonObject(entry) && entry.type === 'Established' && entry.status === 'True')
  );
}

function kindId(crd: KubeObject): string {
  return `${text(crd, 'spec', 'names', 'kind')}.${text(crd, 'spec', 'group')}`;
}

function resourceOf(crd: KubeObject, version: string): Resource {
  return {
    group: text(crd, 'spec', 'group'),
    version,
    kind: text(crd, 'spec', 'names', 'kind'),
    plural: text(crd, 'spec', 'names', 'plural'),
    namespaced: valueAt(crd, 'spec', 'scope') === 'Namespaced',
  };
}

function text(crd: KubeObject, ...path: readonly string[]): string {
  const value = valueAt(crd, ...path);
  return typeof value === 'string' ? value : '';
}

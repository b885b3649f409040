import { isReason } from '../../api/ports';
import { isJsonObject, valueAt } from '../../machinery/json';
import { parseApiVersion, type Resource } from '../../machinery/kube-object';

/** Kinds may be added to a group version at any time; a kind that is missing is looked for again after this long. */
const MISSING_MS = 2000;

/** Finds the resource that serves a kind, by the server's own lists. What was found is never asked for again. */
export class Discovery {
  readonly #get: (path: string, about: string) => Promise<unknown>;
  readonly #now: () => number;
  readonly #groups = new Map<string, { at: number; resources: Promise<readonly Resource[]> }>();

  constructor(get: (path: string, about: string) => Promise<unknown>, now: () => number) {
    this.#get = get;
    this.#now = now;
  }

  async resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const known = this.#groups.get(apiVersion);
    const found = known === undefined ? undefined : find(await known.resources, kind);
    if (found !== undefined) return found;
    if (known !== undefined && this.#now() - known.at < MISSING_MS) return undefined;
    const resources = this.#load(apiVersion);
    this.#groups.set(apiVersion, { at: this.#now(), resources });
    // A failure is told to those who wait for it; the next one asks again.
    resources.catch(() => this.#groups.delete(apiVersion));
    return find(await resources, kind);
  }

  async #load(apiVersion: string): Promise<readonly Resource[]> {
    const { group, version } = parseApiVersion(apiVersion);
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    let answer: unknown;
    try {
      answer = await this.#get(path, `discover ${apiVersion}`);
    } catch (error) {
      if (isReason(error, 'NotFound')) return [];
      throw error;
    }
    const list = valueAt(answer, 'resources');
    if (!Array.isArray(list)) return [];
    return list.filter(isJsonObject).flatMap((entry): Resource[] => {
      const { name, kind, namespaced } = entry;
      const isSubresource = typeof name !== 'string' || name.includes('/');
      if (isSubresource || typeof kind !== 'string') return [];
      return [{ group, version, kind, plural: name, namespaced: namespaced === true }];
    });
  }
}

function find(resources: readonly Resource[], kind: string): Resource | undefined {
  return resources.find((resource) => resource.kind === kind);
}

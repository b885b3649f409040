import { type KubeApi, KubeError, type Objects } from '../../../api/ports';
import { type KubeObject, keyOf, type Resource } from '../../../machinery/kube-object';
import { inParallel } from '../../../machinery/parallel';
import type { DesiredObject } from '../build/build-objects';
import type { ObjectId } from '../object-id';

/** Field manager of everything that comes from git. */
export const FIELD_MANAGER = 'capstan';

/** Requests in flight: enough to keep a server on two cores busy, few enough not to be throttled. */
const IN_FLIGHT = 32;

export type ApplyAction = 'created' | 'configured' | 'unchanged';

export interface AppliedObject {
  readonly id: ObjectId;
  readonly uid: string;
  readonly action: ApplyAction;
}

/** A refusal by the API server, before anything was written. */
export interface DryRunProblem {
  readonly file: string;
  readonly id: ObjectId;
  readonly message: string;
}

/** Applies what git asks for by server-side apply. A sweep without change costs no request. */
export class Applier {
  constructor(
    private readonly api: KubeApi,
    private readonly objects: Pick<Objects, 'get' | 'apply' | 'stands'>,
  ) {}

  /** Objects that have to be written: new, changed in git, or changed by somebody else. */
  changed(desired: readonly DesiredObject[], resources: ReadonlyMap<ObjectId, Resource>): DesiredObject[] {
    return desired.filter(({ id, object }) => {
      const resource = resources.get(id);
      return resource === undefined || !this.objects.stands(resource, object, FIELD_MANAGER);
    });
  }

  /** Asks the API server about every object without writing. All refusals at once. */
  async dryRun(
    desired: readonly DesiredObject[],
    resources: ReadonlyMap<ObjectId, Resource>,
  ): Promise<DryRunProblem[]> {
    const answers = await inParallel(desired, IN_FLIGHT, async (item): Promise<DryRunProblem | undefined> => {
      const resource = resources.get(item.id);
      if (resource === undefined) {
        return {
          file: item.file,
          id: item.id,
          message: `the API server does not serve ${item.object.kind} (${item.object.apiVersion})`,
        };
      }
      try {
        await this.#dryRun(resource, item.object);
        return undefined;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { file: item.file, id: item.id, message: refusalText(error) };
      }
    });
    return answers.filter((problem) => problem !== undefined);
  }

  /** Applies one phase in parallel. */
  async apply(desired: readonly DesiredObject[], resources: ReadonlyMap<ObjectId, Resource>): Promise<AppliedObject[]> {
    const applied = await inParallel(desired, IN_FLIGHT, async (item): Promise<AppliedObject | undefined> => {
      const resource = resources.get(item.id);
      if (resource === undefined) return undefined;
      const before = this.objects.get(resource, keyOf(item.object));
      const after = await this.objects.apply(resource, item.object, FIELD_MANAGER);
      const uid = after.metadata.uid ?? '';
      const same = before?.metadata.resourceVersion === after.metadata.resourceVersion;
      return { id: item.id, uid, action: before === undefined ? 'created' : same ? 'unchanged' : 'configured' };
    });
    return applied.filter((result) => result !== undefined);
  }

  #dryRun(resource: Resource, object: KubeObject): Promise<KubeObject> {
    const body = { type: 'apply', patch: object, force: true } as const;
    const options = { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', dryRun: true } as const;
    return this.api.patch(resource, keyOf(object), body, options);
  }
}

/** The server understood and said no: repeating the request would not help. */
function isRefusal(error: unknown): error is KubeError {
  if (!(error instanceof KubeError)) return false;
  // An unknown field in a server-side apply is answered with 500 by real API servers.
  if (error.status.message.includes('failed to create typed patch object')) return true;
  return [400, 403, 404, 409, 413, 422].includes(error.status.code);
}

function refusalText(error: KubeError): string {
  const causes = error.status.details?.causes ?? [];
  if (causes.length === 0) return error.status.message;
  return causes
    .map(({ field, message }) => [field, message].filter((part) => part !== undefined && part !== '').join(': '))
    .join('; ');
}

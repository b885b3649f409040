import { type CloudStackCluster, CloudStackFailureDomain } from '../../../api/kinds';
import { cloneJson, equalJson } from '../../../machinery/json';
import { controllerReference } from '../../../machinery/owner-references';
import { childLabels, type FailureDomainEntry } from '../family';
import { Annotation, Finalizer, failureDomainObjectName } from '../names';

/** What to do with the failure domain objects of a cluster. */
export interface FailureDomainPlan {
  readonly create: readonly CloudStackFailureDomain[];
  /** Objects that are not usable yet and whose entry was corrected. */
  readonly correct: readonly { readonly before: CloudStackFailureDomain; readonly after: CloudStackFailureDomain }[];
  /** No longer in the cluster. */
  readonly remove: readonly CloudStackFailureDomain[];
  /** In the order of the spec; undefined while it is only being created. */
  readonly required: readonly { readonly name: string; readonly object: CloudStackFailureDomain | undefined }[];
}

/** Compares the spec's failure domains with the objects that exist. */
export function planFailureDomains(
  cluster: CloudStackCluster,
  clusterName: string,
  existing: readonly CloudStackFailureDomain[],
): FailureDomainPlan {
  const entries = uniqueByName(cluster.spec.failureDomains ?? []);
  const byName = new Map(existing.map((object) => [object.metadata.name, object]));
  const create: CloudStackFailureDomain[] = [];
  const correct: { before: CloudStackFailureDomain; after: CloudStackFailureDomain }[] = [];
  const required: { name: string; object: CloudStackFailureDomain | undefined }[] = [];
  for (const entry of entries) {
    const object = byName.get(failureDomainObjectName(entry.name, clusterName));
    if (object === undefined) create.push(newFailureDomain(cluster, clusterName, entry));
    else {
      const corrected = correctedSpec(object, entry);
      if (corrected !== undefined) correct.push({ before: object, after: { ...cloneJson(object), spec: corrected } });
    }
    required.push({ name: entry.name, object });
  }
  const names = new Set(entries.map((entry) => entry.name));
  return { create, correct, remove: existing.filter((object) => !names.has(object.spec.name)), required };
}

function newFailureDomain(
  cluster: CloudStackCluster,
  clusterName: string,
  entry: FailureDomainEntry,
): CloudStackFailureDomain {
  return {
    apiVersion: CloudStackFailureDomain.apiVersion,
    kind: 'CloudStackFailureDomain',
    metadata: {
      name: failureDomainObjectName(entry.name, clusterName),
      ...(cluster.metadata.namespace === undefined ? {} : { namespace: cluster.metadata.namespace }),
      labels: childLabels(cluster, clusterName),
      annotations: { [Annotation.identity]: cluster.metadata.annotations?.[Annotation.identity] ?? '' },
      ownerReferences: [controllerReference(cluster)],
      finalizers: [Finalizer.failureDomain],
    },
    spec: cloneJson(entry),
  };
}

/**
 * The spec after a correction by the user, or undefined. A usable failure domain keeps what it was made with, because
 * machines stand in it; one that never became usable follows its entry, or a typing error could not be put right.
 */
function correctedSpec(
  object: CloudStackFailureDomain,
  entry: FailureDomainEntry,
): CloudStackFailureDomain['spec'] | undefined {
  if (object.status?.ready === true || object.metadata.deletionTimestamp !== undefined) return undefined;
  return isCoveredBy(entry, object.spec) ? undefined : cloneJson(entry);
}

/** Whether every field the user wrote stands in the object; the object has more, found by us. */
function isCoveredBy(wanted: unknown, actual: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    return wanted === undefined || wanted === '' || equalJson(wanted, actual);
  }
  if (typeof actual !== 'object' || actual === null) return Object.keys(wanted).length === 0;
  const fields = new Map(Object.entries(actual));
  return Object.entries(wanted).every(([key, value]) => isCoveredBy(value, fields.get(key)));
}

function uniqueByName(entries: readonly FailureDomainEntry[]): readonly FailureDomainEntry[] {
  return [...new Map([...entries].reverse().map((entry) => [entry.name, entry])).values()].reverse();
}

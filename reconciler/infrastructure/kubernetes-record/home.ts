import type { CloudStackCluster, CloudStackFailureDomain } from '../../../api/kinds';
import type { Cloud } from '../../../api/ports';
import { openCloud } from '../credentials';
import { failureDomainOf } from '../family';
import { intentOf } from '../intent';
import { Annotation, Finalizer } from '../names';
import type { Scope } from '../scope';

export type ClusterScope = Scope<CloudStackCluster>;

/** The failure domain whose cloud holds the record: it lends zone, network and credentials. */
export interface Home {
  readonly name: string;
  readonly spec: CloudStackFailureDomain['spec'];
  readonly cloud: Cloud;
}

/** Whether anything may exist in CloudStack. */
export function mayHaveRecord({ object }: ClusterScope): boolean {
  const isHeld = (object.metadata.finalizers ?? []).includes(Finalizer.kubernetesRecord);
  return isHeld || recordIdOf(object) !== '' || intentOf(object.metadata, 'kubernetes-record') !== undefined;
}

export function recordIdOf(object: CloudStackCluster): string {
  return object.status?.cloudStackClusterId ?? '';
}

export function hasLostHome({ object }: ClusterScope): boolean {
  const home = object.metadata.annotations?.[Annotation.recordHome];
  return home !== undefined && !(object.spec.failureDomains ?? []).some(({ name }) => name === home);
}

/**
 * Where the record is, or where it shall be: the first failure domain of the spec. The provider before us did not write
 * it down, and took a failure domain in an order of its own: its record is looked for in each.
 */
export async function homeOf(scope: ClusterScope): Promise<Home | undefined> {
  const { object } = scope;
  const noted = object.metadata.annotations?.[Annotation.recordHome];
  const names = noted === undefined ? (object.spec.failureDomains ?? []).map(({ name }) => name) : [noted];
  const id = recordIdOf(object);
  let first: Home | undefined;
  for (const name of names) {
    const spec = specOf(scope, name);
    if (spec === undefined) continue;
    const home = { name, spec, cloud: await openCloud(scope, spec) };
    if (noted !== undefined || id === '' || (await holds(home.cloud, id))) return home;
    first ??= home;
  }
  return first;
}

async function holds(cloud: Cloud, id: string): Promise<boolean> {
  const { kubernetesService } = await cloud.capabilities();
  return kubernetesService && (await cloud.kubernetesRecords.members(id)) !== undefined;
}

/** The failure domain as it was resolved; what the cluster says of it when its object is gone. */
function specOf(scope: ClusterScope, name: string): CloudStackFailureDomain['spec'] | undefined {
  return failureDomainOf(scope, name)?.spec ?? scope.object.spec.failureDomains?.find((entry) => entry.name === name);
}

/** Names of the failure domains whose machines the record can hold: those of the same cloud and tenant. */
export async function neighboursOf(scope: ClusterScope, home: Home): Promise<ReadonlySet<string>> {
  const names = new Set([home.name]);
  for (const { name } of scope.object.spec.failureDomains ?? []) {
    if (name !== home.name && (await opensSame(scope, name, home.cloud))) names.add(name);
  }
  return names;
}

async function opensSame(scope: ClusterScope, name: string, cloud: Cloud): Promise<boolean> {
  const spec = specOf(scope, name);
  if (spec === undefined) return false;
  try {
    // Equal identities share one connection.
    return (await openCloud(scope, spec)) === cloud;
  } catch {
    // The failure domain itself reports what is wrong with its credentials; its machines are not in this record.
    return false;
  }
}

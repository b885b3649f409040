import type { VirtualMachine } from '../../../api/ports';
import { clusterTag, Tag } from '../names';

/** What an instance must agree with to be the one we asked for. */
export interface WantedInstance {
  readonly name: string;
  readonly zoneId: string;
  /** Absent: not known any more (the spec was resolved by a process that died). */
  readonly networkId?: string | undefined;
  readonly templateId?: string | undefined;
  readonly clusterIdentity: string;
  /** When we set out to deploy it, milliseconds since the epoch; absent: never. */
  readonly intendedAt?: number | undefined;
}

/** Clocks of CloudStack and of the management cluster may differ by this much. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;

/**
 * Whether an instance is the result of a deployment of ours whose answer was lost.
 *
 * The name alone proves nothing. Our tag proves it; without any cluster's tag (it is set after the deployment) an instance
 * is ours when we announced the deployment before it was created and it stands where we wanted it, from our template.
 */
export function isOurInstance(instance: VirtualMachine, wanted: WantedInstance): boolean {
  if (instance.name !== wanted.name || instance.zoneId !== wanted.zoneId) return false;
  if (instance.tags[clusterTag(wanted.clusterIdentity)] !== undefined) return true;
  if (Object.keys(instance.tags).some((key) => key.startsWith(Tag.clusterPrefix))) return false;
  if (wanted.intendedAt === undefined) return false;
  if (instance.createdAt !== undefined && instance.createdAt < wanted.intendedAt - CLOCK_TOLERANCE_MS) return false;
  if (wanted.templateId !== undefined && instance.templateId !== wanted.templateId) return false;
  return wanted.networkId === undefined || instance.nics.some((nic) => nic.networkId === wanted.networkId);
}

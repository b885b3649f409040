import type { KubeadmConfig, KubeadmControlPlane, Machine } from '../../../api/kinds';
import type { KubeObject } from '../../../machinery/kube-object';
import { CLONED_FROM_GROUP_KIND, CLONED_FROM_NAME } from '../../../machinery/template-clone';
import { isConfigUpToDate } from './desired-config';

/** A Machine with the objects that belong to it; those are undefined where they do not exist. */
export interface Member {
  readonly machine: Machine;
  readonly infra: KubeObject | undefined;
  readonly config: KubeadmConfig | undefined;
}

const DAY_MS = 24 * 3600_000;

/**
 * Why a machine has to be replaced, in the words of its condition UpToDate; empty: it is up to date (`capi.md` 6.4).
 * An object that is missing is no difference: it says nothing about how the machine was made.
 * @param now - milliseconds since the epoch
 */
export function rolloutReasons(controlPlane: KubeadmControlPlane, member: Member, now: number): string[] {
  const { spec } = controlPlane;
  const { machine, infra, config } = member;
  const reasons: string[] = [];
  const days = spec.rollout?.before?.certificatesExpiryDays;
  const expiry = machine.status?.certificatesExpiryDate;
  if (days !== undefined && expiry !== undefined && Date.parse(expiry) - days * DAY_MS < now) {
    reasons.push('Certificates will expire soon, rolloutBefore expired');
  }
  const after = spec.rollout?.after;
  if (after !== undefined && now >= Date.parse(after) && createdAt(machine) < Date.parse(after)) {
    reasons.push('KubeadmControlPlane spec.rolloutAfter expired');
  }
  if (machine.spec.version !== spec.version) {
    reasons.push(`Version ${machine.spec.version ?? 'unknown'}, ${spec.version} required`);
  }
  if (config !== undefined && !isConfigUpToDate(controlPlane, config.spec)) {
    reasons.push('KubeadmConfig is not up-to-date');
  }
  if (infra !== undefined && !isFromTemplate(controlPlane, infra)) reasons.push(`${infra.kind} is not up-to-date`);
  return reasons;
}

function isFromTemplate(controlPlane: KubeadmControlPlane, infra: KubeObject): boolean {
  const reference = controlPlane.spec.machineTemplate.spec.infrastructureRef;
  const name = infra.metadata.annotations?.[CLONED_FROM_NAME];
  const groupKind = infra.metadata.annotations?.[CLONED_FROM_GROUP_KIND];
  // Made by hand, or by something that leaves no trace: nothing to compare.
  if (name === undefined || groupKind === undefined) return true;
  return name === reference.name && groupKind === `${reference.kind}.${reference.apiGroup}`;
}

/** Milliseconds since the epoch; a machine without a time is as old as can be. */
export function createdAt(machine: Machine): number {
  const text = machine.metadata.creationTimestamp;
  return typeof text === 'string' ? Date.parse(text) : 0;
}

/** The earliest time at which {@link rolloutReasons} can change by itself; undefined: never. */
export function nextRolloutTime(
  controlPlane: KubeadmControlPlane,
  machines: readonly Machine[],
  now: number,
): number | undefined {
  const times: number[] = [];
  const after = controlPlane.spec.rollout?.after;
  if (after !== undefined) times.push(Date.parse(after));
  const days = controlPlane.spec.rollout?.before?.certificatesExpiryDays;
  if (days !== undefined) {
    for (const { status } of machines) {
      if (status?.certificatesExpiryDate !== undefined) {
        times.push(Date.parse(status.certificatesExpiryDate) - days * DAY_MS + 1);
      }
    }
  }
  const future = times.filter((time) => time > now);
  return future.length === 0 ? undefined : Math.min(...future);
}

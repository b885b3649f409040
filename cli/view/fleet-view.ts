import type { Fleet } from '../../api/kinds';
import { conditionOf } from '../../machinery/conditions';
import { withoutUserInfo } from '../../machinery/user-info';
import { AS_THEY_ARE, type PrintedCommands, tellable } from './printed-commands';

/** A Cluster that left git, and the command that deletes it. */
export interface PendingDeletion {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly command: string;
}

/** A Fleet as `status` and `up` show it. */
export interface FleetView {
  readonly namespace: string;
  readonly name: string;
  /** Without user name and password. */
  readonly url: string;
  readonly ready: boolean;
  readonly revision: string;
  readonly reason: string;
  readonly message: string;
  readonly pendingDeletions: readonly PendingDeletion[];
}

export function fleetView(fleet: Fleet, commands: PrintedCommands = AS_THEY_ARE): FleetView {
  const ready = conditionOf(fleet, 'Ready');
  return {
    namespace: fleet.metadata.namespace ?? '',
    name: fleet.metadata.name,
    url: withoutUserInfo(fleet.spec.source.url),
    ready: ready?.status === 'True',
    revision: fleet.status?.lastAppliedRevision ?? '',
    reason: ready?.reason ?? 'NotYetReported',
    message: tellable(ready?.message ?? '', commands),
    pendingDeletions: (fleet.status?.pendingDeletions ?? []).map(({ kind, namespace, name, command }) => ({
      kind,
      namespace: namespace ?? '',
      name,
      command: commands.kubectl(command),
    })),
  };
}

/** One line about each Cluster that waits for the confirmation of its deletion. */
export function pendingLines({ pendingDeletions }: FleetView): string[] {
  return pendingDeletions.map(
    ({ kind, namespace, name, command }) =>
      `${kind} ${namespace === 'default' ? name : `${namespace}/${name}`} left git. To delete it: ${command}`,
  );
}

import type { Fleet } from '../../api/kinds';
import { conditionOf, NOT_YET_REPORTED } from '../../machinery/conditions';
import { withoutSecrets } from '../../machinery/user-info';
import { AS_THEY_ARE, type PrintedCommands, tellable } from './printed-commands';
import { suspensionOf } from './suspension';

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
  /** Without user name, password and tokens. */
  readonly url: string;
  readonly ready: boolean;
  readonly revision: string;
  readonly reason: string;
  readonly message: string;
  readonly pendingDeletions: readonly PendingDeletion[];
}

export function fleetView(fleet: Fleet, commands: PrintedCommands = AS_THEY_ARE): FleetView {
  const told = suspensionOf(fleet) ?? conditionOf(fleet, 'Ready');
  return {
    namespace: fleet.metadata.namespace ?? '',
    name: fleet.metadata.name,
    url: withoutSecrets(fleet.spec.source.url),
    ready: told?.status === 'True',
    revision: fleet.status?.lastAppliedRevision ?? '',
    reason: told?.reason ?? NOT_YET_REPORTED,
    message: tellable(told?.message ?? '', commands),
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

import { withoutSecrets } from '../../machinery/user-info';
import { managementKubeconfig, namedKubeconfig } from '../management-api';
import { shellWord } from '../shell-word';

/** Completes commands that are printed, so that they work when they are pasted. */
export interface PrintedCommands {
  /** @param command - one of kubectl against the management cluster */
  kubectl(command: string): string;
  /** @param command - one of `npx capstan` */
  capstan(command: string): string;
}

/** Where the environment leads kubectl and `capstan` to the same API server already. */
export const AS_THEY_ARE: PrintedCommands = { kubectl: (command) => command, capstan: (command) => command };

/**
 * @param kubeconfig - file of the management cluster that kubectl does not know of
 * @param isFound - `capstan` finds that file by itself: its sandbox runs
 */
export function commandsFor(kubeconfig: string, isFound: boolean): PrintedCommands {
  const complete = (command: string) => `${command} --kubeconfig ${shellWord(kubeconfig)}`;
  return { kubectl: complete, capstan: isFound ? AS_THEY_ARE.capstan : complete };
}

/** For a command that was given `--kubeconfig`, or found the management cluster without it. */
export function commandsAfter(flag: string | undefined): PrintedCommands {
  if (flag === undefined && namedKubeconfig(undefined) !== undefined) return AS_THEY_ARE;
  return commandsFor(managementKubeconfig(flag), flag === undefined);
}

/** A message in which the reconciler, who does not know where it is read, prints commands at the ends of lines. */
function completeMessage(message: string, commands: PrintedCommands): string {
  return message.replace(/\bkubectl annotate .*$/gm, (command) => commands.kubectl(command));
}

/** A message of the reconciler as it is printed: without credentials, and with commands that can be pasted. */
export function tellable(message: string, commands: PrintedCommands = AS_THEY_ARE): string {
  return completeMessage(withoutSecrets(message), commands);
}

/**
 * `NAME`, with its namespace where the name alone does not tell.
 * @param isAmbiguous - another namespace has a cluster of that name, too
 */
export function clusterArgument(name: string, namespace: string, isAmbiguous: boolean): string {
  return namespace === 'default' && !isAmbiguous ? name : `${name} --namespace ${namespace}`;
}

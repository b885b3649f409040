import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { SystemClock } from '../machinery/clock';
import { connectKube, type KubeConnection } from '../reconciler/kube';
import { wrongInput } from './command-error';
import { findRunningSandbox } from './running-sandbox';

/** Help text of `--kubeconfig` for commands that look at a management cluster. */
export const KUBECONFIG_HELP = 'management cluster (default: KUBECONFIG, then the sandbox that runs for this checkout)';

/**
 * Connects to the management cluster: `--kubeconfig`, then the environment's KUBECONFIG, then the running sandbox.
 * @throws CommandError (2) when none of them is there, KubeconfigInvalid when it cannot be used
 */
export function connectManagement(flag: string | undefined): Promise<KubeConnection> {
  return connectKube({ kind: 'kubeconfig', file: managementKubeconfig(flag) }, { clock: new SystemClock() });
}

/** The kubeconfig file that {@link connectManagement} uses. */
export function managementKubeconfig(flag: string | undefined): string {
  const named = namedKubeconfig(flag);
  if (named !== undefined) return named;
  const sandbox = findRunningSandbox(process.cwd());
  if (sandbox !== undefined) return sandbox.kubeconfig;
  throw wrongInput(
    `no management cluster: name one with --kubeconfig or KUBECONFIG, or start a sandbox with \`npx capstan up\``,
  );
}

/** The file that the flag or the environment names. @throws CommandError (2) when it does not exist */
export function namedKubeconfig(flag: string | undefined): string | undefined {
  // The environment may list several; the first is the one that kubectl writes to.
  const named = flag ?? process.env.KUBECONFIG?.split(delimiter)[0];
  if (named === undefined || named === '') return undefined;
  return existingKubeconfig(named);
}

/** @throws CommandError (2) when there is no such file */
export function existingKubeconfig(name: string): string {
  const path = resolve(name);
  if (!existsSync(path)) throw wrongInput(`there is no kubeconfig ${path}`);
  return path;
}

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

/**
 * The file that the flag names, or the first one that exists of those that the environment's KUBECONFIG lists.
 * @throws CommandError (2) when none exists
 */
export function namedKubeconfig(flag: string | undefined): string | undefined {
  if (flag !== undefined) return existingKubeconfig(flag);
  // As kubectl does it: some of a list may be missing.
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((name) => name !== '');
  const [first] = listed;
  if (first === undefined) return undefined;
  const existing = listed.find((name) => existsSync(resolve(name)));
  if (existing === undefined && listed.length > 1)
    throw wrongInput(`KUBECONFIG lists no file that exists: ${listed.map((name) => resolve(name)).join(', ')}`);
  return existingKubeconfig(existing ?? first);
}

/** @throws CommandError (2) when there is no such file */
export function existingKubeconfig(name: string): string {
  if (name === '') throw wrongInput('--kubeconfig: the name of the file is empty');
  const path = resolve(name);
  if (!existsSync(path)) throw wrongInput(`there is no kubeconfig ${path}`);
  return path;
}

import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { SystemClock } from '../machinery/clock';
import { messageOf } from '../machinery/errors';
import { connectKube, type KubeConnection } from '../reconciler/kube';
import { wrongInput } from './command-error';
import { findRunningSandbox } from './running-sandbox';

/** Help text of `--kubeconfig` for commands that look at a management cluster. */
export const KUBECONFIG_HELP = 'management cluster (default: KUBECONFIG, then the sandbox that runs for this checkout)';

/**
 * Connects to the management cluster: `--kubeconfig`, then the environment's KUBECONFIG, then the running sandbox.
 * @throws CommandError (2) when none of them is there or usable
 */
export async function connectManagement(flag: string | undefined): Promise<KubeConnection> {
  const file = managementKubeconfig(flag);
  try {
    return await connectKube({ kind: 'kubeconfig', file }, { clock: new SystemClock() });
  } catch (error) {
    throw wrongInput(`${file}: ${messageOf(error)}`);
  }
}

/** The kubeconfig file that {@link connectManagement} uses. */
export function managementKubeconfig(flag: string | undefined): string {
  const named = flag ?? process.env.KUBECONFIG?.split(':')[0];
  if (named !== undefined && named !== '') {
    const path = isAbsolute(named) ? named : resolve(process.cwd(), named);
    if (!existsSync(path)) throw wrongInput(`there is no kubeconfig ${path}`);
    return path;
  }
  const sandbox = findRunningSandbox(process.cwd());
  if (sandbox !== undefined) return sandbox.kubeconfig;
  throw wrongInput(
    `no management cluster: name one with --kubeconfig or KUBECONFIG, or start a sandbox with \`npx capstan up\``,
  );
}

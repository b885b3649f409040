import type { Controller } from '../../api/ports';
import { kubeadmConfigController } from './kubeadm-config/controller';
import type { BootstrapDeps } from './kubeadm-config/dependencies';

export type { BootstrapDeps } from './kubeadm-config/dependencies';

/** The loop `bootstrap`: makes the data that machines boot with. */
export function bootstrapControllers(deps: BootstrapDeps): Controller[] {
  return [kubeadmConfigController(deps)];
}

import type { Controller } from '../../api/ports';
import { kubeadmControlPlaneController } from './kubeadm-control-plane/controller';
import type { ControlPlaneDeps } from './kubeadm-control-plane/dependencies';

export type { ControlPlaneDeps } from './kubeadm-control-plane/dependencies';

/** The loop `control-plane`: control planes made of machines, by kubeadm. */
export function controlPlaneControllers(deps: ControlPlaneDeps): Controller[] {
  return [kubeadmControlPlaneController(deps)];
}

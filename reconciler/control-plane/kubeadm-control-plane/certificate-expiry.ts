import { KubeadmConfig } from '../../../api/kinds';
import { CERTIFICATES_EXPIRY_ANNOTATION } from '../../../api/labels';
import { kubeTime } from '../../../machinery/clock';
import { isTrue } from '../../../machinery/conditions';
import { cloneJson } from '../../../machinery/json';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { MachineType } from './reasons';
import type { Scope } from './scope';

/**
 * Notes once per machine when its API server's certificate ends, on its KubeadmConfig. A machine that does not answer
 * is asked again at the next occasion.
 */
export async function reconcileCertificateExpiry(scope: Scope): Promise<void> {
  const { objects, certificates } = scope.deps;
  for (const { machine, config } of scope.members) {
    const node = machine.status?.nodeRef?.name;
    if (config === undefined || node === undefined || isBeingDeleted(machine)) continue;
    if (config.metadata.annotations?.[CERTIFICATES_EXPIRY_ANNOTATION] !== undefined) continue;
    if (!isTrue(machine, MachineType.apiServerPod)) continue;
    let expiry: Date;
    try {
      expiry = await certificates.expiry(scope.clusterKey, node, apiServerPort(config));
    } catch {
      continue;
    }
    const after = cloneJson(config);
    after.metadata.annotations = {
      ...config.metadata.annotations,
      [CERTIFICATES_EXPIRY_ANNOTATION]: kubeTime({ now: () => expiry.getTime() }),
    };
    await objects.patch(KubeadmConfig, config, after);
  }
}

/** Where a machine's API server listens; undefined: where kubeadm puts it. */
function apiServerPort({ spec }: KubeadmConfig): number | undefined {
  const { initConfiguration, joinConfiguration } = spec ?? {};
  return initConfiguration?.localAPIEndpoint?.bindPort ?? joinConfiguration?.controlPlane?.localAPIEndpoint?.bindPort;
}

import { keyText } from '../../../machinery/kube-object';
import { updateCoreDns } from './core-dns';
import { updateKubeProxy } from './kube-proxy';
import { EventReason, SKIP_CORE_DNS, SKIP_KUBE_PROXY } from './reasons';
import { type Scope, workloadOf } from './scope';

/**
 * Keeps what kubeadm installs beside the control plane, kube-proxy and CoreDNS, at what the control plane says. Remembers
 * for what it has looked, so that a rest costs no request.
 */
export class Addons {
  readonly #done = new Map<string, string>();

  async reconcile(scope: Scope): Promise<void> {
    const workload = workloadOf(scope);
    if (workload === undefined) return;
    const { annotations, uid } = scope.draft.stored.metadata;
    const { version, kubeadmConfigSpec } = scope.controlPlane.spec;
    const configuration = kubeadmConfigSpec?.clusterConfiguration;
    const skipsKubeProxy = annotations?.[SKIP_KUBE_PROXY] !== undefined;
    const skipsCoreDns = annotations?.[SKIP_CORE_DNS] !== undefined;
    const { imageRepository, dns } = configuration ?? {};
    const id = keyText(scope.clusterKey);
    const wanted = JSON.stringify([uid, version, imageRepository, dns, skipsKubeProxy, skipsCoreDns]);
    if (this.#done.get(id) === wanted) return;
    if (!skipsKubeProxy) await updateKubeProxy(workload.api, version, imageRepository);
    const refusal = skipsCoreDns ? undefined : await updateCoreDns(workload.api, configuration);
    if (refusal !== undefined) {
      scope.deps.events.event(scope.draft.stored, 'Warning', EventReason.failedCoreDnsUpdate, refusal);
    }
    this.#done.set(id, wanted);
  }

  forget(id: string): void {
    this.#done.delete(id);
  }
}

import { DaemonSet } from '../../../api/kinds';
import { tryGet } from '../../../api/ports';
import { keyText } from '../../../machinery/kube-object';
import { SKIP_KUBE_PROXY } from './reasons';
import { type Scope, workloadOf } from './scope';

const KUBE_PROXY = { namespace: 'kube-system', name: 'kube-proxy' };

/** Keeps kube-proxy at the control plane's version; remembers what it has seen, so that a rest costs no request. */
export class KubeProxyUpdater {
  readonly #done = new Map<string, string>();

  /** Changes the image's tag, and its repository where the configuration names one. An absent DaemonSet stays absent. */
  async reconcile(scope: Scope): Promise<void> {
    const workload = workloadOf(scope);
    if (workload === undefined || scope.draft.stored.metadata.annotations?.[SKIP_KUBE_PROXY] !== undefined) return;
    const { version, kubeadmConfigSpec } = scope.controlPlane.spec;
    const repository = kubeadmConfigSpec?.clusterConfiguration?.imageRepository;
    const id = keyText(scope.clusterKey);
    const wanted = `${scope.cluster.metadata.uid ?? ''} ${version} ${repository ?? ''}`;
    if (this.#done.get(id) === wanted) return;
    const daemonSet = await tryGet(workload.api, DaemonSet, KUBE_PROXY);
    const containers = daemonSet?.spec.template?.spec?.containers ?? [];
    const container = containers.find((candidate) => candidate.name === 'kube-proxy');
    const image = container?.image === undefined ? undefined : imageFor(container.image, version, repository);
    if (image !== undefined && image !== container?.image) {
      const patched = containers.map((candidate) => (candidate === container ? { ...candidate, image } : candidate));
      const patch = { spec: { template: { spec: { containers: patched } } } };
      await workload.api.patch(DaemonSet, KUBE_PROXY, { type: 'merge', patch });
    }
    this.#done.set(id, wanted);
  }

  forget(id: string): void {
    this.#done.delete(id);
  }
}

/** The image with the tag of a version, from `repository` where one is given. A digest goes: it is of the old image. */
export function imageFor(image: string, version: string, repository: string | undefined): string {
  const bare = image.split('@')[0] ?? image;
  const colon = bare.lastIndexOf(':');
  const path = colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const tag = version.replaceAll('+', '_');
  return `${repository === undefined ? path : `${repository}/${name}`}:${tag}`;
}

import { DaemonSet } from '../../../api/kinds';
import { type KubeApi, tryGet } from '../../../api/ports';
import { imageText, parseImage } from './image-name';

const KUBE_PROXY = { namespace: 'kube-system', name: 'kube-proxy' };

/** Changes the image's tag, and its repository where the configuration names one. An absent DaemonSet stays absent. */
export async function updateKubeProxy(api: KubeApi, version: string, repository: string | undefined): Promise<void> {
  const daemonSet = await tryGet(api, DaemonSet, KUBE_PROXY);
  const containers = daemonSet?.spec.template?.spec?.containers ?? [];
  const container = containers.find((candidate) => candidate.name === 'kube-proxy');
  const image = container?.image === undefined ? undefined : kubeProxyImage(container.image, version, repository);
  if (image === undefined || image === container?.image) return;
  const patched = containers.map((candidate) => (candidate === container ? { ...candidate, image } : candidate));
  const patch = { spec: { template: { spec: { containers: patched } } } };
  await api.patch(DaemonSet, KUBE_PROXY, { type: 'merge', patch });
}

/** The image of a version, from `repository` where one is given. Pure. */
export function kubeProxyImage(image: string, version: string, repository: string | undefined): string {
  const current = parseImage(image);
  const tag = version.replaceAll('+', '_');
  return imageText({ ...current, repository: repository ?? current.repository, tag });
}

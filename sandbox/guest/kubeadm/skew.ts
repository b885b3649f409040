import { parseVersion, type SemanticVersion } from '../../../machinery/versions';
import { KubeadmFailed } from './config';
import type { KubeadmVersion } from './schema';

/** The Kubernetes version baked into a template, by its name (`kube-v1.34.2`, `ubuntu-2404-kube-1.33.1`). */
export function versionOfTemplate(templateName: string): string | undefined {
  const match = /(?:^|[^0-9.])v?(\d+\.\d+\.\d+)(?![\d.])/.exec(templateName);
  return match?.[1]?.startsWith('1.') === true ? `v${match[1]}` : undefined;
}

/** @throws KubeadmFailed when this kubeadm is too old for the configuration's API version (v1beta4 came with 1.31). */
export function checkConfigVersion(kubeadm: string, version: KubeadmVersion, kind: string): void {
  const own = requireVersion(kubeadm);
  if ((version === 'v1beta4' && own.minor < 31) || own.minor < 22) {
    throw new KubeadmFailed(`no kind "${kind}" is registered for version "kubeadm.k8s.io/${version}" in scheme`);
  }
}

/**
 * The skew that kubeadm accepts: the control plane at most one minor version older than kubeadm.
 * @throws KubeadmFailed
 */
export function checkControlPlaneVersion(kubeadm: string, controlPlane: string): void {
  const own = requireVersion(kubeadm);
  const wanted = requireVersion(controlPlane);
  if (wanted.minor < own.minor - 1) {
    throw new KubeadmFailed(
      `this version of kubeadm only supports deploying clusters with the control plane version >= v${own.major}.${own.minor - 1}.0. Current version: ${controlPlane}`,
    );
  }
}

/** A kubelet must not be newer than the API server it starts. @throws KubeadmFailed */
export function checkKubeletVersion(kubelet: string, controlPlane: string): void {
  if (requireVersion(kubelet).minor <= requireVersion(controlPlane).minor) return;
  throw new KubeadmFailed(
    `error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR KubeletVersion]: the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: "${kubelet.slice(1)}" Control plane version: "${controlPlane.slice(1)}"`,
  );
}

/** What kubeadm only warns of. */
export function skewWarning(kubeadm: string, controlPlane: string): string | undefined {
  const own = requireVersion(kubeadm);
  if (requireVersion(controlPlane).minor <= own.minor) return undefined;
  return `Kubernetes version is greater than kubeadm version. Please consider to upgrade kubeadm. Kubernetes version: ${controlPlane.slice(1)}. Kubeadm version: ${own.major}.${own.minor}.x`;
}

function requireVersion(text: string): SemanticVersion {
  const version = parseVersion(text);
  if (version === undefined)
    throw new KubeadmFailed(
      `version "${text}" doesn't match patterns for neither semantic version nor labels (stable, latest, ...)`,
    );
  return version;
}

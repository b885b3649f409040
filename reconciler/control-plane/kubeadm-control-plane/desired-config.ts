import type { KubeadmConfigSpec, KubeadmControlPlane } from '../../../api/kinds';
import { cloneJson, equalJson, isJsonObject } from '../../../machinery/json';
import { parseVersion } from '../../../machinery/versions';

/** Whether a machine starts the cluster or joins it. */
export type ConfigForm = 'init' | 'join';

type ClusterConfiguration = NonNullable<KubeadmConfigSpec['clusterConfiguration']>;

const LOCAL_MODE_GATE = 'ControlPlaneKubeletLocalMode';

/** The KubeadmConfig a machine of this control plane gets (`capi.md` 6.2). */
export function desiredConfigSpec(controlPlane: KubeadmControlPlane, form: ConfigForm): KubeadmConfigSpec {
  const spec: KubeadmConfigSpec = cloneJson(controlPlane.spec.kubeadmConfigSpec ?? {});
  if (form === 'init') {
    delete spec.joinConfiguration;
  } else {
    delete spec.initConfiguration;
    spec.joinConfiguration = { ...spec.joinConfiguration };
    spec.joinConfiguration.controlPlane ??= {};
  }
  if (wantsLocalMode(controlPlane.spec.version)) {
    spec.clusterConfiguration = withDefaultGates(spec.clusterConfiguration, controlPlane.spec.version);
  }
  return spec;
}

/**
 * A cluster's configuration with the feature gates that a version needs. A joining kubeadm reads them from the workload
 * cluster, not from its own KubeadmConfig.
 */
export function withDefaultGates(
  configuration: ClusterConfiguration | undefined,
  version: string,
): ClusterConfiguration {
  if (!wantsLocalMode(version)) return { ...configuration };
  const featureGates = { ...configuration?.featureGates };
  featureGates[LOCAL_MODE_GATE] ??= true;
  return { ...configuration, featureGates };
}

/** Kubelets that talk to the API server beside them survive the rollout of others; a gate until it became the rule. */
function wantsLocalMode(version: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && parsed.major === 1 && parsed.minor >= 31 && parsed.minor < 36;
}

export function formOf(spec: KubeadmConfigSpec | undefined): ConfigForm {
  return spec?.joinConfiguration === undefined ? 'init' : 'join';
}

/**
 * Whether a machine's KubeadmConfig is what the control plane would give it now. Left out of the comparison is what
 * others fill in or what may differ between machines of one control plane (`capi.md` 6.4).
 */
export function isConfigUpToDate(controlPlane: KubeadmControlPlane, current: KubeadmConfigSpec | undefined): boolean {
  const desired = desiredConfigSpec(controlPlane, formOf(current));
  return equalJson(comparable(desired), comparable(current ?? {}));
}

function comparable(spec: KubeadmConfigSpec): unknown {
  const copy = cloneJson(spec);
  if (copy.clusterConfiguration !== undefined) {
    delete copy.clusterConfiguration.controlPlaneEndpoint;
    delete copy.clusterConfiguration.dns;
  }
  if (copy.joinConfiguration !== undefined) delete copy.joinConfiguration.discovery;
  delete copy.initConfiguration?.timeouts?.controlPlaneComponentHealthCheckSeconds;
  delete copy.joinConfiguration?.timeouts?.controlPlaneComponentHealthCheckSeconds;
  if (copy.format === 'cloud-config') delete copy.format;
  for (const file of copy.files ?? []) if (file.contentFormat === 'Raw') delete file.contentFormat;
  return withoutEmpty(copy, '');
}

/** Empty lists, maps and texts mean the same as absent ones; only `taints: []` says something. */
function withoutEmpty(value: unknown, field: string): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return field === 'taints' ? value : undefined;
    return value.map((item) => withoutEmpty(item, '') ?? null);
  }
  if (value === '' || value === null) return undefined;
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value)
    .map(([key, item]) => [key, withoutEmpty(item, key)] as const)
    .filter(([, item]) => item !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

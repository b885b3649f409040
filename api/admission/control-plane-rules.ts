/** Admission of KubeadmControlPlanes and their templates (`capi.md` 2.6 and 6.11). */
import { equalJson } from '../../machinery/json';
import { parseVersion } from '../../machinery/versions';
import type { KubeadmConfigSpec, KubeadmControlPlane, KubeadmControlPlaneTemplate } from '../kinds';
import type { Problem } from '../schema';
import { forbidden, invalid, required, unchangeable } from './findings';
import { kubeadmConfigSpecProblems } from './kubeadm-config-rules';
import { metadataProblems, namingProblems, versionProblems } from './shared-rules';

type Spec = KubeadmControlPlane['spec'];
/** What KubeadmControlPlane and its template have in common. */
type Parts = Pick<Spec, 'kubeadmConfigSpec' | 'rollout' | 'machineNaming'>;

export function controlPlaneProblems({ spec }: KubeadmControlPlane, old: KubeadmControlPlane | undefined): Problem[] {
  return [
    ...versionProblems('spec.version', spec.version),
    ...metadataProblems('spec.machineTemplate.metadata', spec.machineTemplate.metadata),
    ...partsProblems('spec', spec),
    ...scaleInProblems(spec),
    ...(old === undefined ? [] : changeProblems(spec, old.spec)),
  ];
}

export function controlPlaneTemplateProblems(
  { spec }: KubeadmControlPlaneTemplate,
  old: KubeadmControlPlaneTemplate | undefined,
): Problem[] {
  const template = spec?.template;
  const isChanged = old !== undefined && !equalJson(old.spec?.template.spec, template?.spec);
  return [
    ...metadataProblems('spec.template.metadata', template?.metadata),
    ...metadataProblems('spec.template.spec.machineTemplate.metadata', template?.spec?.machineTemplate?.metadata),
    ...(template?.spec === undefined ? [] : partsProblems('spec.template.spec', template.spec)),
    ...(isChanged ? [unchangeable('spec.template.spec')] : []),
  ];
}

function partsProblems(path: string, spec: Parts): Problem[] {
  return [
    ...kubeadmConfigSpecProblems(`${path}.kubeadmConfigSpec`, spec.kubeadmConfigSpec),
    ...etcdProblems(path, spec.kubeadmConfigSpec),
    ...timeoutProblems(path, spec.kubeadmConfigSpec),
    ...imageTagProblems(path, spec.kubeadmConfigSpec),
    ...expiryProblems(path, spec),
    ...surgeProblems(path, spec),
    ...namingProblems(`${path}.machineNaming.template`, spec.machineNaming?.template),
  ];
}

function etcdProblems(path: string, config: KubeadmConfigSpec | undefined): Problem[] {
  const etcd = config?.clusterConfiguration?.etcd;
  if (etcd?.local === undefined || etcd.external === undefined) return [];
  const at = `${path}.kubeadmConfigSpec.clusterConfiguration.etcd.local`;
  return [forbidden(at, 'cannot be set beside external', 'keep one of local and external')];
}

function timeoutProblems(path: string, config: KubeadmConfigSpec | undefined): Problem[] {
  const init = config?.initConfiguration?.timeouts?.controlPlaneComponentHealthCheckSeconds;
  const join = config?.joinConfiguration?.timeouts?.controlPlaneComponentHealthCheckSeconds;
  if (init === join) return [];
  const at = `${path}.kubeadmConfigSpec.initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds`;
  return [invalid(at, init, 'must equal that of joinConfiguration', 'write the same number in both')];
}

const IMAGE_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

function imageTagProblems(path: string, config: KubeadmConfigSpec | undefined): Problem[] {
  const cluster = config?.clusterConfiguration;
  return (
    [
      ['dns.imageTag', cluster?.dns?.imageTag],
      ['etcd.local.imageTag', cluster?.etcd?.local?.imageTag],
    ] as const
  ).flatMap(([field, tag]) => {
    if (tag === undefined || IMAGE_TAG.test(tag)) return [];
    return [
      forbidden(
        `${path}.kubeadmConfigSpec.clusterConfiguration.${field}`,
        `is no image tag (${JSON.stringify(tag)})`,
        'write it like v1.12.0',
      ),
    ];
  });
}

function expiryProblems(path: string, spec: Parts): Problem[] {
  const before = spec.rollout?.before?.certificatesExpiryDays;
  const validity = spec.kubeadmConfigSpec?.clusterConfiguration?.certificateValidityPeriodDays;
  if (before === undefined || validity === undefined || before < validity) return [];
  const at = `${path}.rollout.before.certificatesExpiryDays`;
  return [
    invalid(
      at,
      before,
      `must be less than the validity of certificates (${validity} days)`,
      `use less than ${validity}`,
    ),
  ];
}

function surgeProblems(path: string, { rollout }: Parts): Problem[] {
  const maxSurge = rollout?.strategy?.rollingUpdate?.maxSurge;
  if (maxSurge === undefined || maxSurge === 0 || maxSurge === 1) return [];
  return [
    required(
      `${path}.rollout.strategy.rollingUpdate.maxSurge`,
      'must be 1 or 0',
      'use 1, or 0 with 3 machines or more',
    ),
  ];
}

function scaleInProblems({ rollout, replicas = 1 }: Spec): Problem[] {
  if (rollout?.strategy?.rollingUpdate?.maxSurge !== 0 || replicas >= 3) return [];
  const message = 'maxSurge 0 deletes a machine first, which needs at least 3';
  return [required('spec.rollout.strategy.rollingUpdate', message, 'use maxSurge 1 or 3 replicas')];
}

/** The machines that run already could not follow a change of these. */
const FROZEN = ['certificatesDir', 'controlPlaneEndpoint', 'caCertificateValidityPeriodDays'] as const;

function changeProblems(spec: Spec, old: Spec): Problem[] {
  const now = spec.kubeadmConfigSpec?.clusterConfiguration;
  const before = old.kubeadmConfigSpec?.clusterConfiguration;
  const path = 'spec.kubeadmConfigSpec.clusterConfiguration';
  const problems = FROZEN.filter((field) => now?.[field] !== before?.[field]).map((field) =>
    unchangeable(`${path}.${field}`),
  );
  if ((now?.etcd?.external === undefined) !== (before?.etcd?.external === undefined)) {
    problems.push(forbidden(`${path}.etcd`, 'cannot change between local and external', 'make a new cluster'));
  }
  return [...problems, ...upgradeProblems(spec.version, old.version)];
}

/** kubeadm upgrades one minor version at a time. */
function upgradeProblems(version: string, old: string): Problem[] {
  const to = parseVersion(version);
  const from = parseVersion(old);
  if (to === undefined || from === undefined) return [];
  if (to.major === from.major && to.minor <= from.minor + 1) return [];
  const fix = `upgrade to v${from.major}.${from.minor + 1} first`;
  return [forbidden('spec.version', `cannot go from ${old} to ${version}`, fix)];
}

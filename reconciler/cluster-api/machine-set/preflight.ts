import type { ControlPlaneView } from '../../../machinery/contract';
import { compareVersionTexts, parseVersion } from '../../../machinery/versions';

/** Checks that must hold before a MachineSet creates machines (`capi.md` 4.4). Pure. */

export type PreflightCheck =
  | 'ControlPlaneIsStable'
  | 'KubernetesVersionSkew'
  | 'KubeadmVersionSkew'
  | 'ControlPlaneVersionSkew';

export interface PreflightInput {
  /** `Kind namespace/name` of the control plane. */
  readonly controlPlaneName: string;
  readonly controlPlane: Pick<ControlPlaneView, 'version' | 'versions'>;
  /** `spec.template.spec.version` of the MachineSet. */
  readonly version: string | undefined;
  /** Its bootstrap reference is a KubeadmConfigTemplate. */
  readonly kubeadm: boolean;
  readonly topologyManaged: boolean;
  /** Value of the annotation that switches checks off, on the MachineSet or else on its bootstrap template. */
  readonly skip: string | undefined;
}

/** A worker may be older than the control plane by this many minor versions. */
const OLDEST_WORKER_SKEW = 3;

/** One message for each failed check; empty: machines may be created. */
export function preflightFailures(input: PreflightInput): string[] {
  // A control plane without a version (managed elsewhere) cannot be judged.
  if (input.controlPlane.version === undefined) return [];
  const skipped = new Set((input.skip ?? '').split(',').map((name) => name.trim()));
  if (skipped.has('All')) return [];
  const failures: string[] = [];
  const check = (name: PreflightCheck, problem: string | undefined) => {
    if (problem !== undefined && !skipped.has(name)) failures.push(`${problem} ("${name}" preflight check failed)`);
  };
  check('ControlPlaneIsStable', unstable(input, input.controlPlane.version));
  if (input.version !== undefined) {
    check('KubernetesVersionSkew', kubernetesSkew(input.version, input.controlPlane.version));
    if (input.kubeadm) check('KubeadmVersionSkew', kubeadmSkew(input.version, input.controlPlane.version));
    if (input.topologyManaged) check('ControlPlaneVersionSkew', exactSkew(input.version, input.controlPlane.version));
  }
  return failures;
}

function unstable(input: PreflightInput, desired: string): string | undefined {
  const { versions } = input.controlPlane;
  if (versions.length === 0) return `${input.controlPlaneName} is provisioning`;
  const upgrading = versions.some((entry) => compareVersionTexts(entry.version, desired) < 0);
  return upgrading ? `${input.controlPlaneName} is upgrading` : undefined;
}

function versionsText(workers: string, controlPlane: string): string {
  return `MachineSet version (${workers}) and ControlPlane version (${controlPlane})`;
}

function kubernetesSkew(workers: string, controlPlane: string): string | undefined {
  const own = parseVersion(workers);
  const other = parseVersion(controlPlane);
  if (own === undefined || other === undefined) return undefined;
  const text = `${versionsText(workers, controlPlane)} do not conform to the kubernetes version skew policy as`;
  if (own.major !== other.major || own.minor > other.minor) {
    return `${text} MachineSet version is higher than ControlPlane version`;
  }
  if (own.minor < other.minor - OLDEST_WORKER_SKEW) {
    return `${text} MachineSet version is more than ${OLDEST_WORKER_SKEW} minor versions older than the ControlPlane version`;
  }
  return undefined;
}

function kubeadmSkew(workers: string, controlPlane: string): string | undefined {
  const own = parseVersion(workers);
  const other = parseVersion(controlPlane);
  if (own === undefined || other === undefined) return undefined;
  if (own.major === other.major && own.minor === other.minor) return undefined;
  return `${versionsText(workers, controlPlane)} do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane`;
}

function exactSkew(workers: string, controlPlane: string): string | undefined {
  if (compareVersionTexts(workers, controlPlane) === 0) return undefined;
  return `${versionsText(workers, controlPlane)} are not yet the same, waiting for version to be propagated to the MachineSet`;
}

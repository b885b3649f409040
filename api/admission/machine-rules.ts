/** Admission of Machines, MachineSets and MachineDeployments (`capi.md` 2.2 and 2.3). */
import type { Machine, MachineDeployment, MachineSet } from '../kinds';
import type { Problem } from '../schema';
import { invalid } from './findings';
import {
  bootstrapProblems,
  clusterNameProblems,
  metadataProblems,
  namingProblems,
  selectorProblems,
  versionProblems,
} from './shared-rules';

export function machineProblems({ spec }: Machine, old: Machine | undefined): Problem[] {
  return [
    ...clusterNameProblems(spec, old?.spec),
    ...bootstrapProblems('spec.bootstrap', spec.bootstrap),
    ...versionProblems('spec.version', spec.version),
  ];
}

export function machineSetProblems({ spec }: MachineSet, old: MachineSet | undefined): Problem[] {
  return poolProblems(spec, old?.spec);
}

export function machineDeploymentProblems({ spec }: MachineDeployment, old: MachineDeployment | undefined): Problem[] {
  return [...poolProblems(spec, old?.spec), ...rollingUpdateProblems(spec), ...maxInFlightProblems(spec)];
}

type Pool = MachineSet['spec'];

function poolProblems(spec: Pool, old: Pool | undefined): Problem[] {
  const { template } = spec;
  const problems = [
    ...clusterNameProblems(spec, old),
    ...selectorProblems(spec.selector, template.metadata),
    ...metadataProblems('spec.template.metadata', template.metadata),
    ...bootstrapProblems('spec.template.spec.bootstrap', template.spec.bootstrap),
    ...versionProblems('spec.template.spec.version', template.spec.version),
    ...namingProblems('spec.machineNaming.template', spec.machineNaming?.template),
  ];
  if ((spec.replicas ?? 0) < 0) {
    problems.push(invalid('spec.replicas', spec.replicas, 'must not be negative', 'use 0 or more'));
  }
  if (spec.clusterName !== template.spec.clusterName) {
    const fix = `set spec.template.spec.clusterName to ${JSON.stringify(spec.clusterName)}`;
    problems.push(invalid('spec.clusterName', spec.clusterName, 'must equal spec.template.spec.clusterName', fix));
  }
  return problems;
}

function rollingUpdateProblems({ rollout }: MachineDeployment['spec']): Problem[] {
  const bounds = rollout?.strategy?.rollingUpdate;
  if (rollout?.strategy?.type !== 'RollingUpdate' || bounds === undefined) return [];
  const path = 'spec.rollout.strategy.rollingUpdate';
  const problems = [
    ...amountProblems(`${path}.maxSurge`, bounds.maxSurge),
    ...amountProblems(`${path}.maxUnavailable`, bounds.maxUnavailable),
  ];
  if (problems.length === 0 && isZero(bounds.maxSurge) && isZero(bounds.maxUnavailable)) {
    problems.push(invalid(path, bounds, 'allows no step: maxSurge and maxUnavailable are both 0', 'raise one of them'));
  }
  return problems;
}

function maxInFlightProblems({ remediation }: MachineDeployment['spec']): Problem[] {
  return amountProblems('spec.remediation.maxInFlight', remediation?.maxInFlight);
}

function amountProblems(path: string, amount: number | string | undefined): Problem[] {
  if (amount === undefined || (typeof amount === 'number' ? amount >= 0 : /^\d+%$/.test(amount))) return [];
  return [invalid(path, amount, 'must be a count or a percentage', 'write it like 1 or 25%')];
}

function isZero(amount: number | string | undefined): boolean {
  return amount === 0 || (typeof amount === 'string' && /^0+%$/.test(amount));
}

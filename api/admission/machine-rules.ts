/** Admission of Machines, MachineSets and MachineDeployments (`capi.md` 2.2 and 2.3). */
import type { Machine, MachineDeployment, MachineSet } from '../kinds';
import type { Problem } from '../schema';
import { invalid } from './findings';
import { bootstrapProblems, metadataProblems, namingProblems, selectorProblems, versionProblems } from './shared-rules';

export function machineProblems({ spec }: Machine): Problem[] {
  return [...bootstrapProblems('spec.bootstrap', spec.bootstrap), ...versionProblems('spec.version', spec.version)];
}

export function machineSetProblems({ spec }: MachineSet): Problem[] {
  return poolProblems(spec);
}

export function machineDeploymentProblems({ spec }: MachineDeployment): Problem[] {
  return [...poolProblems(spec), ...rollingUpdateProblems(spec), ...maxInFlightProblems(spec)];
}

type Pool = MachineSet['spec'];

function poolProblems(spec: Pool): Problem[] {
  const { template } = spec;
  return [
    ...selectorProblems(spec.selector, template.metadata),
    ...metadataProblems('spec.template.metadata', template.metadata),
    ...bootstrapProblems('spec.template.spec.bootstrap', template.spec.bootstrap),
    ...versionProblems('spec.template.spec.version', template.spec.version),
    ...namingProblems('spec.machineNaming.template', spec.machineNaming?.template),
  ];
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

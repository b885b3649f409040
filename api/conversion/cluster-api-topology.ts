/** v1beta1 ↔ v1beta2 of `Cluster.spec.topology`. */
import { duration, versionedReference } from './codecs';
import { move, oldOnly, sequence, within } from './lens';

const healthCheck = sequence(
  move('machineHealthCheck.enable', 'healthCheck.enabled'),
  move('machineHealthCheck.nodeStartupTimeout', 'healthCheck.checks.nodeStartupTimeoutSeconds', duration),
  move('machineHealthCheck.unhealthyConditions', 'healthCheck.checks.unhealthyNodeConditions'),
  move('machineHealthCheck.unhealthyMachineConditions', 'healthCheck.checks.unhealthyMachineConditions'),
  within('healthCheck.checks.unhealthyNodeConditions[]', move('timeout', 'timeoutSeconds', duration)),
  within('healthCheck.checks.unhealthyMachineConditions[]', move('timeout', 'timeoutSeconds', duration)),
  move('machineHealthCheck.maxUnhealthy', 'healthCheck.remediation.triggerIf.unhealthyLessThanOrEqualTo'),
  move('machineHealthCheck.unhealthyRange', 'healthCheck.remediation.triggerIf.unhealthyInRange'),
  move('machineHealthCheck.remediationTemplate', 'healthCheck.remediation.templateRef', versionedReference),
);

const deletionTimeouts = sequence(
  move('nodeDrainTimeout', 'deletion.nodeDrainTimeoutSeconds', duration),
  move('nodeVolumeDetachTimeout', 'deletion.nodeVolumeDetachTimeoutSeconds', duration),
  move('nodeDeletionTimeout', 'deletion.nodeDeletionTimeoutSeconds', duration),
);

const overrides = within('variables.overrides[]', oldOnly('definitionFrom'));

export const topology = sequence(
  move('class', 'classRef.name'),
  move('classNamespace', 'classRef.namespace'),
  oldOnly('rolloutAfter'),
  within('variables[]', oldOnly('definitionFrom')),
  within('controlPlane', healthCheck, deletionTimeouts, overrides),
  within(
    'workers.machineDeployments[]',
    healthCheck,
    deletionTimeouts,
    overrides,
    move('strategy.rollingUpdate.deletePolicy', 'deletion.order'),
    move('strategy.remediation.maxInFlight', 'healthCheck.remediation.maxInFlight'),
    move('strategy', 'rollout.strategy'),
  ),
  within('workers.machinePools[]', deletionTimeouts, overrides),
);

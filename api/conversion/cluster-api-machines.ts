/** v1beta1 ↔ v1beta2 of Cluster, Machine, MachineSet and MachineDeployment (`capi.md` 1.2). */

import { topology } from './cluster-api-topology';
import { contractReference, duration, namedObjects, nodeReference } from './codecs';
import { hubOnly, type Lens, move, recode, sequence, within } from './lens';

/** Old conditions and failures go under `deprecated`; those of the v1beta2 preview become the conditions. */
export function statusOf(
  oldFields: readonly string[],
  previewFields: readonly string[],
  ...more: readonly Lens[]
): Lens {
  return within(
    'status',
    ...['conditions', ...oldFields].map((field) => move(field, `deprecated.v1beta1.${field}`)),
    ...['conditions', ...previewFields].map((field) => move(`v1beta2.${field}`, field)),
    ...more,
  );
}

export const FAILURE = ['failureReason', 'failureMessage'];

export const deletionTimeouts = sequence(
  move('nodeDrainTimeout', 'deletion.nodeDrainTimeoutSeconds', duration),
  move('nodeVolumeDetachTimeout', 'deletion.nodeVolumeDetachTimeoutSeconds', duration),
  move('nodeDeletionTimeout', 'deletion.nodeDeletionTimeoutSeconds', duration),
);

const machineSpec = sequence(
  recode('bootstrap.configRef', contractReference),
  recode('infrastructureRef', contractReference),
  deletionTimeouts,
);

/** The old `strategy` of MachineDeployments, also in topologies. */
export const strategy = sequence(
  move('strategy.rollingUpdate.deletePolicy', 'deletion.order'),
  move('strategy.remediation.maxInFlight', 'remediation.maxInFlight'),
  move('strategy', 'rollout.strategy'),
);

export const machine = sequence(
  within('spec', machineSpec, hubOnly('minReadySeconds')),
  statusOf(
    FAILURE,
    [],
    move('bootstrapReady', 'initialization.bootstrapDataSecretCreated'),
    move('infrastructureReady', 'initialization.infrastructureProvisioned'),
    recode('nodeRef', nodeReference),
    hubOnly('failureDomain'),
  ),
);

export const machineSet = sequence(
  within(
    'spec',
    within('template.spec', machineSpec),
    move('minReadySeconds', 'template.spec.minReadySeconds'),
    move('deletePolicy', 'deletion.order'),
    move('machineNamingStrategy', 'machineNaming'),
  ),
  statusOf(
    [...FAILURE, 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
    ['readyReplicas', 'availableReplicas', 'upToDateReplicas'],
  ),
);

export const machineDeployment = sequence(
  within(
    'spec',
    within('template.spec', machineSpec),
    move('minReadySeconds', 'template.spec.minReadySeconds'),
    strategy,
    move('rolloutAfter', 'rollout.after'),
    move('machineNamingStrategy', 'machineNaming'),
  ),
  statusOf(
    ['readyReplicas', 'availableReplicas', 'updatedReplicas', 'unavailableReplicas'],
    ['readyReplicas', 'availableReplicas', 'upToDateReplicas'],
  ),
);

export const cluster = sequence(
  within(
    'spec',
    recode('controlPlaneRef', contractReference),
    recode('infrastructureRef', contractReference),
    within('topology', topology),
  ),
  statusOf(
    FAILURE,
    ['controlPlane', 'workers'],
    move('infrastructureReady', 'initialization.infrastructureProvisioned'),
    move('controlPlaneReady', 'initialization.controlPlaneInitialized'),
    recode('failureDomains', namedObjects),
  ),
);

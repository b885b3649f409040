/** v1beta1 ↔ v1beta2 of the kubeadm bootstrap and control-plane kinds (`capi.md` 1.2). */
import { valueAt } from '../../machinery/json';
import { deletionTimeouts, FAILURE, statusOf } from './cluster-api-machines';
import { contractReference, duration, namedValues } from './codecs';
import { type Lens, move, oldNeeds, oldOnly, put, recode, sequence, take, within } from './lens';

const HEALTH_CHECK = 'timeouts.controlPlaneComponentHealthCheckSeconds';
const OLD_HEALTH_CHECK = 'clusterConfiguration.apiServer.timeoutForControlPlane';

/** One old timeout is two new ones, which must be equal. */
const controlPlaneTimeout: Lens = {
  up(spec) {
    const seconds = duration.up(take(spec, OLD_HEALTH_CHECK));
    if (seconds === undefined) return;
    put(spec, `initConfiguration.${HEALTH_CHECK}`, seconds);
    put(spec, `joinConfiguration.${HEALTH_CHECK}`, seconds);
  },
  down(spec) {
    const seconds = take(spec, `initConfiguration.${HEALTH_CHECK}`);
    const ofJoin = take(spec, `joinConfiguration.${HEALTH_CHECK}`);
    if (seconds !== undefined && seconds === ofJoin) put(spec, OLD_HEALTH_CHECK, duration.down(seconds));
  },
};

/** Timeouts that v1beta1 does not know. */
const newTimeouts: Lens = {
  up: () => {},
  down(spec) {
    for (const owner of ['initConfiguration', 'joinConfiguration']) {
      if (valueAt(spec, owner, 'timeouts') !== undefined) take(spec, `${owner}.timeouts`);
    }
  },
};

const extraArgs = (path: string) => within(path, recode('extraArgs', namedValues));

const nodeRegistration = (owner: string) =>
  within(`${owner}.nodeRegistration`, recode('kubeletExtraArgs', namedValues));

const kubeadmConfigSpec = sequence(
  oldOnly('useExperimentalRetryJoin'),
  within('clusterConfiguration', oldOnly('apiVersion', 'kind', 'clusterName', 'kubernetesVersion', 'networking')),
  extraArgs('clusterConfiguration.apiServer'),
  extraArgs('clusterConfiguration.controllerManager'),
  extraArgs('clusterConfiguration.scheduler'),
  extraArgs('clusterConfiguration.etcd.local'),
  within('initConfiguration', oldOnly('apiVersion', 'kind')),
  within('initConfiguration.bootstrapTokens[]', move('ttl', 'ttlSeconds', duration)),
  nodeRegistration('initConfiguration'),
  within('joinConfiguration', oldOnly('apiVersion', 'kind')),
  nodeRegistration('joinConfiguration'),
  newTimeouts,
  move('joinConfiguration.discovery.timeout', 'joinConfiguration.timeouts.tlsBootstrapSeconds', duration),
  controlPlaneTimeout,
);

export const kubeadmConfig = sequence(
  within('spec', kubeadmConfigSpec),
  statusOf(FAILURE, [], move('ready', 'initialization.dataSecretCreated')),
);

export const kubeadmConfigTemplate = within('spec.template.spec', kubeadmConfigSpec);

const controlPlaneSpec = sequence(
  within('kubeadmConfigSpec', kubeadmConfigSpec),
  oldNeeds('kubeadmConfigSpec', {}),
  move('machineNamingStrategy', 'machineNaming'),
  move('rolloutBefore', 'rollout.before'),
  move('rolloutAfter', 'rollout.after'),
  move('rolloutStrategy', 'rollout.strategy'),
  move('remediationStrategy.maxRetry', 'remediation.maxRetry'),
  move('remediationStrategy.retryPeriod', 'remediation.retryPeriodSeconds', duration),
  move('remediationStrategy.minHealthyPeriod', 'remediation.minHealthyPeriodSeconds', duration),
);

/** `ready` is what readers of contract v1beta1 wait for; the hub has no such field. */
const ready: Lens = {
  up: (status) => void take(status, 'ready'),
  down(status) {
    if (valueAt(status, 'initialization', 'controlPlaneInitialized') === true) put(status, 'ready', true);
  },
};

export const kubeadmControlPlane = sequence(
  within(
    'spec',
    controlPlaneSpec,
    move('machineTemplate.infrastructureRef', 'machineTemplate.spec.infrastructureRef', contractReference),
    move('machineTemplate.readinessGates', 'machineTemplate.spec.readinessGates'),
    move('machineTemplate.taints', 'machineTemplate.spec.taints'),
    within('machineTemplate', moveDeletion()),
  ),
  statusOf(
    [...FAILURE, 'readyReplicas', 'updatedReplicas', 'unavailableReplicas'],
    ['readyReplicas', 'availableReplicas', 'upToDateReplicas'],
    move('initialized', 'initialization.controlPlaneInitialized'),
    move('lastRemediation.timestamp', 'lastRemediation.time'),
    // Last, so that on the way down it still sees what the hub says.
    ready,
  ),
);

/** The timeouts stand one level deeper in the hub. */
function moveDeletion(): Lens {
  return sequence(deletionTimeouts, move('deletion', 'spec.deletion'));
}

export const kubeadmControlPlaneTemplate = within(
  'spec.template.spec',
  controlPlaneSpec,
  move('machineTemplate.taints', 'machineTemplate.spec.taints'),
  within('machineTemplate', moveDeletion()),
);

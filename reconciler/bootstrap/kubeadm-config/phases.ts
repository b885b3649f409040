import { KubeadmConfig, Secret } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL } from '../../../api/labels';
import { done, isReason, type Outcome, requeueAfter } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import { textAt } from '../../../machinery/contract';
import { valueAt } from '../../../machinery/json';
import { controllerOf } from '../../../machinery/kube-object';
import {
  CLUSTER_SECRET_TYPE,
  type ClusterFacts,
  isKubeadmSupported,
  KubeadmVersionUnsupported,
} from '../../../machinery/kubeadm';
import { ownerReference, withOwner } from '../../../machinery/owner-references';
import { certificateInfo } from '../../../machinery/pki';
import { certificateOf, collectCertificates } from './certificates';
import { completeDiscovery } from './discovery';
import { acquireInitLock, releaseInitLock } from './init-lock';
import { Reason, Type, Waiting } from './reasons';
import { resolveReferences } from './references';
import { endpointText, reportWaiting, type Scope } from './scope';
import { createToken, refreshToken, tokenCheckIntervalMs } from './tokens';
import { controlPlaneJoinUserData, initUserData, type UserDataInput, workerJoinUserData } from './user-data';

/** Decides which data this machine needs, and makes it (`capi.md` 5.1). Waits end through events alone. */
export async function makeBootstrapData(scope: Scope): Promise<Outcome> {
  if (scope.cluster.status?.initialization?.infrastructureProvisioned !== true) {
    reportWaiting(scope, Waiting.infrastructure);
    return done();
  }
  const refusal = refusalOf(scope);
  if (refusal !== undefined) {
    reportWaiting(scope, refusal);
    return done();
  }
  const initialized = isTrue(scope.cluster, 'ControlPlaneInitialized');
  if (initialized) return join(scope);
  if (!scope.isControlPlane || isMeantToJoin(scope)) {
    reportWaiting(scope, Waiting.controlPlane);
    return done();
  }
  return init(scope);
}

/** What makes the configuration impossible to carry out, said before anything is made. */
function refusalOf(scope: Scope): string | undefined {
  const { spec, machine, isControlPlane } = scope;
  if (spec.format === 'ignition') return 'spec.format ignition is not supported; use cloud-config';
  if (machine.spec.version === undefined) return `Machine ${machine.metadata.name} has no spec.version`;
  if (!isKubeadmSupported(machine.spec.version)) return new KubeadmVersionUnsupported(machine.spec.version).message;
  if (!isControlPlane && spec.joinConfiguration?.controlPlane !== undefined) {
    return 'spec.joinConfiguration.controlPlane is set, but the Machine is a worker; remove it';
  }
  return undefined;
}

/** A control-plane machine whose configuration says nothing about init is for a control plane that exists. */
function isMeantToJoin(scope: Scope): boolean {
  return scope.spec.joinConfiguration !== undefined && scope.spec.initConfiguration === undefined;
}

async function init(scope: Scope): Promise<Outcome> {
  const holder = await acquireInitLock(scope);
  if (holder !== undefined) {
    reportWaiting(scope, `${Waiting.controlPlane}; Machine ${holder} is initializing it`);
    return done();
  }
  try {
    return await initUnderLock(scope);
  } catch (error) {
    // Another machine may be able to do what this one could not.
    await releaseInitLock(scope);
    throw error;
  }
}

async function initUnderLock(scope: Scope): Promise<Outcome> {
  const endpoint = endpointText(scope.cluster);
  if (endpoint === undefined && scope.spec.clusterConfiguration?.controlPlaneEndpoint === undefined) {
    reportWaiting(scope, Waiting.endpoint);
    return done();
  }
  const configuration = { ...scope.spec.clusterConfiguration };
  configuration.controlPlaneEndpoint ??= endpoint;
  scope.spec.clusterConfiguration = configuration;
  await deliver(scope, initUserData);
  return done();
}

/** @param tokenIsGone - the token in the configuration opens nothing any more; it stays there until there is another */
async function join(scope: Scope, tokenIsGone = false): Promise<Outcome> {
  await releaseInitLock(scope);
  const endpoint = endpointText(scope.cluster);
  if (endpoint === undefined) {
    reportWaiting(scope, Waiting.endpoint);
    return done();
  }
  const certificates = await collectCertificates(scope);
  if (certificates === undefined) return waitForCertificates(scope);
  const caPem = certificateOf(scope, certificates, 'ca').certificate;
  const completed = completeDiscovery(scope.spec.joinConfiguration, {
    endpoint,
    caPem,
    caHash: certificateInfo(caPem).publicKeyHash,
  });
  scope.spec.joinConfiguration = completed;
  if (scope.isControlPlane) completed.controlPlane ??= {};
  const byToken = completed.discovery?.bootstrapToken;
  if (byToken !== undefined && (tokenIsGone || !(await isTokenAlive(scope, byToken.token)))) {
    const workload = scope.deps.workloads.connection(scope.clusterKey);
    if (workload === undefined) {
      reportWaiting(scope, Waiting.connection);
      return done();
    }
    byToken.token = await createToken(scope.deps, scope.clusterKey, workload);
  }
  const isMade = await deliver(scope, scope.isControlPlane ? controlPlaneJoinUserData : workerJoinUserData);
  return isMade && byToken !== undefined ? requeueAfter(tokenCheckIntervalMs(scope.deps)) : done();
}

/** A token from a run that had to wait for something else may have ended since. */
async function isTokenAlive(scope: Scope, token: string | undefined): Promise<boolean> {
  if (token === undefined) return false;
  const workload = scope.deps.workloads.connection(scope.clusterKey);
  return workload === undefined || refreshToken(scope.deps, workload, token);
}

/**
 * Renders the data, keeps it in the Secret, and says so in the status.
 * @returns false when something is missing, which the condition then says
 */
async function deliver(scope: Scope, render: (input: UserDataInput) => string): Promise<boolean> {
  const certificates = await collectCertificates(scope);
  if (certificates === undefined) {
    waitForCertificates(scope);
    return false;
  }
  const resolved = await resolveReferences(scope, () => controlPlaneVersionOf(scope));
  if (resolved.faults !== undefined) {
    reportWaiting(scope, resolved.faults.join('; '));
    return false;
  }
  const facts = factsOf(scope);
  const value = render({ spec: scope.spec, files: resolved.files, users: resolved.users, certificates, facts });
  await storeDataSecret(scope, value);
  publishDataSecret(scope, scope.draft.stored.metadata.name);
  return true;
}

function waitForCertificates(scope: Scope): Outcome {
  const fault = scope.reports.find((report) => report.type === Type.certificatesAvailable)?.message ?? '';
  reportWaiting(scope, `Waiting for certificates: ${fault}`);
  return done();
}

function factsOf(scope: Scope): ClusterFacts {
  const network = scope.cluster.spec?.clusterNetwork;
  return {
    clusterName: scope.clusterKey.name,
    kubernetesVersion: scope.machine.spec.version ?? '',
    controlPlaneEndpoint: endpointText(scope.cluster),
    dnsDomain: network?.serviceDomain,
    serviceCidrs: network?.services?.cidrBlocks,
    podCidrs: network?.pods?.cidrBlocks,
  };
}

/** The version the control plane runs, for file templates; the machine's own while there is none. */
async function controlPlaneVersionOf(scope: Scope): Promise<string> {
  const own = scope.machine.spec.version ?? '';
  const reference = scope.cluster.spec?.controlPlaneRef;
  if (reference === undefined || scope.isControlPlane) return own;
  const { objects } = scope.deps;
  const { resource } = await objects.resolveContract(reference.apiGroup, reference.kind);
  const controlPlane = await objects.read(resource, { namespace: scope.clusterKey.namespace, name: reference.name });
  const versions = valueAt(controlPlane, 'status', 'versions');
  const oldest = Array.isArray(versions) ? textAt(versions[0], 'version') : undefined;
  return oldest ?? textAt(controlPlane, 'status', 'version') ?? textAt(controlPlane, 'spec', 'version') ?? own;
}

async function storeDataSecret(scope: Scope, value: string): Promise<void> {
  const { objects } = scope.deps;
  const { name } = scope.draft.stored.metadata;
  const { namespace } = scope.clusterKey;
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { [CLUSTER_NAME_LABEL]: scope.clusterKey.name },
      ownerReferences: [dataSecretOwner(scope)],
    },
    type: CLUSTER_SECRET_TYPE,
    data: { value: base64(value), format: base64('cloud-config') },
  };
  try {
    if (objects.get(Secret, { namespace, name }) === undefined) {
      await objects.create(Secret, secret);
      return;
    }
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
  // From a run that was interrupted, or with a token that has gone: the data must be this run's.
  const existing = await objects.read(Secret, { namespace, name });
  if (existing === undefined) {
    await objects.create(Secret, secret);
    return;
  }
  const after = { ...existing, data: secret.data, metadata: { ...existing.metadata } };
  after.metadata.labels = { ...existing.metadata.labels, ...secret.metadata.labels };
  after.metadata.ownerReferences = withOwner(existing.metadata.ownerReferences, dataSecretOwner(scope));
  await objects.patch(Secret, existing, after);
}

/** Upstream sets `controller` alone here, unlike everywhere else. */
function dataSecretOwner(scope: Scope) {
  return { ...ownerReference(scope.draft.stored), apiVersion: KubeadmConfig.apiVersion, controller: true };
}

function publishDataSecret(scope: Scope, name: string): void {
  const status = scope.draft.object.status ?? {};
  status.dataSecretName = name;
  status.initialization = { ...status.initialization, dataSecretCreated: true };
  scope.draft.object.status = status;
  scope.reports.push(DATA_SECRET_AVAILABLE);
}

const DATA_SECRET_AVAILABLE = { type: Type.dataSecretAvailable, status: 'True', reason: Reason.available } as const;
const CERTIFICATES_AVAILABLE = { type: Type.certificatesAvailable, status: 'True', reason: Reason.available } as const;

/** After a move the status is empty, and the Machine knows the Secret. @returns true when that was the case */
export function adoptDataSecret(scope: Scope): boolean {
  const name = scope.machine.spec.bootstrap.dataSecretName;
  if (name === undefined || scope.draft.stored.status?.initialization?.dataSecretCreated === true) return false;
  publishDataSecret(scope, name);
  scope.reports.push(CERTIFICATES_AVAILABLE);
  return true;
}

/**
 * Looks after data that exists: its owner, and the token in it while the machine has not joined.
 * @param onLooked - told when the token that was due is fine, or another one
 */
export async function keepBootstrapData(scope: Scope, tokenIsDue: boolean, onLooked: () => void): Promise<Outcome> {
  // A run that did not hear the answer to its own write may have denied them since.
  scope.reports.push(DATA_SECRET_AVAILABLE, CERTIFICATES_AVAILABLE);
  await keepOwner(scope);
  if (isTrue(scope.cluster, 'ControlPlaneInitialized')) await releaseInitLock(scope);
  const token = scope.spec.joinConfiguration?.discovery?.bootstrapToken?.token;
  if (token === undefined || scope.machine.status?.nodeRef !== undefined) return done();
  if (scope.machine.metadata.deletionTimestamp !== undefined) return done();
  const workload = scope.deps.workloads.connection(scope.clusterKey);
  if (workload === undefined) return done();
  if (tokenIsDue) {
    if (!(await refreshToken(scope.deps, workload, token))) await renewToken(scope, token);
    onLooked();
  }
  return requeueAfter(tokenCheckIntervalMs(scope.deps));
}

/** Makes the data anew with another token. The configuration names the one that the data hold, whatever happens. */
async function renewToken(scope: Scope, before: string): Promise<void> {
  let isDone = false;
  try {
    isDone = (await join(scope, true)).kind !== 'done';
  } finally {
    const byToken = scope.spec.joinConfiguration?.discovery?.bootstrapToken;
    if (!isDone && byToken !== undefined) byToken.token = before;
  }
}

async function keepOwner(scope: Scope): Promise<void> {
  const { objects } = scope.deps;
  const name = scope.draft.stored.status?.dataSecretName ?? scope.draft.stored.metadata.name;
  const secret = objects.get(Secret, { namespace: scope.clusterKey.namespace, name });
  if (secret === undefined) return;
  const owner = controllerOf(secret);
  if (owner?.uid === scope.draft.stored.metadata.uid) return;
  // Somebody else's Secret stays somebody else's.
  if (owner !== undefined && owner.kind !== KubeadmConfig.kind) return;
  const ownerReferences = withOwner(secret.metadata.ownerReferences, dataSecretOwner(scope));
  await objects.patch(Secret, secret, { ...secret, metadata: { ...secret.metadata, ownerReferences } });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

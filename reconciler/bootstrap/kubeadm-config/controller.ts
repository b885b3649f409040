import { Cluster, ConfigMap, KubeadmConfig, Machine, Secret } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from '../../../api/labels';
import { type Controller, done, type ObjectEvent, type Outcome, ownKind, type WatchSource } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { CapstanError } from '../../../machinery/errors';
import { equalJson } from '../../../machinery/json';
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../../../machinery/kube-object';
import { clusterOfSecret } from '../../../machinery/kubeadm';
import { pausedReport } from '../../runtime/paused';
import type { BootstrapDeps } from './dependencies';
import { adoptDataSecret, keepBootstrapData, makeBootstrapData } from './phases';
import { openScope, reportWaiting, type Scope, saveScope } from './scope';
import { tokenCheckIntervalMs } from './tokens';

/**
 * Turns a KubeadmConfig into the Secret its machine boots with (`capi.md` 5). Has no finalizer: the Secret goes with
 * its owner.
 */
export function kubeadmConfigController(deps: BootstrapDeps): Controller {
  const tokenChecks = new TokenChecks(deps);
  return {
    name: 'kubeadmconfig',
    watches: watches(deps),
    async reconcile(key): Promise<Outcome> {
      const scope = openScope(deps, key);
      if (scope === undefined) {
        tokenChecks.forget(key);
        return done();
      }
      const paused = pausedReport(scope.cluster, scope.draft.stored);
      scope.reports.push(paused);
      if (paused.status === 'True') {
        await saveScope(scope, false);
        return done();
      }
      return withStatus(scope, () => reconcileActive(scope, tokenChecks));
    },
    start: (enqueue) =>
      deps.workloads.subscribe((event) => {
        if (event.type !== 'connected') return;
        for (const key of configsOf(deps, event.cluster)) enqueue(key);
      }),
  };
}

async function reconcileActive(scope: Scope, tokenChecks: TokenChecks): Promise<Outcome> {
  if (adoptDataSecret(scope)) return done();
  const key = keyOf(scope.draft.stored);
  if (scope.draft.stored.status?.initialization?.dataSecretCreated === true) {
    return keepBootstrapData(scope, tokenChecks.isDue(key), () => tokenChecks.note(key));
  }
  const outcome = await makeBootstrapData(scope);
  // A token in the data was made, or looked after, just now.
  tokenChecks.note(key);
  return outcome;
}

/** Writes the status after success and after failure; a failure to write never hides the first one. */
async function withStatus(scope: Scope, work: () => Promise<Outcome>): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await work();
  } catch (error) {
    const isMade = scope.draft.stored.status?.initialization?.dataSecretCreated === true;
    if (error instanceof CapstanError && !isMade) reportWaiting(scope, `Trying again after an error: ${error.message}`);
    await saveScope(scope, false).catch(() => undefined);
    throw error;
  }
  await saveScope(scope, true);
  return outcome;
}

/** Remembers when tokens were looked after, so that events in between ask the workload cluster nothing. */
class TokenChecks {
  readonly #deps: BootstrapDeps;
  readonly #next = new Map<string, number>();

  constructor(deps: BootstrapDeps) {
    this.#deps = deps;
  }

  /** Also at the first sight of a token: after a restart nobody knows when it was looked after. */
  isDue(key: ObjectKey): boolean {
    const next = this.#next.get(keyText(key));
    return next === undefined || this.#deps.clock.now() >= next;
  }

  /** A token was made, or looked after with success. */
  note(key: ObjectKey): void {
    this.#next.set(keyText(key), this.#deps.clock.now() + tokenCheckIntervalMs(this.#deps));
  }

  forget(key: ObjectKey): void {
    this.#next.delete(keyText(key));
  }
}

function watches(deps: BootstrapDeps): WatchSource[] {
  return [
    ownKind(KubeadmConfig),
    { resource: Machine, keys: (event) => [...configOfMachine(event), ...configsAfterMachine(deps, event)] },
    { resource: Cluster, keys: (event) => (isRelevant(event) ? configsOf(deps, keyOf(event.object)) : []) },
    // The lock going away, certificates and referenced Secrets appearing.
    { resource: ConfigMap, keys: (event) => (event.type === 'deleted' ? waitingConfigs(deps, event.object) : []) },
    { resource: Secret, keys: (event) => secretKeys(deps, event) },
  ];
}

function configOfMachine(event: ObjectEvent): readonly ObjectKey[] {
  const machine = event.object as Machine; // the watch is of Machines
  const reference = machine.spec.bootstrap.configRef;
  if (reference === undefined || reference.kind !== KubeadmConfig.kind) return [];
  return [{ namespace: machine.metadata.namespace ?? '', name: reference.name }];
}

/** A control-plane machine that goes may have held the init lock. */
function configsAfterMachine(deps: BootstrapDeps, event: ObjectEvent): readonly ObjectKey[] {
  const { labels } = event.object.metadata;
  return event.type === 'deleted' && labels?.[CONTROL_PLANE_LABEL] !== undefined
    ? waitingConfigs(deps, event.object)
    : [];
}

/** Whether a change of a Cluster can end a wait. */
function isRelevant(event: ObjectEvent): boolean {
  if (event.type !== 'modified' || event.previous === undefined) return event.type === 'added';
  return !equalJson(essenceOf(event.previous as Cluster), essenceOf(event.object as Cluster));
}

function essenceOf(cluster: Cluster) {
  return [
    cluster.spec?.paused,
    cluster.spec?.controlPlaneEndpoint,
    cluster.status?.initialization?.infrastructureProvisioned,
    conditionOf(cluster, 'ControlPlaneInitialized')?.status,
  ];
}

function configsOf(deps: BootstrapDeps, cluster: ObjectKey): readonly ObjectKey[] {
  const selector = { matchLabels: { [CLUSTER_NAME_LABEL]: cluster.name } };
  return deps.objects.list(KubeadmConfig, { namespace: cluster.namespace, selector }).map(keyOf);
}

/** Configs of the cluster an object is labelled with that have no data yet. */
function waitingConfigs(deps: BootstrapDeps, object: KubeObject): readonly ObjectKey[] {
  const name = object.metadata.labels?.[CLUSTER_NAME_LABEL];
  if (name === undefined) return [];
  return withoutData(deps, object.metadata.namespace ?? '', name);
}

function withoutData(deps: BootstrapDeps, namespace: string, clusterName: string): readonly ObjectKey[] {
  const selector = { matchLabels: { [CLUSTER_NAME_LABEL]: clusterName } };
  return deps.objects
    .list(KubeadmConfig, { namespace, selector })
    .filter((config) => config.status?.initialization?.dataSecretCreated !== true)
    .map(keyOf);
}

/** Configs that wait for a Secret: those of the cluster that its name says, or that name it in `files` or `users`. */
function secretKeys(deps: BootstrapDeps, event: ObjectEvent): readonly ObjectKey[] {
  if (event.type === 'deleted') return [];
  const { name, namespace = '', ownerReferences } = event.object.metadata;
  // Our own product wakes nobody.
  if (ownerReferences?.some((owner) => owner.kind === KubeadmConfig.kind) === true) return [];
  const clusterName = clusterOfSecret(name);
  const ofCluster = clusterName === undefined ? [] : withoutData(deps, namespace, clusterName);
  if (ofCluster.length > 0) return ofCluster;
  return deps.objects
    .list(KubeadmConfig, { namespace })
    .filter((config) => config.status?.initialization?.dataSecretCreated !== true)
    .filter(
      ({ spec }) =>
        spec?.files?.some((file) => file.contentFrom?.secret.name === name) === true ||
        spec?.users?.some((user) => user.passwdFrom?.secret.name === name) === true,
    )
    .map(keyOf);
}

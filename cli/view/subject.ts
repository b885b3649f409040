import { CLUSTER_NAME_LABEL, DEPLOYMENT_NAME_LABEL } from '../../api/labels';
import type { Condition } from '../../machinery/conditions';
import { valueAt } from '../../machinery/json';
import { isBeingDeleted, type KubeObject, keyText, type ObjectKey, parseApiVersion } from '../../machinery/kube-object';
import { type EtcdMembers, type Quorum, quorumAmong } from './etcd-members';
import { AS_THEY_ARE, clusterArgument, type PrintedCommands } from './printed-commands';

/** As an API server says it. */
const MISSING_NAMESPACE = /\bnamespaces "([a-z0-9-]+)" not found/g;

/** Where a CloudStackFailureDomain has its credentials from. */
export interface CredentialsOfDomain extends ObjectKey {
  readonly secret: ObjectKey;
}

/** Who asks for advice, and when. */
export interface Asking {
  /** Milliseconds since the epoch. @default - every condition counts as new */
  readonly now?: number | undefined;
  /** @default AS_THEY_ARE */
  readonly commands?: PrintedCommands | undefined;
  /** Another namespace has a cluster of that name, too. @default false */
  readonly isAmbiguous?: boolean | undefined;
  /** Secrets that the cluster reaches CloudStack with. @default - unknown */
  readonly credentials?: readonly ObjectKey[] | undefined;
  /** Failure domain objects of the cluster, and the Secret that each names. @default - unknown */
  readonly failureDomains?: readonly CredentialsOfDomain[] | undefined;
  /** @default - unknown */
  readonly etcd?: EtcdMembers | undefined;
}

/** A condition that somebody has to do something about, and the words that advice about it is made of. */
export class Subject {
  readonly #commands: PrintedCommands;

  constructor(
    readonly object: KubeObject,
    readonly condition: Condition,
    private readonly asking: Asking,
  ) {
    this.#commands = asking.commands ?? AS_THEY_ARE;
  }

  /** How long the condition has stood. */
  ageMs(): number {
    const since = Date.parse(this.condition.lastTransitionTime);
    const { now } = this.asking;
    return now === undefined || Number.isNaN(since) ? 0 : Math.max(0, now - since);
  }

  describe(): string {
    return this.#commands.kubectl(`kubectl describe ${this.#argument()}`);
  }

  /** Takes back the suspension of a Fleet. */
  resume(): string {
    return this.#commands.kubectl(`kubectl patch ${this.#argument()} --type merge -p '{"spec":{"suspend":null}}'`);
  }

  /** A revision that is refused for no other problem than namespaces that do not exist. */
  lacksNamespacesAlone(): boolean {
    const problems = this.condition.message.split('\n').filter((line) => line.startsWith('- '));
    return problems.length > 0 && problems.every((problem) => problem.search(MISSING_NAMESPACE) >= 0);
  }

  /** Creates the namespaces that the message misses; empty where it misses none. */
  createNamespaces(): string {
    const names = new Set([...this.condition.message.matchAll(MISSING_NAMESPACE)].map(([, name]) => name));
    return [...names].map((name) => this.#commands.kubectl(`kubectl create namespace ${name}`)).join('; ');
  }

  /** A pool that replaces machines when somebody deletes them, and not before. */
  replacesOnDelete(): boolean {
    return valueAt(this.object, 'spec', 'rollout', 'strategy', 'type') === 'OnDelete';
  }

  /** Lists the Machines of a pool, and which of them are up to date. */
  machinesOfPool(): string {
    const { name, namespace } = this.object.metadata;
    const selector = `${DEPLOYMENT_NAME_LABEL}=${name}`;
    return this.#commands.kubectl(
      `kubectl get machines.cluster.x-k8s.io --namespace ${namespace} --selector ${selector}`,
    );
  }

  /**
   * `delete the Machine …`, with the command, unless its control plane could not make up for it.
   * @param joint - what leads over to it, where it is one way of several
   */
  deleteMachine(purpose: string, joint = ''): string {
    const { name } = this.#machine();
    if (this.object.kind === 'Machine' && isBeingDeleted(this.object))
      return `its Machine is being deleted already; see what that waits for: ${this.describe()}`;
    const { all = [], healthy = [] } = this.asking.etcd ?? {};
    if (all.includes(name)) {
      if (all.length === 1 || this.quorum() === 'lost')
        return "do not delete the Machine: etcd's data would be lost with it";
      const lack =
        this.quorum() === 'unsure' ? 'has no quorum' : this.#isNeeded(name) ? 'would have no quorum without it' : '';
      if (lack !== '')
        return `etcd ${lack} while ${healthy.length} of ${all.length} control plane machines are healthy, so see to the others first (${this.status()}); then ${this.#deletion(purpose)}`;
    }
    return `${joint}${this.#deletion(purpose)}`;
  }

  /** Whether etcd of its cluster works on; `kept` for a machine that etcd does not run on. */
  quorum(): Quorum {
    const { etcd } = this.asking;
    return etcd?.all.includes(this.#machine().name) === true ? quorumAmong(etcd) : 'kept';
  }

  /** Whether etcd would have no quorum without that member. */
  #isNeeded(member: string): boolean {
    const { all = [], lost = [], healthy = [] } = this.asking.etcd ?? {};
    const without = (names: readonly string[]) => names.filter((name) => name !== member);
    return quorumAmong({ all: without(all), lost: without(lost), healthy: without(healthy) }) !== 'kept';
  }

  /** No machine is left that has what its cluster stored. */
  isEtcdGone(): boolean {
    return this.asking.etcd?.isGone === true;
  }

  /** How many machines of etcd's are lost. */
  lossOfEtcd(): string {
    const { all = [], lost = [] } = this.asking.etcd ?? {};
    return all.length === 1
      ? "etcd's data are lost with the only control plane machine"
      : `etcd's data are lost with ${lost.length} of ${all.length} control plane machines: the rest is no majority`;
  }

  whyMachine(): string {
    const { name, namespace } = this.#machine();
    const cluster = clusterArgument(`${this.#cluster()}/${name}`, namespace, this.#isAmbiguous);
    return this.#commands.capstan(`npx capstan why ${cluster}`);
  }

  whyCluster(): string {
    const argument = clusterArgument(this.#cluster(), this.#machine().namespace, this.#isAmbiguous);
    return this.#commands.capstan(`npx capstan why ${argument}`);
  }

  status(): string {
    return this.#commands.capstan('npx capstan status');
  }

  /** A kubectl command against the workload cluster. */
  workload(command: string): string {
    const cluster = this.#cluster();
    const file = `${cluster}.kubeconfig`;
    const argument = clusterArgument(cluster, this.#machine().namespace, this.#isAmbiguous);
    const fetch = this.#commands.capstan(`npx capstan kubeconfig ${argument}`);
    return `${fetch} > ${file} && kubectl --kubeconfig ${file} ${command}`;
  }

  /** `the credentials Secret`, by its name where the message, the spec or the cluster has it. */
  credentials(): string {
    const named = this.#namedSecret();
    const names = named === undefined ? (this.asking.credentials ?? []).map(keyText) : [named];
    return names.length === 0 ? 'the credentials Secret' : `the credentials Secret ${names.join(' or ')}`;
  }

  /** The object as kubectl takes it. */
  #argument(): string {
    const { kind, apiVersion, metadata } = this.object;
    const { group } = parseApiVersion(apiVersion);
    const resource = [kind.toLowerCase(), group].filter(Boolean).join('.');
    const namespace = metadata.namespace === undefined ? '' : ` --namespace ${metadata.namespace}`;
    return `${resource} ${metadata.name}${namespace}`;
  }

  #deletion(purpose: string): string {
    const { name, namespace } = this.#machine();
    const command = `kubectl delete machine.cluster.x-k8s.io ${name} --namespace ${namespace}`;
    return `delete the Machine ${purpose}: ${this.#commands.kubectl(command)}`;
  }

  /** Leads the failure domains that name the missing Secret to one of another namespace, with the commands. */
  moveCredentials(): string {
    const missing = this.#namedSecret();
    const concerned = (this.asking.failureDomains ?? []).filter(
      ({ secret }) => missing === undefined || keyText(secret) === missing,
    );
    const commands = concerned.map(({ namespace, name, secret }) => {
      const acsEndpoint = { name: secret.name, namespace: 'OTHER-NAMESPACE' };
      const patch = JSON.stringify({ spec: { acsEndpoint } });
      return this.#commands.kubectl(
        `kubectl patch cloudstackfailuredomain ${name} --namespace ${namespace} --type merge -p '${patch}'`,
      );
    });
    const domains = 'name it in spec.acsEndpoint of each CloudStackFailureDomain';
    return commands.length === 0 ? domains : `${domains}: ${commands.join('; ')}`;
  }

  #namedSecret(): string | undefined {
    return /\bSecret (\S+\/[a-z0-9.-]*[a-z0-9])/.exec(this.condition.message)?.[1] ?? this.#referredSecret();
  }

  get #isAmbiguous(): boolean {
    return this.asking.isAmbiguous === true;
  }

  #referredSecret(): string | undefined {
    const name = valueAt(this.object, 'spec', 'acsEndpoint', 'name');
    const namespace = valueAt(this.object, 'spec', 'acsEndpoint', 'namespace');
    return typeof name === 'string' && typeof namespace === 'string' ? keyText({ namespace, name }) : undefined;
  }

  #cluster(): string {
    const { labels, name } = this.object.metadata;
    return labels?.[CLUSTER_NAME_LABEL] ?? name;
  }

  #machine(): ObjectKey {
    const { ownerReferences, name, namespace } = this.object.metadata;
    const owner = ownerReferences?.find(({ kind }) => kind === 'Machine');
    return { namespace: namespace ?? '', name: owner?.name ?? name };
  }
}

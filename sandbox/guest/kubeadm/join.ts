import { isReason } from '../../../api/ports/kube-api';
import { messageOf } from '../../../machinery/errors';
import { valueAt } from '../../../machinery/json';
import { publicKeyHash, readCertificate } from '../../../machinery/pki';
import { addLearner, EtcdRefused, promote } from '../etcd/members';
import type { ControlPlaneRecord } from '../records';
import type { WorkloadCluster } from '../workload/cluster';
import { runKubelet } from '../workload/kubelet';
import { resources } from '../workload/resources';
import { clusterTopic, routeTopic } from '../world';
import { checkSharedCertificates } from './certificates';
import { kubeadmDefaults } from './cluster-configuration';
import { KubeadmFailed, parseInitConfig, parseJoinConfig } from './config';
import { type KubeadmRun, say } from './context';
import { type Discovered, discover } from './discovery';
import { parseGoDuration } from './duration';
import { controlPlaneRecord } from './init';
import { registrationOf } from './registration';
import type { ClusterConfiguration, JoinConfiguration } from './schema';
import { checkConfigVersion, checkControlPlaneVersion, versionOfTemplate } from './skew';

const RETRY_MS = 5000;

/** `kubeadm join`, as a worker or as another control-plane machine. @throws KubeadmFailed with what it prints */
export async function kubeadmJoin(run: KubeadmRun): Promise<void> {
  const { world, machine, signal } = run;
  const { version: configVersion, join } = parseJoinConfig(run.config);
  const ownVersion = versionOfTemplate(machine.spec.templateName);
  if (ownVersion !== undefined) checkConfigVersion(ownVersion, configVersion, 'JoinConfiguration');
  say(run, '[preflight] Running pre-flight checks');
  if (machine.kubelet !== undefined) throw alreadyJoined();

  const discovered = await discover(run, join);
  if (discovered === undefined) return;
  const { cluster } = discovered;
  const clusterConfig = await readClusterConfiguration(run, discovered);
  const clusterVersion = clusterConfig.kubernetesVersion ?? ownVersion ?? '';
  const kubeadm = ownVersion ?? clusterVersion;
  checkControlPlaneVersion(kubeadm, clusterVersion);

  const registration = registrationOf(machine, join.nodeRegistration, join.controlPlane !== undefined);
  const controlPlane =
    join.controlPlane === undefined
      ? undefined
      : prepareControlPlane(run, join, clusterConfig, clusterVersion, registration.name, cluster);
  await world.clock.sleep(world.options.latency.kubeadmJoin, signal);
  if (signal.aborted) return;
  await waitForApi(run, join, cluster);
  if (controlPlane !== undefined) await joinEtcd(run, join, cluster, registration.name);
  // From here on nothing waits: a member that was added has its machine.
  if (signal.aborted) return;
  say(run, '[kubelet-start] Starting the kubelet');
  world.setKubelet(machine, {
    clusterId: cluster.id,
    nodeName: registration.name,
    version: kubeadm,
    providerId: registration.providerId,
    labels: registration.labels,
    taints: registration.taints,
    controlPlane,
  });
  void runKubelet(world, machine, signal);
  promoteMember(run, cluster);
  say(run, 'This node has joined the cluster');
}

function alreadyJoined(): KubeadmFailed {
  return new KubeadmFailed(
    'error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists',
  );
}

/** kubeadm-config, read as the bootstrap token's user. */
async function readClusterConfiguration(run: KubeadmRun, discovered: Discovered): Promise<ClusterConfiguration> {
  say(run, '[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...');
  const api = discovered.cluster.kube.api(discovered.user);
  const key = { namespace: 'kube-system', name: 'kubeadm-config' };
  const attempt = async () => {
    try {
      return await api.get(resources.configMaps, key);
    } catch (error) {
      // The ConfigMap is the last thing that `kubeadm init` writes.
      if (isReason(error, 'NotFound')) return undefined;
      throw new KubeadmFailed(
        `error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: ${messageOf(error)}`,
      );
    }
  };
  const object = await run.world.retry(attempt, run.signal, {
    topics: [],
    timeoutMs: 60_000,
    everyMs: RETRY_MS,
  });
  const text = valueAt(object, 'data', 'ClusterConfiguration');
  if (typeof text !== 'string') {
    throw new KubeadmFailed(
      'error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: configmaps "kubeadm-config" not found',
    );
  }
  return parseInitConfig(text).cluster;
}

/** Checks what a machine needs to become part of the control plane, before anything is changed. */
function prepareControlPlane(
  run: KubeadmRun,
  join: JoinConfiguration,
  clusterConfig: ClusterConfiguration,
  clusterVersion: string,
  name: string,
  cluster: WorkloadCluster,
): ControlPlaneRecord {
  const { world, machine } = run;
  const directory = clusterConfig.certificatesDir ?? kubeadmDefaults.certificatesDir;
  checkSharedCertificates(machine, directory, cluster.etcd !== undefined, world.clock.now());
  const ownHash = publicKeyHash(readCertificate(machine.readFile(`${directory}/ca.crt`) ?? '').publicKey);
  if (ownHash !== publicKeyHash(readCertificate(cluster.record.caPem).publicKey)) {
    throw new KubeadmFailed(
      `error execution phase control-plane-prepare/certs: tls: failed to verify certificate: x509: certificate signed by unknown authority ("${directory}/ca.crt" is not the CA of this cluster)`,
    );
  }
  say(run, `[certs] Using certificateDir folder "${directory}"`);
  const local = join.controlPlane?.localAPIEndpoint;
  const advertiseAddress = local?.advertiseAddress ?? machine.address;
  return controlPlaneRecord(clusterConfig, {
    version: clusterVersion,
    advertiseAddress,
    bindPort: local?.bindPort ?? kubeadmDefaults.bindPort,
    hosts: [name, machine.address, cluster.record.controlPlaneEndpoint.split(':')[0] ?? ''],
    now: world.clock.now(),
  });
}

/** Adds an etcd member as a learner; every present member has to be healthy. */
async function joinEtcd(
  run: KubeadmRun,
  join: JoinConfiguration,
  cluster: WorkloadCluster,
  name: string,
): Promise<void> {
  const { world, machine } = run;
  if (cluster.etcd === undefined) return;
  say(run, '[check-etcd] Checking that the etcd cluster is healthy');
  let why = '';
  const attempt = async () => {
    const { etcd } = cluster;
    const silent = etcd?.members.find((member) => !cluster.isRunning(member));
    if (silent !== undefined || etcd === undefined) {
      why = `error execution phase check-etcd: etcd cluster is not healthy: failed to dial endpoint https://${silent?.address}:2379 with maintenance client: context deadline exceeded`;
      return undefined;
    }
    const joining = { name, machineId: machine.id, address: machine.address };
    try {
      cluster.setEtcd(addLearner(etcd, world.options.random, joining, cluster.isRunning));
      return true;
    } catch (error) {
      if (!(error instanceof EtcdRefused)) throw error;
      why = `error execution phase etcd-join: error creating local etcd static pod manifest file: ${error.message}`;
      return undefined;
    }
  };
  const timeoutMs = timeoutOf(join.timeouts?.etcdAPICall, 120_000);
  const isAdded = await world.retry(attempt, run.signal, {
    topics: [clusterTopic(cluster.id)],
    timeoutMs,
    everyMs: RETRY_MS,
  });
  if (isAdded !== true && !run.signal.aborted) throw new KubeadmFailed(why);
  say(run, '[etcd] Announced new etcd member joining to the existing etcd cluster');
}

function promoteMember(run: KubeadmRun, cluster: WorkloadCluster): void {
  const member = cluster.memberOn(run.machine);
  if (cluster.etcd === undefined || member === undefined) return;
  cluster.setEtcd(promote(cluster.etcd, member.id));
  say(run, '[etcd] The etcd member has been promoted');
}

/** The kubelet's TLS bootstrap goes to the API server behind the endpoint. */
async function waitForApi(run: KubeadmRun, join: JoinConfiguration, cluster: WorkloadCluster): Promise<void> {
  const { world } = run;
  const endpoint = cluster.record.controlPlaneEndpoint;
  const [host = '', port = ''] = endpoint.split(':');
  let why = '';
  const attempt = async () => {
    const reached = world.resolve(host, Number(port));
    if (reached.kind === 'reached' && reached.cluster === cluster) return true;
    why = reached.kind === 'reached' ? 'x509: certificate signed by unknown authority' : reached.why;
    return undefined;
  };
  const timeoutMs = timeoutOf(join.timeouts?.tlsBootstrap, 300_000);
  const isReached = await world.retry(attempt, run.signal, {
    topics: [clusterTopic(cluster.id), routeTopic(endpoint)],
    timeoutMs,
  });
  if (isReached === true || run.signal.aborted) return;
  throw new KubeadmFailed(`error execution phase kubelet-start: Get "https://${endpoint}/": ${why}`);
}

function timeoutOf(text: string | undefined, fallbackMs: number): number {
  return (text === undefined ? undefined : parseGoDuration(text)) ?? fallbackMs;
}

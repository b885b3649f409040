import { KubeError, KubeUnreachable } from '../../../api/ports/kube-api';
import { messageOf } from '../../../machinery/errors';
import type { KubeObject } from '../../../machinery/kube-object';
import { apiVersionOf, type Resource } from '../../../machinery/kube-object';
import { characters } from '../../../machinery/random';
import { newEtcd } from '../etcd/members';
import type { ControlPlaneRecord } from '../records';
import type { WorkloadCluster } from '../workload/cluster';
import { initObjects, serviceAddress } from '../workload/kubeadm-objects';
import { runKubelet } from '../workload/kubelet';
import { resources } from '../workload/resources';
import { clusterTopic, routeTopic } from '../world';
import { tokenSecret } from './bootstrap-tokens';
import { ensureCertificates } from './certificates';
import { formatClusterConfiguration, kubeadmDefaults, writtenVersion } from './cluster-configuration';
import { type InitConfig, KubeadmFailed, parseInitConfig } from './config';
import { type KubeadmRun, say } from './context';
import { parseGoDuration } from './duration';
import { registrationOf } from './registration';
import type { ClusterConfiguration } from './schema';
import {
  checkConfigVersion,
  checkControlPlaneVersion,
  checkKubeletVersion,
  skewWarning,
  versionOfTemplate,
} from './skew';

const YEAR_MS = 365 * 24 * 3_600_000;
/** kubeadm backdates certificates, for clocks that differ. */
const BACKDATE_MS = 5 * 60_000;
const MANAGER = { fieldManager: 'kubeadm' };

/** `kubeadm init`. @throws KubeadmFailed with what it prints when it stops */
export async function kubeadmInit(run: KubeadmRun): Promise<void> {
  const { world, machine, signal } = run;
  const config = parseInitConfig(run.config);
  const version = withPrefix(config.cluster.kubernetesVersion ?? versionOfTemplate(machine.spec.templateName) ?? '');
  const kubeadm = versionOfTemplate(machine.spec.templateName) ?? version;
  checkConfigVersion(kubeadm, config.version, 'ClusterConfiguration');
  checkControlPlaneVersion(kubeadm, version);
  say(run, `[init] Using Kubernetes version: ${version}`);
  say(run, '[preflight] Running pre-flight checks');
  checkKubeletVersion(kubeadm, version);
  const warning = skewWarning(kubeadm, version);
  if (warning !== undefined) say(run, `\t[WARNING KubernetesVersion]: ${warning}`);
  if (machine.kubelet !== undefined) throw alreadyRuns();

  await world.clock.sleep(world.options.latency.kubeadmInit, signal);
  if (signal.aborted) return;
  const cluster = await startControlPlane(run, config, version, kubeadm);
  void runKubelet(world, machine, signal);
  say(run, '[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods');
  await waitForEndpoint(run, config, cluster);
  if (signal.aborted) return;
  await upload(run, config, version, kubeadm, cluster);
  say(run, 'Your Kubernetes control-plane has initialized successfully!');
}

function alreadyRuns(): KubeadmFailed {
  const path = '/etc/kubernetes/manifests/kube-apiserver.yaml';
  return new KubeadmFailed(
    `error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]: ${path} already exists`,
  );
}

/** Certificates, static pod manifests and kubelet files on the disk; the cluster's store is new. */
async function startControlPlane(
  run: KubeadmRun,
  config: InitConfig,
  version: string,
  kubeadm: string,
): Promise<WorkloadCluster> {
  const { world, machine } = run;
  const directory = config.cluster.certificatesDir ?? kubeadmDefaults.certificatesDir;
  const hasLocalEtcd = config.cluster.etcd?.external === undefined;
  const { clock, random } = world.options;
  await ensureCertificates(machine, {
    clock,
    random,
    directory,
    hasLocalEtcd,
    algorithm: config.cluster.encryptionAlgorithm ?? 'ECDSA-P256',
    authorityValidityMs: durationOr(config.cluster.caCertificateValidityPeriod, 10 * YEAR_MS),
  });
  const registration = registrationOf(machine, config.init.nodeRegistration, true);
  const bindPort = config.init.localAPIEndpoint?.bindPort ?? kubeadmDefaults.bindPort;
  const advertiseAddress = config.init.localAPIEndpoint?.advertiseAddress ?? machine.address;
  const endpoint = config.cluster.controlPlaneEndpoint ?? `${advertiseAddress}:${bindPort}`;
  say(run, `[control-plane] Creating static Pod manifests in "/etc/kubernetes/manifests"`);
  const name = registration.name;
  const cluster = world.openCluster({
    id: random.uuid(),
    caPem: machine.readFile(`${directory}/ca.crt`) ?? '',
    controlPlaneEndpoint: endpoint.includes(':') ? endpoint : `${endpoint}:${bindPort}`,
    podSubnet: config.cluster.networking?.podSubnet,
    etcd: hasLocalEtcd ? newEtcd(random, { name, machineId: machine.id, address: machine.address }) : undefined,
  });
  cluster.save();
  world.setKubelet(machine, {
    clusterId: cluster.id,
    nodeName: name,
    version: kubeadm,
    providerId: registration.providerId,
    labels: registration.labels,
    taints: registration.taints,
    controlPlane: controlPlaneRecord(config.cluster, {
      version,
      advertiseAddress,
      bindPort,
      hosts: [name, machine.address, cluster.record.controlPlaneEndpoint.split(':')[0] ?? ''],
      now: clock.now(),
    }),
  });
  cluster.isStarting = false;
  return cluster;
}

/** What the static pods of a control plane run with. */
export function controlPlaneRecord(
  cluster: ClusterConfiguration,
  own: { version: string; advertiseAddress: string; bindPort: number; hosts: readonly string[]; now: number },
): ControlPlaneRecord {
  const { networking } = cluster;
  const dnsDomain = networking?.dnsDomain ?? kubeadmDefaults.dnsDomain;
  const hosts = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${dnsDomain}`,
    'localhost',
    '127.0.0.1',
    '::1',
    serviceAddress(networking?.serviceSubnet ?? kubeadmDefaults.serviceSubnet, 1),
    ...own.hosts,
    ...(cluster.apiServer?.certSANs ?? []),
  ];
  return {
    version: own.version,
    advertiseAddress: own.advertiseAddress,
    bindPort: own.bindPort,
    certificatesDir: cluster.certificatesDir ?? kubeadmDefaults.certificatesDir,
    hosts: [...new Set(hosts.filter((host) => host !== ''))],
    imageRepository: cluster.imageRepository ?? kubeadmDefaults.imageRepository,
    certificatesFrom: own.now - BACKDATE_MS,
    certificatesUntil: own.now + durationOr(cluster.certificateValidityPeriod, YEAR_MS),
  };
}

/** kubeadm speaks to the API server through controlPlaneEndpoint and gives up after its time limit. */
async function waitForEndpoint(run: KubeadmRun, config: InitConfig, cluster: WorkloadCluster): Promise<void> {
  const { world, machine } = run;
  const [host = '', port = ''] = cluster.record.controlPlaneEndpoint.split(':');
  const limit =
    config.init.timeouts?.controlPlaneComponentHealthCheck ?? config.cluster.apiServer?.timeoutForControlPlane;
  let why = '';
  const attempt = async () => {
    if (host === machine.address && world.apiServerOn(machine) === cluster) return true;
    const reached = world.resolve(host, Number(port));
    if (reached.kind === 'reached' && reached.cluster === cluster) return true;
    why =
      reached.kind === 'reached'
        ? 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
        : reached.why;
    return undefined;
  };
  const topics = [clusterTopic(cluster.id), routeTopic(cluster.record.controlPlaneEndpoint)];
  const isReached = await world.retry(attempt, run.signal, { topics, timeoutMs: durationOr(limit, 240_000) });
  if (isReached === true || run.signal.aborted) return;
  throw new KubeadmFailed(
    `error execution phase wait-control-plane: failed while waiting for the control plane to start: Get "https://${host}:${port}/healthz?timeout=10s": ${why}`,
  );
}

async function upload(
  run: KubeadmRun,
  config: InitConfig,
  version: string,
  kubeadm: string,
  cluster: WorkloadCluster,
): Promise<void> {
  const { world } = run;
  const { dns, imageRepository = kubeadmDefaults.imageRepository, networking, proxy } = config.cluster;
  const dnsRepository = dns?.imageRepository ?? `${imageRepository}/coredns`;
  const objects = initObjects({
    kubernetesVersion: version,
    controlPlaneEndpoint: cluster.record.controlPlaneEndpoint,
    caPem: cluster.record.caPem,
    imageRepository,
    coreDnsImage: `${dnsRepository}/coredns:${dns?.imageTag ?? 'v1.12.1'}`,
    dnsDomain: networking?.dnsDomain ?? kubeadmDefaults.dnsDomain,
    serviceSubnet: networking?.serviceSubnet ?? kubeadmDefaults.serviceSubnet,
    podSubnet: networking?.podSubnet,
    clusterConfiguration: formatClusterConfiguration(
      { ...config.cluster, kubernetesVersion: version },
      writtenVersion(kubeadm),
    ),
    hasProxy: proxy?.disabled !== true && !isSkipped(config, 'addon/kube-proxy'),
    hasDns: dns?.disabled !== true && !isSkipped(config, 'addon/coredns'),
  });
  const { random, clock } = world.options;
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const tokens = config.init.bootstrapTokens ?? [
    { token: `${characters(random, alphabet, 6)}.${characters(random, alphabet, 16)}` },
  ];
  for (const token of tokens) await ensure(cluster, tokenSecret(token, clock.now()));
  for (const object of objects) await ensure(cluster, object);
  say(
    run,
    '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace',
  );
}

function isSkipped(config: InitConfig, phase: string): boolean {
  return (config.init.skipPhases ?? []).some((skipped) => skipped === phase || phase.startsWith(`${skipped}/`));
}

const byKind = new Map<string, Resource>(
  Object.values(resources).map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource]),
);

async function ensure(cluster: WorkloadCluster, object: KubeObject): Promise<void> {
  const resource = byKind.get(`${object.apiVersion}/${object.kind}`);
  if (resource === undefined) throw new KubeadmFailed(`no resource serves ${object.apiVersion} ${object.kind}`);
  try {
    await cluster.api.create(resource, object, MANAGER);
  } catch (error) {
    if (error instanceof KubeError && error.reason === 'AlreadyExists') return;
    if (!(error instanceof KubeError || error instanceof KubeUnreachable)) throw error;
    throw new KubeadmFailed(`error execution phase upload-config: ${messageOf(error)}`);
  }
}

function durationOr(text: string | undefined, fallbackMs: number): number {
  return (text === undefined ? undefined : parseGoDuration(text)) ?? fallbackMs;
}

function withPrefix(version: string): string {
  return version === '' || version.startsWith('v') ? version : `v${version}`;
}

import { overlaps, tryParseCidr } from '../machinery/cidr';
import type { ControlPlaneProps, MachineProps, PoolProps } from './machine-props';
import type { Problem } from './problem';
import type { WorkloadClusterProps } from './workload-cluster-props';

type Found = Omit<Problem, 'path'>;

const MACHINE_FIELDS = [
  'offering',
  'template',
  'sshKey',
  'dataDisk',
  'extraNetworks',
  'details',
  'affinity',
  'preKubeadmCommands',
  'postKubeadmCommands',
  'kubeletExtraArgs',
  'labels',
  'nodeDrainTimeoutSeconds',
] as const satisfies readonly (keyof MachineProps)[];
const CONTROL_PLANE_FIELDS = ['replicas', ...MACHINE_FIELDS] as const satisfies readonly (keyof ControlPlaneProps)[];
const POOL_FIELDS = [
  'replicas',
  'failureDomain',
  'maxSurge',
  'maxUnavailable',
  'kubernetesVersion',
  ...MACHINE_FIELDS,
] as const satisfies readonly (keyof PoolProps)[];
const CLUSTER_FIELDS = [
  'kubernetesVersion',
  'zone',
  'network',
  'controlPlane',
  'pools',
  'failureDomains',
  'namespace',
  'credentials',
  'endpoint',
  'podCidrs',
  'serviceCidrs',
  'serviceDomain',
  'labels',
  'pruneProtection',
] as const satisfies readonly (keyof WorkloadClusterProps)[];

/** Cluster API label values hold the name, and `-control-plane-` plus a suffix is appended: 63 − 20. */
const CLUSTER_NAME_LIMIT = 43;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const VERSION = /^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Everything wrong with the props of a cluster. Plain JavaScript may pass anything, so types are checked too. */
export function clusterProblems(name: string, props: WorkloadClusterProps): Found[] {
  return [
    ...nameProblems(name),
    ...unknownFields('', props, CLUSTER_FIELDS),
    ...textProblems('zone', props.zone, 'the name of a CloudStack zone, e.g. "zone-1"'),
    ...versionProblems('kubernetesVersion', props.kubernetesVersion),
    ...networkProblems(props),
    ...(isObject(props.controlPlane)
      ? controlPlaneProblems(props.controlPlane)
      : [missing('controlPlane', props.controlPlane, 'write controlPlane: { offering: "…" }')]),
    ...cidrProblems(props),
  ];
}

/** Everything wrong with the props of a pool; `seen` are the names taken before. */
export function poolProblems(cluster: string, name: string, props: PoolProps, seen: ReadonlySet<string>): Found[] {
  const field = `pools.${name}`;
  const found: Found[] = [];
  if (seen.has(name)) {
    found.push({
      field,
      value: name,
      message: 'a pool with this name exists already',
      fix: 'give each pool a name of its own',
    });
  }
  if (name === 'control-plane') {
    found.push({ field, value: name, message: 'the name is taken by the control plane', fix: 'choose another name' });
  }
  if (!DNS_LABEL.test(name)) {
    found.push({ field, value: name, message: 'not a DNS label', fix: 'use lower-case letters, digits and "-"' });
  } else if (cluster.length + name.length > 56) {
    const fix = `use at most ${Math.max(1, 56 - cluster.length)} characters, so that machine names fit in 63`;
    found.push({ field, value: name, message: 'the name is too long', fix });
  }
  if (!isObject(props)) return [...found, missing(field, props, 'write { offering: "…" }')];
  found.push(...unknownFields(`${field}.`, props, POOL_FIELDS), ...machineProblems(`${field}.`, props));
  found.push(...replicaProblems(`${field}.replicas`, props.replicas));
  if (props.kubernetesVersion !== undefined)
    found.push(...versionProblems(`${field}.kubernetesVersion`, props.kubernetesVersion));
  return found;
}

function nameProblems(name: string): Found[] {
  if (!DNS_SUBDOMAIN.test(name)) {
    const fix = 'use lower-case letters, digits and "-", beginning and ending with a letter or digit';
    return [{ field: 'name', value: name, message: 'not a valid cluster name', fix }];
  }
  if (name.length <= CLUSTER_NAME_LIMIT) return [];
  const fix = `use at most ${CLUSTER_NAME_LIMIT} characters, so that machine names fit in 63`;
  return [{ field: 'name', value: name, message: 'the name is too long', fix }];
}

function controlPlaneProblems(props: ControlPlaneProps): Found[] {
  const found = [
    ...unknownFields('controlPlane.', props, CONTROL_PLANE_FIELDS),
    ...machineProblems('controlPlane.', props),
    ...replicaProblems('controlPlane.replicas', props.replicas),
  ];
  const replicas = props.replicas;
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0 && replicas % 2 === 0) {
    const fix = replicas === 0 ? 'use 1 or 3' : `use ${replicas - 1} or ${replicas + 1}`;
    found.push({
      field: 'controlPlane.replicas',
      value: replicas,
      message: 'etcd needs an odd number of members',
      fix,
    });
  }
  return found;
}

function machineProblems(prefix: string, props: MachineProps): Found[] {
  const found = textProblems(
    `${prefix}offering`,
    props.offering,
    'the name of a compute offering, e.g. "Medium Instance"',
  );
  if (props.template !== undefined) {
    found.push(
      ...textProblems(`${prefix}template`, props.template, 'the name of a VM template, or nothing for kube-<version>'),
    );
  }
  if (props.affinity !== undefined && !['anti', 'pro', 'none'].includes(props.affinity)) {
    found.push({
      field: `${prefix}affinity`,
      value: props.affinity,
      message: 'unknown affinity',
      fix: 'use "anti", "pro" or "none"',
    });
  }
  return found;
}

function networkProblems(props: WorkloadClusterProps): Found[] {
  const network: unknown = props.network;
  if (!isObject(network)) {
    return [missing('network', network, 'write IsolatedNetwork.named("…") or SharedNetwork.named("…")')];
  }
  const found = textProblems(
    'network',
    network['name'],
    'the name of a network, e.g. IsolatedNetwork.named("prod-net")',
  );
  if (network['kind'] === 'shared' && props.endpoint === undefined) {
    const fix = 'write endpoint: { host: "<virtual IP>" }: in a shared network the provider makes no load balancer';
    found.push({ field: 'endpoint', value: undefined, message: 'a shared network needs a fixed endpoint', fix });
  }
  return found;
}

function cidrProblems(props: WorkloadClusterProps): Found[] {
  const found: Found[] = [];
  const ranges: { field: string; text: string }[] = [];
  for (const field of ['podCidrs', 'serviceCidrs'] as const) {
    for (const [index, text] of (
      props[field] ?? (field === 'podCidrs' ? DEFAULT_POD_CIDRS : DEFAULT_SERVICE_CIDRS)
    ).entries()) {
      if (tryParseCidr(text) !== undefined) ranges.push({ field: `${field}[${index}]`, text });
      else
        found.push({
          field: `${field}[${index}]`,
          value: text,
          message: 'not a CIDR range',
          fix: 'write e.g. "192.168.0.0/16"',
        });
    }
  }
  const vpc = isObject(props.network) ? props.network.options?.vpc?.cidr : undefined;
  if (vpc !== undefined) ranges.push({ field: 'network.vpc.cidr', text: vpc });
  for (const [index, left] of ranges.entries()) {
    for (const right of ranges.slice(index + 1)) {
      const a = tryParseCidr(left.text);
      const b = tryParseCidr(right.text);
      if (a === undefined || b === undefined || !overlaps(a, b)) continue;
      const message = `overlaps ${left.field} = ${JSON.stringify(left.text)}`;
      found.push({ field: right.field, value: right.text, message, fix: 'choose ranges that do not share addresses' });
    }
  }
  return found;
}

/** Pods get addresses of this range unless `podCidrs` says otherwise. */
export const DEFAULT_POD_CIDRS: readonly string[] = ['192.168.0.0/16'];
/** Services get addresses of this range unless `serviceCidrs` says otherwise. */
export const DEFAULT_SERVICE_CIDRS: readonly string[] = ['10.96.0.0/12'];

function replicaProblems(field: string, replicas: unknown): Found[] {
  if (replicas === undefined || (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0))
    return [];
  return [{ field, value: replicas, message: 'not a number of machines', fix: 'use a whole number, 0 or more' }];
}

function versionProblems(field: string, version: unknown): Found[] {
  if (typeof version === 'string' && VERSION.test(version)) return [];
  const bare = typeof version === 'string' && VERSION.test(`v${version}`);
  const fix = bare ? `write "v${version}"` : 'write the full version with "v", e.g. "v1.34.2"';
  if (version === undefined) return [missing(field, version, fix)];
  return [{ field, value: version, message: 'not a Kubernetes version', fix }];
}

function textProblems(field: string, value: unknown, what: string): Found[] {
  if (typeof value === 'string' && value.trim() !== '') return [];
  if (value === undefined) return [missing(field, value, `write ${what}`)];
  return [{ field, value, message: value === '' ? 'is empty' : 'is not a name', fix: `write ${what}` }];
}

function missing(field: string, value: unknown, fix: string): Found {
  return { field, value, message: 'required', fix };
}

function unknownFields(prefix: string, props: object, known: readonly string[]): Found[] {
  return Object.keys(props)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const close = known.find((name) => name.toLowerCase() === key.toLowerCase());
      const fix = close === undefined ? `remove it; known fields: ${[...known].sort().join(', ')}` : `write "${close}"`;
      return { field: `${prefix}${key}`, value: Reflect.get(props, key), message: 'unknown field', fix };
    });
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

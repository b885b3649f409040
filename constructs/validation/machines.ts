/** Checks of the control plane and of pools. */
import { compareVersionTexts } from '../../machinery/versions';
import type { ControlPlaneProps, DataDiskProps, MachineProps, PoolProps } from '../machine-props';
import {
  type Check,
  CLUSTER_NAME_LIMIT,
  checkFields,
  dnsName,
  type Fields,
  type Found,
  isMap,
  labels,
  listOf,
  missing,
  oneOf,
  optional,
  shape,
  text,
  texts,
  wholeNumber,
} from './values';

const VERSION = /^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

export const version: Check = (field, value) => {
  if (isVersion(value)) return [];
  const bare = typeof value === 'string' && VERSION.test(`v${value}`);
  const fix = bare ? `write "v${value}"` : 'write the full version with "v", e.g. "v1.34.2"';
  if (value === undefined) return [missing(field, fix)];
  return [{ field, value, message: 'not a Kubernetes version', fix }];
};

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && VERSION.test(value);
}

const replicas: Check = (field, value) =>
  wholeNumber(0)(field, value).map((found) => ({ ...found, message: 'not a number of machines' }));

const surge: Check = (field, value) => {
  if (typeof value === 'string' ? /^\d+%$/.test(value) : wholeNumber(0)(field, value).length === 0) return [];
  return [{ field, value, message: 'is not a number of machines', fix: 'use a whole number, or a percentage: "25%"' }];
};

/** A text of one form. @param what - as for `text` */
const formed =
  (what: string, form: RegExp, message: string): Check =>
  (field, value) => {
    const found = text(what)(field, value);
    return found.length > 0 || form.test(String(value)) ? found : [{ field, value, message, fix: `write ${what}` }];
  };

const absolutePath = (what: string): Check => formed(what, /^\/\S+$/, 'is not an absolute path');

const diskLabel = formed(
  'at most 12 letters, digits, "-", "_", ".", e.g. "data"',
  /^[\w.-]{1,12}$/,
  'is no label that every file system takes',
);

const DATA_DISK = {
  offering: text('the name of a disk offering'),
  sizeInGB: optional(wholeNumber(1)),
  mountPath: absolutePath('where the disk is mounted, e.g. "/var/lib/etcd"'),
  device: absolutePath('the device, e.g. "/dev/vdb"'),
  filesystem: text('the file system, e.g. "ext4"'),
  label: diskLabel,
} as const satisfies Fields & { readonly [field in keyof DataDiskProps]-?: Check };

const MACHINE = {
  offering: text('the name of a compute offering, e.g. "Medium Instance"'),
  template: optional(text('the name of a VM template, or nothing for kube-<version>')),
  sshKey: optional(text('the name of an SSH key pair, or leave it out')),
  dataDisk: optional(shape(DATA_DISK, '{ offering: "…", mountPath: "…", device: "…", filesystem: "…", label: "…" }')),
  extraNetworks: optional(listOf(text('the name of a network'), '["name"]')),
  details: optional(texts),
  affinity: optional(oneOf('anti', 'pro', 'none')),
  preKubeadmCommands: optional(listOf(text('a command'), '["command"]')),
  postKubeadmCommands: optional(listOf(text('a command'), '["command"]')),
  kubeletExtraArgs: optional(kubeletFlags),
  labels: optional(labels),
  nodeDrainTimeoutSeconds: optional(wholeNumber(0)),
} as const satisfies Fields & { readonly [field in keyof MachineProps]-?: Check };

const CONTROL_PLANE = {
  ...MACHINE,
  replicas: optional(controlPlaneReplicas),
} as const satisfies Fields & { readonly [field in keyof ControlPlaneProps]-?: Check };

const POOL = {
  ...MACHINE,
  replicas: optional(replicas),
  failureDomain: optional(text('the name of a failure domain, or leave it out')),
  maxSurge: optional(surge),
  maxUnavailable: optional(surge),
  kubernetesVersion: optional(version),
} as const satisfies Fields & { readonly [field in keyof PoolProps]-?: Check };

export const controlPlane: Check = shape(CONTROL_PLANE, '{ offering: "…" }');

function kubeletFlags(field: string, value: unknown): Found[] {
  const found = texts(field, value);
  return isMap(value) ? [...found, ...Object.entries(value).flatMap((flag) => kubeletFlag(field, ...flag))] : found;
}

function kubeletFlag(field: string, name: string, value: unknown): Found[] {
  const own = { field: `${field}.${name}`, value };
  if (name === 'provider-id') {
    return [
      { ...own, message: 'is not taken', fix: 'remove it; each machine gets that of its instance in CloudStack' },
    ];
  }
  if (/^[a-z][a-z0-9-]*$/.test(name)) return [];
  return [
    { ...own, message: 'is not a flag of the kubelet', fix: 'write its name without dashes before it, e.g. "v"' },
  ];
}

function controlPlaneReplicas(field: string, value: unknown): Found[] {
  const found = replicas(field, value);
  if (found.length > 0 || typeof value !== 'number' || value % 2 === 1) return found;
  const fix = value === 0 ? 'use 1 or 3' : `use ${value - 1} or ${value + 1}`;
  return [{ field, value, message: 'etcd needs an odd number of members', fix }];
}

/** The cluster that a pool is added to. */
export interface PoolSurroundings {
  readonly cluster: string;
  readonly kubernetesVersion: unknown;
  /** Names of its pools so far. */
  readonly pools: ReadonlySet<string>;
}

/** Everything wrong with a pool. */
export function poolProblems(name: string, props: unknown, around: PoolSurroundings): Found[] {
  const field = `pools.${name}`;
  const found = poolNameProblems(field, name, around);
  if (!isMap(props)) {
    const fix = 'write { offering: "…" }';
    return [...found, props === undefined ? missing(field, fix) : { field, value: props, message: 'is no pool', fix }];
  }
  return [
    ...found,
    ...checkFields(`${field}.`, props, POOL),
    ...newerThanControlPlane(`${field}.kubernetesVersion`, props['kubernetesVersion'], around.kubernetesVersion),
    ...stuckRollout(field, props),
  ];
}

function poolNameProblems(field: string, name: string, { cluster, pools }: PoolSurroundings): Found[] {
  const found: Found[] = [];
  if (pools.has(name)) {
    const fix = 'give each pool a name of its own';
    found.push({ field, value: name, message: 'a pool with this name exists already', fix });
  }
  if (name === 'control-plane') {
    found.push({ field, value: name, message: 'the name is taken by the control plane', fix: 'choose another name' });
  }
  // `<cluster>-<pool>-<hash>` and a suffix are appended.
  const room = 56 - cluster.length;
  // Of a cluster whose own name is too long that alone is told.
  if (cluster.length <= CLUSTER_NAME_LIMIT && name.length > room) {
    const fix = `use at most ${room} characters, so that machine names fit in 63`;
    return [...found, { field, value: name, message: 'the name is too long', fix }];
  }
  return [...found, ...dnsName('label')(field, name)];
}

function newerThanControlPlane(field: string, pool: unknown, cluster: unknown): Found[] {
  if (!isVersion(pool) || !isVersion(cluster) || compareVersionTexts(pool, cluster) <= 0) return [];
  const fix = `use ${cluster} or older, or raise the cluster's kubernetesVersion first`;
  return [{ field, value: pool, message: `is newer than the control plane (${cluster})`, fix }];
}

function stuckRollout(field: string, { maxSurge, maxUnavailable }: { readonly [key: string]: unknown }): Found[] {
  const isZero = (value: unknown) => value === 0 || value === '0%';
  if (!isZero(maxSurge) || !(maxUnavailable === undefined || isZero(maxUnavailable))) return [];
  const fix = 'let one of maxSurge and maxUnavailable be 1 or more';
  return [{ field: `${field}.maxSurge`, value: maxSurge, message: 'a rollout could never begin', fix }];
}

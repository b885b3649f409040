/** Checks of a whole cluster. */
import type { WorkloadClusterProps } from '../workload-cluster-props';
import { controlPlane, version } from './machines';
import { cidr, network, overlapProblems, secretReference } from './networks';
import {
  type Check,
  CLUSTER_NAME_LIMIT,
  checkFields,
  dnsName,
  type Fields,
  type Found,
  flag,
  isMap,
  labels,
  listOf,
  missing,
  optional,
  shape,
  text,
  wholeNumber,
} from './values';

const ENDPOINT = {
  host: text('an address or host name'),
  port: optional(wholeNumber(1, 65_535)),
} as const satisfies Fields & { readonly [field in keyof NonNullable<WorkloadClusterProps['endpoint']>]-?: Check };

/** Pools and failure domains check themselves when they are added. */
function map(example: string): Check {
  return optional((field, value) =>
    isMap(value) ? [] : [{ field, value, message: 'is not an object', fix: `write ${example}` }],
  );
}

const ranges = optional((field, value) => {
  const fix = 'write e.g. ["10.0.0.0/16"], or leave it out';
  if (Array.isArray(value) && value.length === 0) return [{ field, value, message: 'is empty', fix }];
  return listOf(cidr, '["10.0.0.0/16"]')(field, value);
});

const CLUSTER = {
  zone: text('the name of a CloudStack zone, e.g. "zone-1"'),
  kubernetesVersion: version,
  network,
  controlPlane,
  pools: map('{ general: { offering: "…" } }'),
  failureDomains: map('{ other: { zone: "…", network: … } }'),
  namespace: optional(dnsName('label')),
  credentials: optional(secretReference),
  endpoint: optional(shape(ENDPOINT, '{ host: "…" }')),
  podCidrs: ranges,
  serviceCidrs: ranges,
  serviceDomain: optional(dnsName('subdomain')),
  labels: optional(labels),
  pruneProtection: optional(flag),
} as const satisfies Fields & { readonly [field in keyof WorkloadClusterProps]-?: Check };

/** Everything wrong with the name and the props of a cluster, its pools and failure domains aside. */
export function clusterProblems(name: unknown, props: unknown): Found[] {
  const named = nameProblems(name);
  if (!isMap(props)) return [...named, missing('props', 'write { kubernetesVersion: "…", zone: "…", … }')];
  return [...named, ...checkFields('', props, CLUSTER), ...endpointProblems(props), ...overlapProblems(props)];
}

function nameProblems(name: unknown): Found[] {
  if (typeof name !== 'string' || name.length <= CLUSTER_NAME_LIMIT) return dnsName('subdomain')('name', name);
  const fix = `use at most ${CLUSTER_NAME_LIMIT} characters, so that machine names fit in 63`;
  return [{ field: 'name', value: name, message: 'the name is too long', fix }];
}

function endpointProblems(props: { readonly [key: string]: unknown }): Found[] {
  const where = props['network'];
  if (!isMap(where) || where['kind'] !== 'shared' || props['endpoint'] !== undefined) return [];
  const fix = 'write endpoint: { host: "<virtual IP>" }: in a shared network the provider makes no load balancer';
  return [{ field: 'endpoint', value: undefined, message: 'is missing: a shared network needs a fixed one', fix }];
}

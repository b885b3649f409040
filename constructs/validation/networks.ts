/** Checks of networks, failure domains and address ranges. */
import { isIPv4 } from 'node:net';
import { overlaps, tryParseCidr } from '../../machinery/cidr';
import type { IsolatedNetworkOptions, VpcOptions } from '../network';
import type { FailureDomainProps, SecretReference } from '../workload-cluster-props';
import {
  type Check,
  checkFields,
  dnsName,
  type Fields,
  type Found,
  isMap,
  missing,
  optional,
  shape,
  text,
} from './values';

/** Pods get addresses of this range unless `podCidrs` says otherwise. */
export const DEFAULT_POD_CIDRS: readonly string[] = ['192.168.0.0/16'];
/** Services get addresses of this range unless `serviceCidrs` says otherwise. */
export const DEFAULT_SERVICE_CIDRS: readonly string[] = ['10.96.0.0/12'];

export const cidr: Check = (field, value) =>
  typeof value === 'string' && tryParseCidr(value) !== undefined
    ? []
    : [{ field, value, message: 'not a CIDR range', fix: 'write e.g. "192.168.0.0/16"' }];

const address: Check = (field, value) =>
  typeof value === 'string' && isIPv4(value)
    ? []
    : [{ field, value, message: 'not an IPv4 address', fix: 'write e.g. "10.1.1.1"' }];

const netmask: Check = (field, value) =>
  typeof value === 'string' && prefixOf(value) !== undefined
    ? []
    : [{ field, value, message: 'not a netmask', fix: 'write e.g. "255.255.255.0"' }];

/** Length of the prefix that a netmask stands for; undefined for what is none. */
function prefixOf(mask: string): number | undefined {
  if (!isIPv4(mask)) return undefined;
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

const SECRET = {
  name: dnsName('subdomain'),
  namespace: optional(dnsName('label')),
} as const satisfies Fields & { readonly [field in keyof SecretReference]-?: Check };

export const secretReference: Check = shape(SECRET, '{ name: "<Secret>" }');

const VPC = {
  name: text('the name of a VPC'),
  cidr: optional(cidr),
  offering: optional(text('the name of a VPC offering, or leave it out')),
} as const satisfies Fields & { readonly [field in keyof VpcOptions]-?: Check };

const NETWORK_OPTIONS = {
  offering: optional(text('the name of a network offering, or leave it out')),
  gateway: optional(address),
  netmask: optional(netmask),
  vpc: optional(shape(VPC, '{ name: "…" }')),
} as const satisfies Fields & { readonly [field in keyof IsolatedNetworkOptions]-?: Check };

export const network: Check = (field, value) => {
  const fix = 'write IsolatedNetwork.named("…") or SharedNetwork.named("…")';
  if (value === undefined) return [missing(field, fix)];
  if (!isMap(value) || (value['kind'] !== 'isolated' && value['kind'] !== 'shared')) {
    return [{ field, value, message: 'is not a network', fix }];
  }
  const options = value['options'];
  return [
    ...text('the name of a network, e.g. IsolatedNetwork.named("prod-net")')(`${field}.name`, value['name']),
    ...(isMap(options) ? [...checkFields(`${field}.`, options, NETWORK_OPTIONS), ...halfOfPair(field, options)] : []),
  ];
};

/** CloudStack takes both or neither. */
function halfOfPair(field: string, { gateway, netmask }: { readonly [key: string]: unknown }): Found[] {
  if ((gateway === undefined) === (netmask === undefined)) return [];
  const [absent, given] = gateway === undefined ? ['gateway', 'netmask'] : ['netmask', 'gateway'];
  return [missing(`${field}.${absent}`, `write it beside ${given}, or leave both out`)];
}

const FAILURE_DOMAIN = {
  zone: text('the name of a CloudStack zone, e.g. "zone-2"'),
  network,
  account: optional(text('the name of an account, or leave it out')),
  domain: optional(text('the path of a domain, or leave it out')),
  project: optional(text('the name of a project, or leave it out')),
  credentials: optional(secretReference),
} as const satisfies Fields & { readonly [field in keyof FailureDomainProps]-?: Check };

/** The cluster that a failure domain is added to. */
export interface DomainSurroundings {
  /** Names of its failure domains so far. */
  readonly domains: ReadonlySet<string>;
  /** Its props, which hold the ranges of pods and services. */
  readonly props: unknown;
}

/** Everything wrong with a failure domain. */
export function failureDomainProblems(name: string, props: unknown, around: DomainSurroundings): Found[] {
  const field = `failureDomains.${name}`;
  const twin: Found = { field, value: name, message: 'exists already', fix: 'give each failure domain its own name' };
  const example = '{ zone: "…", network: IsolatedNetwork.named("…") }';
  const ranges = isMap(props) ? machineRanges(`${field}.network`, props['network']) : [];
  return [
    ...(around.domains.has(name) ? [twin] : []),
    ...dnsName('subdomain')(field, name),
    ...shape(FAILURE_DOMAIN, example)(field, props),
    ...(isMap(around.props) ? overlapsOf(ranges, podAndServiceRanges(around.props)) : []),
  ];
}

/**
 * Ranges of pods, services and the machines that share addresses; ranges that cannot be read are reported by their own
 * checks.
 */
export function overlapProblems(props: { readonly [key: string]: unknown }): Found[] {
  const ranges = podAndServiceRanges(props);
  return [
    ...ranges.flatMap((range, index) => overlapsOf([range], ranges.slice(0, index))),
    ...overlapsOf(machineRanges('network', props['network']), ranges),
  ];
}

function overlapsOf(ranges: readonly Range[], others: readonly Range[]): Found[] {
  return ranges.flatMap(({ field, value, range }) =>
    others
      .filter((other) => share(other.range, range))
      .map((other) => {
        const message = `overlaps ${other.field} = ${JSON.stringify(other.value)}`;
        return { field, value, message, fix: 'choose ranges that do not share addresses' };
      }),
  );
}

interface Range {
  readonly field: string;
  /** What the field holds. */
  readonly value: string;
  readonly range: string;
}

function podAndServiceRanges(props: { readonly [key: string]: unknown }): Range[] {
  return [
    ...rangesIn('podCidrs', props['podCidrs'] ?? DEFAULT_POD_CIDRS),
    ...rangesIn('serviceCidrs', props['serviceCidrs'] ?? DEFAULT_SERVICE_CIDRS),
  ];
}

function rangesIn(field: string, list: unknown): Range[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((range, index) =>
    typeof range === 'string' ? [{ field: `${field}[${index}]`, value: range, range }] : [],
  );
}

/** What a network says of the addresses of its machines: the range of its VPC, and its own. */
function machineRanges(field: string, value: unknown): Range[] {
  const options = isMap(value) ? value['options'] : undefined;
  if (!isMap(options)) return [];
  const { gateway, netmask: mask, vpc } = options;
  const range = isMap(vpc) ? vpc['cidr'] : undefined;
  const prefix = typeof mask === 'string' ? prefixOf(mask) : undefined;
  return [
    ...(typeof range === 'string' ? [{ field: `${field}.vpc.cidr`, value: range, range }] : []),
    ...(typeof gateway === 'string' && prefix !== undefined
      ? [{ field: `${field}.gateway`, value: gateway, range: `${gateway}/${prefix}` }]
      : []),
  ];
}

function share(left: string, right: string): boolean {
  const a = tryParseCidr(left);
  const b = tryParseCidr(right);
  return a !== undefined && b !== undefined && overlaps(a, b);
}

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
  netmask: optional(address),
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
    ...(isMap(options) ? checkFields(`${field}.`, options, NETWORK_OPTIONS) : []),
  ];
};

const FAILURE_DOMAIN = {
  zone: text('the name of a CloudStack zone, e.g. "zone-2"'),
  network,
  account: optional(text('the name of an account, or leave it out')),
  domain: optional(text('the path of a domain, or leave it out')),
  project: optional(text('the name of a project, or leave it out')),
  credentials: optional(secretReference),
} as const satisfies Fields & { readonly [field in keyof FailureDomainProps]-?: Check };

/** Everything wrong with a failure domain; `taken` are the names of those before. */
export function failureDomainProblems(name: string, props: unknown, taken: ReadonlySet<string>): Found[] {
  const field = `failureDomains.${name}`;
  const twin: Found = { field, value: name, message: 'exists already', fix: 'give each failure domain its own name' };
  const example = '{ zone: "…", network: IsolatedNetwork.named("…") }';
  return [
    ...(taken.has(name) ? [twin] : []),
    ...dnsName('subdomain')(field, name),
    ...shape(FAILURE_DOMAIN, example)(field, props),
  ];
}

/** Ranges of a cluster that share addresses; ranges that cannot be read are reported by their own checks. */
export function overlapProblems(props: { readonly [key: string]: unknown }): Found[] {
  const ranges = [
    ...rangesIn('podCidrs', props['podCidrs'] ?? DEFAULT_POD_CIDRS),
    ...rangesIn('serviceCidrs', props['serviceCidrs'] ?? DEFAULT_SERVICE_CIDRS),
    ...vpcRange(props['network']),
  ];
  return ranges.flatMap((right, index) =>
    ranges
      .slice(0, index)
      .filter((left) => share(left.range, right.range))
      .map((left) => {
        const message = `overlaps ${left.field} = ${JSON.stringify(left.range)}`;
        return { field: right.field, value: right.range, message, fix: 'choose ranges that do not share addresses' };
      }),
  );
}

interface Range {
  readonly field: string;
  readonly range: string;
}

function rangesIn(field: string, list: unknown): Range[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((range, index) => (typeof range === 'string' ? [{ field: `${field}[${index}]`, range }] : []));
}

function vpcRange(value: unknown): Range[] {
  const options = isMap(value) ? value['options'] : undefined;
  const vpc = isMap(options) ? options['vpc'] : undefined;
  const range = isMap(vpc) ? vpc['cidr'] : undefined;
  return typeof range === 'string' ? [{ field: 'network.vpc.cidr', range }] : [];
}

function share(left: string, right: string): boolean {
  const a = tryParseCidr(left);
  const b = tryParseCidr(right);
  return a !== undefined && b !== undefined && overlaps(a, b);
}

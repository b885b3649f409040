/** The spec of CloudStackCluster, also inside its template. */
import type * as z from 'zod';
import { equalJson } from '../../../machinery/json';
import { flag, list, object, type Rule } from '../../schema';
import { frozen } from './frozen';
import { endpoint, type FailureDomainSpec, failureDomainFields } from './shapes';

const failureDomains = list(
  'Places its machines may be in.',
  object('A place that fails independently of others.', failureDomainFields, {
    // Entries are matched by name, so these compare each failure domain with itself before the change.
    rules: [
      frozen('acsEndpoint'),
      frozen('account', "''"),
      frozen('domain', "''"),
      frozenInZone('zone.id', 'id'),
      frozenInZone('zone.name', 'name'),
      frozenInZone('zone.network.id', 'network.id'),
      frozenInZone('zone.network.name', 'network.name'),
      frozenInZone('zone.network.type', 'network.type'),
    ],
  }),
  { min: 1, max: 100, keys: ['name'] },
);

function frozenInZone(path: string, below: string): Rule<FailureDomainSpec> {
  const steps = below.split('.');
  const value = (self: string) => `(has(${self}.${path}) ? ${self}.${path} : '')`;
  return {
    cel: `${value('self')} == ${value('oldSelf')}`,
    message: `${path} of a failure domain cannot be changed; add another failure domain instead`,
    field: path,
    reason: 'FieldValueForbidden',
    transition: true,
    holds: (self, old) => old === undefined || equalJson(textIn(self.zone, steps), textIn(old.zone, steps)),
  };
}

function textIn(root: unknown, steps: readonly string[]): string {
  const value = steps.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    root,
  );
  return typeof value === 'string' ? value : '';
}

interface Placed {
  failureDomains: FailureDomainSpec[];
  controlPlaneEndpoint?: { host?: string | undefined; port?: number | undefined } | undefined;
}

const oneSurvives: Rule<Placed> = {
  cel: 'oldSelf.failureDomains.exists(o, self.failureDomains.exists(n, n.name == o.name))',
  message: 'at least one failure domain must stay; to move a cluster elsewhere, delete it and make it anew',
  field: 'failureDomains',
  reason: 'FieldValueForbidden',
  transition: true,
  holds: (self, old) =>
    old === undefined ||
    old.failureDomains.some((before) => self.failureDomains.some((now) => now.name === before.name)),
};

/** The endpoint may be filled in once; certificates and kubeconfigs carry it from then on. */
function endpointStays(field: 'host' | 'port', absent: string): Rule<Placed> {
  const path = `controlPlaneEndpoint.${field}`;
  const has = (self: string, at: string) =>
    `has(${self}.controlPlaneEndpoint) && has(${self}.controlPlaneEndpoint.${at})`;
  const value = (self: string) => `(${has(self, field)} ? ${self}.${path} : ${absent})`;
  return {
    cel: `!(${has('oldSelf', 'host')}) || oldSelf.controlPlaneEndpoint.host == '' || ${value('self')} == ${value('oldSelf')}`,
    message: `${path} cannot be changed once the host is known`,
    field: path,
    reason: 'FieldValueForbidden',
    transition: true,
    // An empty host and port 0 are what CAPC writes for "not set".
    holds: (self, old) =>
      (old?.controlPlaneEndpoint?.host ?? '') === '' ||
      (self.controlPlaneEndpoint?.[field] || undefined) === (old?.controlPlaneEndpoint?.[field] || undefined),
  };
}

export const cloudStackClusterSpec = object(
  'Where a cluster stands.',
  {
    failureDomains,
    controlPlaneEndpoint: endpoint.optional(),
    syncWithACS: flag("Whether the cluster is shown among CloudStack's own Kubernetes clusters.").optional(),
  },
  { rules: [oneSurvives, endpointStays('host', "''"), endpointStays('port', '0')] },
);

export type CloudStackClusterSpec = z.infer<typeof cloudStackClusterSpec>;

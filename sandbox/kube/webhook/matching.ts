import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { type LabelSelector, matchesSelector } from '../../../machinery/selectors';
import type { WebhookClientConfig } from '../crd/shape';
import type { AdmissionRequest, Core } from '../rest/core';

/** One webhook of a configuration, with the defaults the server fills in. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: WebhookClientConfig;
  readonly rules?: readonly Rule[];
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly matchPolicy: 'Exact' | 'Equivalent';
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly timeoutSeconds: number;
}

interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

/** Webhooks of all configurations of a kind, in the order they are asked. */
export function webhooksOf(core: Core, resource: string): Webhook[] {
  return core.store.list(`admissionregistration.k8s.io/${resource}`).flatMap((configuration) => {
    const webhooks = configuration['webhooks'];
    // Decoded and defaulted when they were stored.
    return Array.isArray(webhooks) ? (webhooks as readonly Webhook[]) : [];
  });
}

/**
 * The version in which a webhook wants to see a request, or undefined when it does not want to. With `Equivalent` a
 * rule for another version of the same resource counts, too.
 */
export function wantedVersion(core: Core, webhook: Webhook, request: AdmissionRequest): string | undefined {
  if (!selects(core, webhook, request)) return undefined;
  const { resource, version } = request.target;
  const rules = webhook.rules ?? [];
  if (rules.some((rule) => matchesRule(rule, request, version.name))) return version.name;
  if (webhook.matchPolicy === 'Exact') return undefined;
  const other = resource.versions.find(
    (candidate) => candidate.served && rules.some((rule) => matchesRule(rule, request, candidate.name)),
  );
  return other?.name;
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list?.includes('*') === true || list?.includes(value) === true;

function matchesRule(rule: Rule, { operation, target }: AdmissionRequest, version: string): boolean {
  const { resource, subresource } = target;
  if (!includes(rule.operations, operation) || !includes(rule.apiGroups, resource.group)) return false;
  if (!includes(rule.apiVersions, version)) return false;
  const scope = rule.scope ?? '*';
  if (scope !== '*' && (scope === 'Namespaced') !== resource.namespaced) return false;
  return (rule.resources ?? []).some((wanted) => {
    const [name = '', sub = ''] = wanted.split('/');
    if (wanted === '*/*') return true;
    return (name === '*' || name === resource.resource) && (sub === subresource || (sub === '*' && subresource !== ''));
  });
}

function selects(core: Core, webhook: Webhook, request: AdmissionRequest): boolean {
  const { resource, namespace, name } = request.target;
  const namespaceName = resource.table === '/namespaces' ? name : namespace;
  if (webhook.namespaceSelector !== undefined && namespaceName !== '') {
    const stored = core.store.get('/namespaces', { namespace: '', name: namespaceName });
    const labels = resource.table === '/namespaces' ? request.object?.metadata.labels : stored?.metadata.labels;
    if (!matchesSelector(webhook.namespaceSelector, labels)) return false;
  }
  const { objectSelector } = webhook;
  if (objectSelector === undefined || !isJsonObject(objectSelector)) return true;
  const matches = (object: KubeObject | undefined): boolean =>
    object !== undefined && matchesSelector(objectSelector, object.metadata.labels);
  return matches(request.object) || matches(request.oldObject);
}

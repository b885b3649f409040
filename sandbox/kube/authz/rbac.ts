import type { KubeObject } from '../../../machinery/kube-object';
import type { Core, User } from '../rest/core';

/** What somebody wants to do. */
export interface Attributes {
  readonly user: User;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Set for requests that address no resource; the resource fields are empty then. */
  readonly path?: string | undefined;
}

export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const RBAC = 'rbac.authorization.k8s.io';
const SUPERUSERS = 'system:masters';

/** Whether RBAC lets a request pass. */
export function isAllowed(core: Core, request: Attributes): boolean {
  if (request.user.groups.includes(SUPERUSERS)) return true;
  return rulesFor(core, request.user, request.namespace).some((rule) => matches(rule, request));
}

/** The rules that hold for a user in a namespace (empty: cluster-wide). */
export function rulesFor(core: Core, user: User, namespace: string): PolicyRule[] {
  const rules: PolicyRule[] = [];
  if (user.groups.includes(SUPERUSERS)) {
    rules.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] });
  }
  for (const binding of core.store.list(`${RBAC}/clusterrolebindings`)) {
    if (bindsTo(binding, user, '')) rules.push(...roleRules(core, binding, ''));
  }
  if (namespace === '') return rules;
  for (const binding of core.store.list(`${RBAC}/rolebindings`, namespace)) {
    if (bindsTo(binding, user, namespace)) rules.push(...roleRules(core, binding, namespace));
  }
  return rules;
}

function bindsTo(binding: KubeObject, user: User, namespace: string): boolean {
  const subjects = (binding['subjects'] ?? []) as readonly Subject[];
  return subjects.some((subject) => {
    if (subject.kind === 'User') return subject.name === user.username;
    if (subject.kind === 'Group') return user.groups.includes(subject.name);
    return user.username === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`;
  });
}

function roleRules(core: Core, binding: KubeObject, namespace: string): readonly PolicyRule[] {
  const { kind, name } = binding['roleRef'] as { readonly kind: string; readonly name: string };
  const role =
    kind === 'ClusterRole'
      ? core.store.get(`${RBAC}/clusterroles`, { namespace: '', name })
      : core.store.get(`${RBAC}/roles`, { namespace, name });
  return (role?.['rules'] ?? []) as readonly PolicyRule[];
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list?.includes('*') === true || list?.includes(value) === true;

function matches(rule: PolicyRule, request: Attributes): boolean {
  if (!includes(rule.verbs, request.verb)) return false;
  const { path } = request;
  if (path !== undefined) {
    return (rule.nonResourceURLs ?? []).some((allowed) =>
      allowed.endsWith('*') ? path.startsWith(allowed.slice(0, -1)) : allowed === path,
    );
  }
  if (!includes(rule.apiGroups, request.group)) return false;
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  const isResource =
    includes(rule.resources, resource) ||
    (request.subresource !== '' && rule.resources?.includes(`*/${request.subresource}`) === true);
  if (!isResource) return false;
  return (
    rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name)
  );
}

/** Why a request is refused, in the words of the real server. */
export function denial(request: Attributes): string {
  const user = JSON.stringify(request.user.username);
  if (request.path !== undefined) return `User ${user} cannot ${request.verb} path ${JSON.stringify(request.path)}`;
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  const scope =
    request.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(request.namespace)}`;
  return `User ${user} cannot ${request.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(request.group)} ${scope}`;
}

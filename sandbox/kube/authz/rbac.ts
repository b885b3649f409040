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
  return request.user.groups.includes(SUPERUSERS) || grantOf(core, request) !== undefined;
}

/** Why RBAC lets a request pass: empty for superusers, undefined when it does not pass. */
export function allowedBecause(core: Core, request: Attributes): string | undefined {
  if (request.user.groups.includes(SUPERUSERS)) return '';
  const grant = grantOf(core, request);
  if (grant === undefined) return undefined;
  const { binding, subject, namespace } = grant;
  const { kind, name } = binding['roleRef'] as { readonly kind: string; readonly name: string };
  const place = namespace === '' ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
  const who = JSON.stringify(
    subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name,
  );
  return `RBAC: allowed by ${binding.kind} ${JSON.stringify(place)} of ${kind} ${JSON.stringify(name)} to ${subject.kind} ${who}`;
}

interface Grant {
  readonly binding: KubeObject;
  readonly subject: Subject;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
}

/** The first binding by which a request passes. */
function grantOf(core: Core, request: Attributes): Grant | undefined {
  for (const grant of grantsTo(core, request.user, request.namespace)) {
    if (roleRules(core, grant.binding, grant.namespace).some((rule) => matches(rule, request))) return grant;
  }
  return undefined;
}

/** Bindings of a user, cluster-wide ones first. */
function* grantsTo(core: Core, user: User, namespace: string): Generator<Grant> {
  for (const binding of core.store.list(`${RBAC}/clusterrolebindings`)) {
    const subject = boundSubject(binding, user, '');
    if (subject !== undefined) yield { binding, subject, namespace: '' };
  }
  if (namespace === '') return;
  for (const binding of core.store.list(`${RBAC}/rolebindings`, namespace)) {
    const subject = boundSubject(binding, user, namespace);
    if (subject !== undefined) yield { binding, subject, namespace };
  }
}

/** The rules that roles give a user in a namespace (empty: cluster-wide). */
export function rulesFor(core: Core, user: User, namespace: string): PolicyRule[] {
  return [...grantsTo(core, user, namespace)].flatMap(({ binding, namespace: place }) =>
    roleRules(core, binding, place),
  );
}

/** The subject of a binding that a user is. */
function boundSubject(binding: KubeObject, user: User, namespace: string): Subject | undefined {
  const subjects = (binding['subjects'] ?? []) as readonly Subject[];
  return subjects.find((subject) => {
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

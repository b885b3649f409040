import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { managersAfterUpdate } from '../apply/field-manager';
import { allowedBecause, rulesFor } from '../authz/rbac';
import { mapAt } from '../builtins/strategy';
import type { Caller, CollectionTarget, Core, User } from './core';
import { checkKind } from './decode';
import { type FieldError, invalid } from './field-error';
import { emptyObject, fieldContext } from './fields';
import { invalidObject, methodNotAllowed } from './refusal';

/** Answers a token: who is it? */
export type TokenReviewer = (token: string) => User | undefined;

/** Kinds that are questions: nothing is stored. */
export async function answerReview(
  core: Core,
  caller: Caller,
  target: CollectionTarget,
  body: unknown,
  reviewToken: TokenReviewer,
): Promise<KubeObject> {
  const asked = checkKind(body, target);
  const spec = mapAt(asked, 'spec');
  checkQuestion(asked, spec);
  const context = fieldContext(core, target, '', caller, {});
  const managedFields = await managersAfterUpdate(emptyObject(target), asked, context);
  const { namespace: place } = target;
  const metadata = {
    ...asked.metadata,
    ...(place === '' ? {} : { namespace: place }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
  const review: KubeObject = { ...asked, metadata };
  const namespace = target.namespace;
  switch (review.kind) {
    case 'SelfSubjectAccessReview':
      return answered(review, accessStatus(core, caller.user, spec, ''));
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview':
      return answered(review, accessStatus(core, subjectOf(spec), spec, namespace));
    case 'SelfSubjectRulesReview':
      return answered(review, rulesStatus(core, caller.user, String(spec['namespace'] ?? '')));
    case 'SelfSubjectReview':
      return answered(review, { userInfo: userInfo(caller.user) });
    case 'TokenReview': {
      const user = reviewToken(String(spec['token'] ?? ''));
      return answered(
        review,
        user === undefined
          ? { user: {}, error: 'invalid bearer token' }
          : { authenticated: true, user: userInfo(user) },
      );
    }
    default:
      throw methodNotAllowed(target.resource, 'create');
  }
}

/** An access review asks about one resource or one path. */
function checkQuestion(review: KubeObject, spec: { readonly [key: string]: unknown }): void {
  if (!review.kind.endsWith('AccessReview')) return;
  const asked = [spec['resourceAttributes'], spec['nonResourceAttributes']].filter((part) => part !== undefined);
  const errors: FieldError[] = [];
  if (asked.length !== 1) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalid('spec.resourceAttributes', null, why));
  }
  if (review.kind !== 'SelfSubjectAccessReview' && (spec['user'] ?? '') === '' && spec['groups'] === undefined) {
    errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'));
  }
  if (errors.length > 0) throw invalidObject({ group: 'authorization.k8s.io', kind: '' }, '', errors);
}

const answered = (review: KubeObject, status: object): KubeObject => ({ ...review, status });

const userInfo = (user: User) => ({
  username: user.username,
  ...(user.uid === undefined ? {} : { uid: user.uid }),
  groups: [...user.groups],
});

function subjectOf(spec: { readonly [key: string]: unknown }): User {
  const groups = Array.isArray(spec['groups']) ? spec['groups'].map(String) : [];
  return { username: String(spec['user'] ?? ''), groups };
}

function accessStatus(core: Core, user: User, spec: { readonly [key: string]: unknown }, namespace: string): object {
  const text = (parent: { readonly [key: string]: unknown }, field: string): string => String(parent[field] ?? '');
  const wanted = mapAt(spec, 'resourceAttributes');
  const isPath = isJsonObject(spec['nonResourceAttributes']);
  const path = mapAt(spec, 'nonResourceAttributes');
  const because = allowedBecause(core, {
    user,
    verb: isPath ? text(path, 'verb') : text(wanted, 'verb'),
    group: text(wanted, 'group'),
    resource: text(wanted, 'resource'),
    subresource: text(wanted, 'subresource'),
    namespace: text(wanted, 'namespace') || namespace,
    name: text(wanted, 'name'),
    path: isPath ? text(path, 'path') : undefined,
  });
  if (because === undefined) return { allowed: false };
  return because === '' ? { allowed: true } : { allowed: true, reason: because };
}

function rulesStatus(core: Core, user: User, namespace: string): object {
  const rules = rulesFor(core, user, namespace);
  return {
    resourceRules: rules
      .filter((rule) => rule.nonResourceURLs === undefined)
      .map(({ verbs = [], apiGroups = [], resources = [], resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames === undefined ? {} : { resourceNames }),
      })),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs !== undefined)
      .map(({ verbs = [], nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

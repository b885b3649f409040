import { equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { pathSegmentFault, subdomainFault } from '../registry/names';
import { type FieldError, invalid, notSupported, required } from '../rest/field-error';
import { countOrPercentFaults } from './numbers';
import { defaultTo, mapAt, mapsAt, strategy } from './strategy';

const RBAC = 'rbac.authorization.k8s.io';

function ruleFaults(rules: readonly { [key: string]: unknown }[], namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const list = (rule: { [key: string]: unknown }, field: string): readonly unknown[] => {
    const value = rule[field];
    return Array.isArray(value) ? value : [];
  };
  for (const [index, rule] of rules.entries()) {
    const at = `rules[${index}]`;
    if (list(rule, 'verbs').length === 0) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (list(rule, 'nonResourceURLs').length > 0) {
      if (namespaced) {
        errors.push(
          invalid(
            `${at}.nonResourceURLs`,
            rule['nonResourceURLs'],
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      }
      if (['apiGroups', 'resources', 'resourceNames'].some((field) => list(rule, field).length > 0)) {
        const why = 'rules cannot apply to both regular resources and non-resource URLs';
        errors.push(invalid(`${at}.nonResourceURLs`, rule['nonResourceURLs'], why));
      }
      continue;
    }
    if (list(rule, 'apiGroups').length === 0) {
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (list(rule, 'resources').length === 0) {
      errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    }
  }
  return errors;
}

/** An update of these kinds asks the rules of a creation, and then those of an update, which ask them again. */
const asOftenAsAsked = (errors: FieldError[], old: unknown): FieldError[] =>
  old === undefined ? errors : [...errors, ...errors];

/** A list of no rules is stored as none. */
function withoutEmptyRules(object: KubeObject): void {
  const { rules } = object;
  if (Array.isArray(rules) && rules.length === 0) object['rules'] = null;
}

const role = (namespaced: boolean) =>
  strategy({
    allowCreateOnUpdate: true,
    nameFault: pathSegmentFault,
    prepareCreate: withoutEmptyRules,
    prepareUpdate: withoutEmptyRules,
    validate: (object, old) => asOftenAsAsked(ruleFaults(mapsAt(object, 'rules'), namespaced), old),
  });

export const roles = role(true);
export const clusterRoles = role(false);

function roleFaults(reference: { readonly [key: string]: unknown }, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (reference['apiGroup'] !== RBAC) errors.push(notSupported('roleRef.apiGroup', reference['apiGroup'], [RBAC]));
  if (!kinds.includes(String(reference['kind']))) errors.push(notSupported('roleRef.kind', reference['kind'], kinds));
  const name = String(reference['name'] ?? '');
  const fault = pathSegmentFault(name);
  if (name === '') errors.push(required('roleRef.name'));
  else if (fault !== undefined) errors.push(invalid('roleRef.name', name, fault));
  return errors;
}

function subjectFaults(subject: { readonly [key: string]: unknown }, at: string, isNamespaced: boolean): FieldError[] {
  const [kind, name, namespace, group] = ['kind', 'name', 'namespace', 'apiGroup'].map((field) =>
    String(subject[field] ?? ''),
  );
  const errors: FieldError[] = [];
  const expectGroup = (expected: string): void => {
    if (group !== expected) errors.push(notSupported(`${at}.apiGroup`, group, [expected]));
  };
  if (name === '') errors.push(required(`${at}.name`));
  if (kind === 'ServiceAccount') {
    const fault = name === undefined || name === '' ? undefined : subdomainFault(name);
    if (fault !== undefined) errors.push(invalid(`${at}.name`, name, fault));
    expectGroup('');
    // In a namespace, that namespace is meant.
    if (namespace === '' && !isNamespaced) errors.push(required(`${at}.namespace`));
  } else if (kind === 'User' || kind === 'Group') expectGroup(RBAC);
  else errors.push(notSupported(`${at}.kind`, kind, SUBJECTS));
  return errors;
}

const SUBJECTS: readonly string[] = ['ServiceAccount', 'User', 'Group'];

const binding = (kinds: readonly string[]) =>
  strategy({
    allowCreateOnUpdate: true,
    nameFault: pathSegmentFault,
    defaults: (object) => {
      const reference = mapAt(object, 'roleRef');
      if ((reference['apiGroup'] ?? '') === '' && !Object.isFrozen(reference)) reference['apiGroup'] = RBAC;
      for (const subject of mapsAt(object, 'subjects')) {
        if (subject['kind'] === 'User' || subject['kind'] === 'Group') {
          if ((subject['apiGroup'] ?? '') === '') subject['apiGroup'] = RBAC;
        }
      }
    },
    validate: (object, old) => {
      const reference = mapAt(object, 'roleRef');
      const errors = [
        ...roleFaults(reference, kinds),
        ...mapsAt(object, 'subjects').flatMap((subject, index) =>
          subjectFaults(subject, `subjects[${index}]`, kinds.includes('Role')),
        ),
      ];
      const all = asOftenAsAsked(errors, old);
      if (old === undefined || equalJson(old['roleRef'], object['roleRef'])) return all;
      const shown = { APIGroup: reference['apiGroup'], Kind: reference['kind'], Name: reference['name'] };
      return [...all, invalid('roleRef', shown, 'cannot change roleRef')];
    },
  });

export const roleBindings = binding(['Role', 'ClusterRole']);
export const clusterRoleBindings = binding(['ClusterRole']);

export const leases = strategy({
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate: (lease) => {
    const errors: FieldError[] = [];
    const spec = mapAt(lease, 'spec');
    const duration = spec['leaseDurationSeconds'];
    if (typeof duration === 'number' && duration <= 0) {
      errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    }
    const transitions = spec['leaseTransitions'];
    if (typeof transitions === 'number' && transitions < 0) {
      errors.push(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return errors;
  },
});

/** Admission webhooks. */
export const webhookConfigurations = strategy({
  hasGeneration: true,
  defaults: (configuration) => {
    for (const webhook of mapsAt(configuration, 'webhooks')) {
      defaultTo(webhook, 'failurePolicy', 'Fail');
      defaultTo(webhook, 'matchPolicy', 'Equivalent');
      defaultTo(webhook, 'namespaceSelector', {});
      defaultTo(webhook, 'objectSelector', {});
      defaultTo(webhook, 'timeoutSeconds', 10);
      if (configuration.kind === 'MutatingWebhookConfiguration') defaultTo(webhook, 'reinvocationPolicy', 'Never');
      for (const rule of mapsAt(webhook, 'rules')) defaultTo(rule, 'scope', '*');
      const service = mapAt(mapAt(webhook, 'clientConfig'), 'service');
      if (mapAt(webhook, 'clientConfig')['service'] !== undefined) defaultTo(service, 'port', 443);
    }
  },
  validate: (configuration) => {
    const errors: FieldError[] = [];
    for (const [index, webhook] of mapsAt(configuration, 'webhooks').entries()) {
      const at = `webhooks[${index}]`;
      if (webhook['sideEffects'] !== 'None' && webhook['sideEffects'] !== 'NoneOnDryRun') {
        errors.push(
          webhook['sideEffects'] === undefined || webhook['sideEffects'] === null
            ? required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun')
            : notSupported(`${at}.sideEffects`, webhook['sideEffects'], ['None', 'NoneOnDryRun']),
        );
      }
      const versions = webhook['admissionReviewVersions'];
      if (!Array.isArray(versions) || versions.length === 0) {
        errors.push(required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
      }
      const client = mapAt(webhook, 'clientConfig');
      if ((client['url'] === undefined) === (client['service'] === undefined)) {
        errors.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'));
      }
    }
    return errors;
  },
});

export const disruptionBudgets = strategy({
  hasGeneration: true,
  validate: (budget) => {
    const spec = mapAt(budget, 'spec');
    const { minAvailable, maxUnavailable } = spec;
    const errors: FieldError[] = [];
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      const shown = {
        MinAvailable: minAvailable,
        Selector: spec['selector'] ?? null,
        MaxUnavailable: maxUnavailable,
        UnhealthyPodEvictionPolicy: spec['unhealthyPodEvictionPolicy'] ?? null,
      };
      errors.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
    }
    for (const field of ['minAvailable', 'maxUnavailable']) {
      if (spec[field] !== undefined) errors.push(...countOrPercentFaults(spec[field], `spec.${field}`));
    }
    const policy = spec['unhealthyPodEvictionPolicy'];
    if (policy !== undefined && !EVICTION_POLICIES.includes(String(policy))) {
      errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES));
    }
    return errors;
  },
});

const EVICTION_POLICIES: readonly string[] = ['AlwaysAllow', 'IfHealthyBudget'];
export const priorityClasses = strategy({
  defaults: (object) => defaultTo(object, 'preemptionPolicy', 'PreemptLowerPriority'),
});
export const storageClasses = strategy({
  defaults: (object) => {
    defaultTo(object, 'reclaimPolicy', 'Delete');
    defaultTo(object, 'volumeBindingMode', 'Immediate');
  },
});

import { asDefinition, CLEANUP_FINALIZER, type CrdVersion, type CustomResourceDefinition } from '../crd/shape';
import { structuralFaults } from '../crd/structural';
import { label1035Fault, labelFault, subdomainFault } from '../registry/names';
import { duplicate, type FieldError, invalid, notSupported, required } from '../rest/field-error';
import { strategy } from './strategy';

function validateDefinition(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = definition;
  const { group = '', names = { plural: '', kind: '' }, versions = [] } = spec ?? {};
  if (metadata.name !== `${names.plural}.${group}`) {
    errors.push(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === '') errors.push(required('spec.group'));
  else {
    const fault = subdomainFault(group);
    if (fault !== undefined) errors.push(invalid('spec.group', group, fault));
    else if (!group.includes('.'))
      errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  if (spec.scope !== 'Namespaced' && spec.scope !== 'Cluster') {
    errors.push(
      (spec.scope ?? '') === ''
        ? required('spec.scope')
        : notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    );
  }
  errors.push(...nameFaults(definition), ...versionsFaults(versions), ...approvalFaults(definition));
  if (old !== undefined) errors.push(...updateFaults(definition, old));
  return errors;
}

/** Groups of the Kubernetes project need a note that their API was approved. */
function approvalFaults({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const group = spec.group ?? '';
  const isCommunity = ['k8s.io', 'kubernetes.io'].some((suffix) => group === suffix || group.endsWith(`.${suffix}`));
  const key = 'api-approved.kubernetes.io';
  if (!isCommunity || (metadata.annotations?.[key] ?? '') !== '') return [];
  return [
    required(
      `metadata.annotations[${key}]`,
      'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ),
  ];
}

function nameFaults({ spec }: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const { names } = spec;
  const check = (field: string, value: string | undefined): void => {
    if ((value ?? '') === '') errors.push(required(`spec.names.${field}`));
    else {
      const fault = label1035Fault((value ?? '').toLowerCase());
      if (fault !== undefined) errors.push(invalid(`spec.names.${field}`, value, fault));
    }
  };
  check('plural', names?.plural);
  check('singular', names?.singular);
  check('kind', names?.kind);
  check('listKind', names?.listKind);
  if (names?.kind !== undefined && names.kind !== '' && names.kind === names.listKind) {
    errors.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function versionsFaults(versions: readonly CrdVersion[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    if (seen.has(version.name)) errors.push(duplicate(`${at}.name`, version.name));
    seen.add(version.name);
    const fault = labelFault(version.name ?? '');
    if ((version.name ?? '') === '') errors.push(required(`${at}.name`));
    else if (fault !== undefined) errors.push(invalid(`${at}.name`, version.name, fault));
    const schema = version.schema?.openAPIV3Schema;
    if (schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`));
    else {
      // A single version's schema is known by where the first version of this API had it.
      const place = versions.length === 1 ? 'spec.validation' : `${at}.schema`;
      errors.push(...structuralFaults(schema, `${place}.openAPIV3Schema`));
    }
  }
  const stored = versions.filter((version) => version.storage);
  if (stored.length !== 1) {
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

function updateFaults(definition: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const isEstablished = (old.status?.conditions ?? []).some(
    (condition) => condition.type === 'Established' && condition.status === 'True',
  );
  const fixed = (field: string, after: unknown, before: unknown): void => {
    if (after !== before) errors.push(invalid(`spec.${field}`, after, 'field is immutable'));
  };
  if (isEstablished) {
    fixed('scope', definition.spec.scope, old.spec.scope);
    fixed('names.kind', definition.spec.names.kind, old.spec.names.kind);
  }
  fixed('group', definition.spec.group, old.spec.group);
  fixed('names.plural', definition.spec.names.plural, old.spec.names.plural);
  for (const [index, version] of (definition.status?.storedVersions ?? []).entries()) {
    if (!definition.spec.versions.some((candidate) => candidate.name === version)) {
      errors.push(
        invalid(
          `status.storedVersions[${index}]`,
          version,
          'missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions'.replaceAll(
            'v1 ',
            `${version} `,
          ),
        ),
      );
    }
  }
  return errors;
}

/** CustomResourceDefinitions: defaults, rules, and the versions that were ever stored. */
export const customResourceDefinitions = strategy({
  hasGeneration: true,
  deletionFinalizer: CLEANUP_FINALIZER,
  prepareDelete: (object, now) => {
    const { status } = asDefinition(object);
    const others = (status?.conditions ?? []).filter((condition) => condition.type !== 'Terminating');
    const terminating = {
      lastTransitionTime: now,
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      reason: 'InstanceDeletionPending',
      status: 'True',
      type: 'Terminating',
    };
    return { ...object, status: { ...status, conditions: [...others, terminating] } };
  },
  defaults: (object) => {
    const { spec } = asDefinition(object);
    if (spec?.names === undefined) return;
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase();
    if ((spec.names.listKind ?? '') === '' && (spec.names.kind ?? '') !== '')
      spec.names.listKind = `${spec.names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
    const service = spec.conversion.webhook?.clientConfig?.service;
    if (service !== undefined && service.port === undefined) {
      const clientConfig = spec.conversion.webhook?.clientConfig;
      Object.assign(clientConfig ?? {}, { service: { ...service, port: 443 } });
    }
  },
  prepareCreate: (object) => {
    const definition = asDefinition(object);
    const stored = definition.spec.versions?.find((version) => version.storage);
    definition.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored === undefined ? null : [stored.name],
    };
  },
  prepareUpdate: (object) => {
    const definition = asDefinition(object);
    const stored = definition.spec.versions?.find((version) => version.storage);
    const known = definition.status?.storedVersions ?? [];
    if (stored !== undefined && !known.includes(stored.name)) {
      definition.status = { ...definition.status, storedVersions: [...known, stored.name] };
    }
  },
  validate: (object, old) =>
    validateDefinition(asDefinition(object), old === undefined ? undefined : asDefinition(old)),
});

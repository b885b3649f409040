import { equalJson } from '../../../machinery/json';
import { internalVersions, isLifted } from '../crd/internal-form';
import { schemaFaults } from '../crd/schema-faults';
import { asDefinition, CLEANUP_FINALIZER, type CrdVersion, type CustomResourceDefinition } from '../crd/shape';
import { columnFaults, scaleFaults, selectableFaults } from '../crd/version-faults';
import { label1035Fault, subdomainFault } from '../registry/names';
import { type FieldError, invalid, notSupported, required } from '../rest/field-error';
import { strategy } from './strategy';

function validateDefinition(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = definition;
  // Versions that an update leaves alone were found right when they were stored.
  const isUntouched = old !== undefined && equalJson(spec.versions, old.spec.versions);
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
  errors.push(
    ...nameFaults(definition),
    ...(isUntouched ? [] : versionsFaults(versions)),
    ...storedVersionsFaults(definition),
  );
  errors.push(...approvalFaults(definition));
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
  const check = (field: string, value: string | undefined, isMixedCase = false): void => {
    if ((value ?? '') === '') {
      errors.push(required(`spec.names.${field}`));
      return;
    }
    const fault = label1035Fault(isMixedCase ? (value ?? '').toLowerCase() : (value ?? ''));
    const mixed = 'may have mixed case, but should otherwise match: ';
    if (fault !== undefined) errors.push(invalid(`spec.names.${field}`, value, `${isMixedCase ? mixed : ''}${fault}`));
  };
  check('plural', names?.plural);
  check('singular', names?.singular);
  check('kind', names?.kind, true);
  check('listKind', names?.listKind, true);
  for (const field of ['shortNames', 'categories'] as const) {
    for (const [index, name] of (names?.[field] ?? []).entries()) {
      const fault = label1035Fault(name);
      if (fault !== undefined) errors.push(invalid(`spec.names.${field}[${index}]`, name, fault));
    }
  }
  if (names?.kind !== undefined && names.kind !== '' && names.kind === names.listKind) {
    errors.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function versionsFaults(versions: readonly CrdVersion[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const fault = label1035Fault(version.name ?? '');
    if (fault !== undefined) {
      errors.push(invalid(`${at}.name`, version.name ?? '', fault));
      // The first version is also known by the name it had when there was only one.
      if (index === 0) errors.push(invalid('spec.version', version.name ?? '', fault));
    }
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`));
  }
  errors.push(...partFaults(versions));
  const shown = internalVersions(versions);
  if (new Set(versions.map((version) => version.name)).size < versions.length) {
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

/** Schemas, subresources, columns and selectable fields: told once where all versions have them alike. */
function partFaults(versions: readonly CrdVersion[]): FieldError[] {
  const each = (part: keyof CrdVersion, top: string, check: (version: CrdVersion, at: string) => FieldError[]) => {
    const [first] = versions;
    if (first !== undefined && isLifted(versions, part)) return check(first, `spec.${top}`);
    return versions.flatMap((version, index) => check(version, `spec.versions[${index}].${part}`));
  };
  return [
    ...each('schema', 'validation', ({ schema }, at) =>
      schema?.openAPIV3Schema === undefined ? [] : schemaFaults(schema.openAPIV3Schema, `${at}.openAPIV3Schema`),
    ),
    ...each('subresources', 'subresources', ({ subresources }, at) =>
      subresources?.scale === undefined ? [] : scaleFaults(subresources.scale, `${at}.scale`),
    ),
    ...each('additionalPrinterColumns', 'additionalPrinterColumns', ({ additionalPrinterColumns }, at) =>
      columnFaults(additionalPrinterColumns ?? [], at),
    ),
    ...each('selectableFields', 'selectableFields', ({ selectableFields, schema }, at) =>
      selectableFaults(selectableFields ?? [], schema?.openAPIV3Schema ?? {}, at),
    ),
  ];
}

/** Versions whose objects may still be stored must stay. */
function storedVersionsFaults({ spec, status }: CustomResourceDefinition): FieldError[] {
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [invalid('status.storedVersions', null, 'must have at least one stored version')];
  const errors: FieldError[] = [];
  for (const { name, storage } of spec.versions) {
    if (!storage || stored.includes(name)) continue;
    errors.push(invalid('status.storedVersions', stored, `must have the storage version ${name}`));
  }
  for (const [index, name] of stored.entries()) {
    if (spec.versions.some((version) => version.name === name)) continue;
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.push(invalid(`status.storedVersions[${index}]`, name, detail));
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

import { equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { type FieldError, forbidden, invalid, required, tooLong } from '../rest/field-error';
import { labelFault, labelValueFaults, pathSegmentFault, qualifiedNameFaults, subdomainFault } from './names';
import type { ResourceDefinition } from './resource';

const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];
export const MAX_ANNOTATIONS = 256 * 1024;

/** Rules of `metadata` that hold for every kind (`ValidateObjectMeta`). */
export function validateMetadata(object: KubeObject, resource: ResourceDefinition, isNew: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata } = object;
  // Names are chosen once; later they only have to fit into a path.
  const nameFault = isNew ? resource.strategy.nameFault : pathSegmentFault;
  if (metadata.generateName !== undefined && metadata.generateName !== '') {
    const fault = nameFault(metadata.generateName, true);
    if (fault !== undefined) errors.push(invalid('metadata.generateName', metadata.generateName, fault));
  }
  if (metadata.name === undefined || metadata.name === '') {
    errors.push(required('metadata.name', 'name or generateName is required'));
  } else {
    const fault = nameFault(metadata.name, false);
    if (fault !== undefined) errors.push(invalid('metadata.name', metadata.name, fault));
  }
  if (resource.namespaced) {
    const fault = labelFault(metadata.namespace ?? '');
    if ((metadata.namespace ?? '') === '') errors.push(required('metadata.namespace'));
    else if (fault !== undefined) errors.push(invalid('metadata.namespace', metadata.namespace, fault));
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    for (const fault of qualifiedNameFaults(key)) errors.push(invalid('metadata.labels', key, fault));
    for (const fault of labelValueFaults(value)) errors.push(invalid('metadata.labels', value, fault));
  }
  errors.push(...annotationFaults(metadata.annotations ?? {}));
  errors.push(...ownerFaults(object));
  // The core validation package adds a rule of its own.
  const isCoreRule = !resource.isCustom && resource.group !== 'apiextensions.k8s.io';
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    for (const fault of qualifiedNameFaults(finalizer)) errors.push(invalid('metadata.finalizers', finalizer, fault));
    if (isCoreRule && !finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer)) {
      const detail = 'name is neither a standard finalizer name nor is it fully qualified';
      errors.push(invalid(`metadata.finalizers[${index}]`, finalizer, detail));
    }
  }
  return errors;
}

function annotationFaults(annotations: { readonly [key: string]: string }): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(annotations)) {
    // Keys are compared in lower case: annotations may be written in any case.
    for (const fault of qualifiedNameFaults(key.toLowerCase())) {
      errors.push(invalid('metadata.annotations', key, fault));
    }
  }
  if (annotationBytes(annotations) > MAX_ANNOTATIONS) errors.push(tooLong('metadata.annotations', MAX_ANNOTATIONS));
  return errors;
}

/** What annotations weigh, keys included. */
export const annotationBytes = (annotations: { readonly [key: string]: string }): number =>
  Object.entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);

function ownerFaults(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const owners = object.metadata.ownerReferences ?? [];
  let controllers = 0;
  for (const owner of owners) {
    const at = 'metadata.ownerReferences';
    const version = owner.apiVersion ?? '';
    if (version === '' || version.split('/').length > 2) {
      errors.push(invalid(`${at}.apiVersion`, version, 'version must not be empty'));
    }
    if (owner.kind === undefined || owner.kind === '') errors.push(invalid(`${at}.kind`, '', 'must not be empty'));
    if (owner.name === undefined || owner.name === '') errors.push(invalid(`${at}.name`, '', 'must not be empty'));
    if (owner.uid === undefined || owner.uid === '') errors.push(invalid(`${at}.uid`, '', 'must not be empty'));
    if (version === 'v1' && owner.kind === 'Event') {
      errors.push(invalid(at, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller === true) controllers++;
  }
  if (controllers > 1) {
    const [first, second] = owners.filter((owner) => owner.controller === true);
    errors.push(
      invalid(
        'metadata.ownerReferences',
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind ?? ''}/${first?.name ?? ''} and ${second?.kind ?? ''}/${second?.name ?? ''}`,
      ),
    );
  }
  return errors;
}

const IMMUTABLE = 'field is immutable';
const FIXED = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** Rules between two states of one object (`ValidateObjectMetaUpdate`). */
export function validateMetadataUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const next = object.metadata;
  const before = old.metadata;
  if (before.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((name) => !(before.finalizers ?? []).includes(name));
    if (added.length > 0) {
      const list = added.map((name) => JSON.stringify(name)).join(', ');
      errors.push(
        forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  if (next.resourceVersion === undefined || next.resourceVersion === '') {
    errors.push(invalid('metadata.resourceVersion', '', 'must be specified for an update'));
  }
  if ((next.generation ?? 0) < (before.generation ?? 0)) {
    errors.push(invalid('metadata.generation', next.generation ?? 0, 'must not be decremented'));
  }
  for (const field of FIXED) {
    if (!equalJson(next[field] ?? null, before[field] ?? null)) {
      errors.push(invalid(`metadata.${field}`, next[field] ?? null, IMMUTABLE));
    }
  }
  return errors;
}

/** Names of most kinds. */
export const defaultNameFault = subdomainFault;

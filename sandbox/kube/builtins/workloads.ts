import { equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { matchesSelector } from '../../../machinery/selectors';
import { type FieldError, invalid, required } from '../rest/field-error';
import { podSpecDefaults, validatePodSpec } from './pods';
import { defaultTo, mapAt, strategy } from './strategy';

function templateDefaults(object: KubeObject): void {
  const template = mapAt(mapAt(object, 'spec'), 'template');
  if (template['spec'] !== undefined) podSpecDefaults(mapAt(template, 'spec'));
}

function validateWorkload(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = mapAt(object, 'spec');
  const selector = mapAt(spec, 'selector');
  const template = mapAt(spec, 'template');
  const isEmpty = Object.keys(selector).length === 0;
  if (spec['selector'] === null || spec['selector'] === undefined) errors.push(required('spec.selector'));
  else if (isEmpty)
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${object.kind.toLowerCase()}`));
  const labels = mapAt(mapAt(template, 'metadata'), 'labels') as { [key: string]: string };
  const given = mapAt(template, 'metadata')['labels'];
  const isUnset = spec['selector'] === null || spec['selector'] === undefined;
  if (isUnset || (!isEmpty && !matchesSelector(selector, labels))) {
    errors.push(invalid('spec.template.metadata.labels', given ?? null, '`selector` does not match template `labels`'));
  }
  errors.push(...validatePodSpec(mapAt(template, 'spec'), 'spec.template.spec', ['Always']));
  const replicas = spec['replicas'];
  if (typeof replicas === 'number' && replicas < 0) {
    errors.push(invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  }
  if (old !== undefined && !equalJson(mapAt(old, 'spec')['selector'], spec['selector'])) {
    errors.push(invalid('spec.selector', spec['selector'], 'field is immutable'));
  }
  return errors;
}

const workload = (defaults: (spec: { [key: string]: unknown }) => void) =>
  strategy({
    hasGeneration: true,
    validate: validateWorkload,
    defaults: (object) => {
      templateDefaults(object);
      defaults(mapAt(object, 'spec'));
    },
  });

const rolling = (parent: { [key: string]: unknown }, field: string, defaults: { [key: string]: unknown }): void => {
  const plan = mapAt(parent, field);
  defaultTo(plan, 'type', 'RollingUpdate');
  if (plan['type'] !== 'RollingUpdate') return;
  defaultTo(plan, 'rollingUpdate', {});
  for (const [name, value] of Object.entries(defaults)) defaultTo(mapAt(plan, 'rollingUpdate'), name, value);
};

export const deployments = workload((spec) => {
  defaultTo(spec, 'replicas', 1);
  defaultTo(spec, 'strategy', {});
  rolling(spec, 'strategy', { maxUnavailable: '25%', maxSurge: '25%' });
  defaultTo(spec, 'revisionHistoryLimit', 10);
  defaultTo(spec, 'progressDeadlineSeconds', 600);
});

const daemonSetDefaults = workload((spec) => {
  defaultTo(spec, 'updateStrategy', {});
  rolling(spec, 'updateStrategy', { maxUnavailable: 1, maxSurge: 0 });
  defaultTo(spec, 'revisionHistoryLimit', 10);
});

/** Old clients read the generation of the template from an annotation. */
export const daemonSets = {
  ...daemonSetDefaults,
  defaults: (object: KubeObject) => {
    daemonSetDefaults.defaults(object);
    const key = 'deprecated.daemonset.template.generation';
    if (object.metadata.annotations?.[key] !== undefined) return;
    const generation = String(object.metadata.generation ?? 1);
    object.metadata.annotations = { ...object.metadata.annotations, [key]: generation };
  },
};

export const replicaSets = workload((spec) => defaultTo(spec, 'replicas', 1));

export const statefulSets = workload((spec) => {
  defaultTo(spec, 'podManagementPolicy', 'OrderedReady');
  defaultTo(spec, 'updateStrategy', {});
  rolling(spec, 'updateStrategy', { partition: 0 });
  defaultTo(spec, 'persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Retain', whenScaled: 'Retain' });
  defaultTo(spec, 'replicas', 1);
  defaultTo(spec, 'revisionHistoryLimit', 10);
});

import type { KubeObject } from '../../../machinery/kube-object';
import type { Served } from '../registry/registry';
import { validateCustom } from '../schema/validate-object';
import type { FieldError } from './field-error';

/** The rules of a kind for a new state of an object. */
export function validateObject(object: KubeObject, old: KubeObject | undefined, served: Served): readonly FieldError[] {
  const errors = served.resource.strategy.validate(object, old);
  return served.resource.isCustom ? [...errors, ...validateCustom(object, old, served.version.schema)] : errors;
}

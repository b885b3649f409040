import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Served } from '../registry/registry';
import { validateCustom } from '../schema/validate-object';
import { type FieldError, invalid } from './field-error';

/** The rules of a kind for a new state of an object. */
export function validateObject(object: KubeObject, old: KubeObject | undefined, served: Served): readonly FieldError[] {
  const errors = served.resource.strategy.validate(object, old);
  if (!served.resource.isCustom) return errors;
  return [...errors, ...validateCustom(object, old, served.version.schema, scaleFaults(object, served))];
}

/** What the paths of a scale subresource lead to must be counts. */
function scaleFaults(object: KubeObject, { version }: Served): FieldError[] {
  const { scale } = version;
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  for (const path of [scale.specReplicasPath, scale.statusReplicasPath]) {
    const fault = countFault(object, path);
    if (fault !== undefined) errors.push(fault);
  }
  return errors;
}

function countFault(object: KubeObject, path: string): FieldError | undefined {
  let value: unknown = object;
  for (const step of path.replace(/^\./, '').split('.')) {
    if (value === undefined) return undefined;
    if (!isJsonObject(value)) return wrongAccess(path, value, 'map[string]interface{}');
    value = value[step];
  }
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || typeof value !== 'number') return wrongAccess(path, value, 'int64');
  return value < 0 ? invalid(path, value, 'should be a non-negative integer') : undefined;
}

/** How Go says that a value is not what a path leads through. */
function wrongAccess(path: string, value: unknown, expected: string): FieldError {
  const isList = Array.isArray(value);
  const shown = isList ? `[${value.join(' ')}]` : String(value);
  const type = isList
    ? '[]interface {}'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? 'float64'
        : typeof value;
  return invalid(path, 0, `${path} accessor error: ${shown} is of the type ${type}, expected ${expected}`);
}

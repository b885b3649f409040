import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Served } from '../registry/registry';
import { goValue } from '../schema/go-words';
import { validateCustom } from '../schema/validate-object';
import type { Target } from './core';
import { type FieldError, invalid } from './field-error';

/**
 * The rules of a kind for a new state of an object.
 * @param warnings takes what an update is forgiven because it did not touch it
 */
export function validateObject(
  object: KubeObject,
  old: KubeObject | undefined,
  target: Target,
  warnings: string[],
): readonly FieldError[] {
  const errors = target.resource.strategy.validate(object, old);
  if (!target.resource.isCustom) return errors;
  const isStatus = target.subresource === 'status';
  const scale = scaleFaults(object, target, isStatus);
  return [...errors, ...validateCustom({ object, old, schema: target.version.schema, isStatus, scale, warnings })];
}

/** What the paths of a scale subresource lead to must be counts, and the text of a selector. */
function scaleFaults(object: KubeObject, { version }: Served, isStatus: boolean): FieldError[] {
  const { scale } = version;
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  const check = (path: string, expected: 'int64' | 'string'): void => {
    const fault = pathFault(object, path, expected);
    if (fault !== undefined) errors.push(fault);
  };
  if (!isStatus) check(scale.specReplicasPath, 'int64');
  check(scale.statusReplicasPath, 'int64');
  if (scale.labelSelectorPath !== undefined) check(scale.labelSelectorPath, 'string');
  return errors;
}

const MAX_REPLICAS = 2 ** 31 - 1;

function pathFault(object: KubeObject, path: string, expected: 'int64' | 'string'): FieldError | undefined {
  const zero = expected === 'int64' ? 0 : '';
  const wrongAccess = (value: unknown, wanted: string): FieldError => {
    const { shown, type } = asGo(value);
    return invalid(path, zero, `${path} accessor error: ${shown} is of the type ${type}, expected ${wanted}`);
  };
  let value: unknown = object;
  for (const step of path.replace(/^\./, '').split('.')) {
    if (value === undefined || value === null) return undefined;
    if (!isJsonObject(value)) return wrongAccess(value, 'map[string]interface{}');
    value = value[step];
  }
  if (value === undefined) return undefined;
  if (expected === 'string') return typeof value === 'string' ? undefined : wrongAccess(value, expected);
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrongAccess(value, expected);
  if (value < 0) return invalid(path, value, 'should be a non-negative integer');
  return value > MAX_REPLICAS ? invalid(path, value, `should be less than or equal to ${MAX_REPLICAS}`) : undefined;
}

/** A value and its type as Go prints them. */
function asGo(value: unknown): { readonly shown: string; readonly type: string } {
  const shown = goValue(value);
  if (value === null) return { shown, type: '<nil>' };
  if (Array.isArray(value)) return { shown, type: '[]interface {}' };
  if (isJsonObject(value)) return { shown, type: 'map[string]interface {}' };
  if (typeof value === 'boolean') return { shown, type: 'bool' };
  if (typeof value === 'number') return { shown, type: Number.isInteger(value) ? 'int64' : 'float64' };
  return { shown, type: typeof value };
}

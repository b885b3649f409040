import { cloneJson, equalJson } from '../../../machinery/json';
import { below, type FieldError, invalid } from '../rest/field-error';
import type { SchemaNode } from '../schema/node';
import { prune } from '../schema/prune';
import { valueFaults } from '../schema/validate-value';

/** Defaults must be valid where they will stand, and hold nothing that would be pruned away. */
export function defaultFaults(node: SchemaNode, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const field = `${at}.default`;
  if (node.default !== undefined && node.default !== null) {
    if (!equalJson(prune(cloneJson(node.default), node, []), node.default)) {
      errors.push(invalid(field, node.default, 'must not have unknown fields'));
    }
    const faults: FieldError[] = [];
    valueFaults(node.default, node, '', faults);
    errors.push(...below(field, faults));
  }
  if (node.items !== undefined) errors.push(...defaultFaults(node.items, `${at}.items`));
  for (const [name, property] of node.properties) errors.push(...defaultFaults(property, `${at}.properties[${name}]`));
  return errors;
}

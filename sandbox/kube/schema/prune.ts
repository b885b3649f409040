import { cloneJson, isJsonObject } from '../../../machinery/json';
import { fieldNode, type SchemaNode } from './node';
import type { StrictFault } from './strict-faults';

type Plain = { [key: string]: unknown };

/**
 * A deep copy without the fields a structural schema does not specify. `metadata`, `apiVersion` and `kind` of the root and
 * of embedded resources are kept as they are. Dropped fields go to `faults`.
 */
export function prune(value: unknown, node: SchemaNode, faults: StrictFault[], path = '', isRoot = false): unknown {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return cloneJson(value);
    return value.map((item, index) => prune(item, items, faults, `${path}[${index}]`));
  }
  if (!isJsonObject(value)) return value;
  const isResource = isRoot || node.embeddedResource;
  const out: Plain = {};
  for (const name of Object.keys(value)) {
    const item = value[name];
    if (item === undefined) continue;
    const where = path === '' ? name : `${path}.${name}`;
    if (isResource && (name === 'metadata' || name === 'apiVersion' || name === 'kind')) {
      out[name] = item;
      continue;
    }
    const field = fieldNode(node, name);
    if (field !== undefined) out[name] = prune(item, field, faults, where);
    else if (node.preserveUnknown) out[name] = cloneJson(item);
    else faults.push({ what: 'unknown', path: where });
  }
  return out;
}

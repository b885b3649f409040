import { cloneJson, isJsonObject } from '../../../machinery/json';
import { fieldNode, type SchemaNode } from './node';

type Plain = { [key: string]: unknown };

/**
 * A deep copy without the fields a structural schema does not specify. `metadata`, `apiVersion` and `kind` of the root and
 * of embedded resources are kept as they are. Paths of dropped fields go to `unknown`.
 */
export function prune(value: unknown, node: SchemaNode, unknown: string[], path = '', isRoot = false): unknown {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return cloneJson(value);
    return value.map((item, index) => prune(item, items, unknown, `${path}[${index}]`));
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
    if (field !== undefined) out[name] = prune(item, field, unknown, where);
    else if (node.preserveUnknown) out[name] = cloneJson(item);
    else unknown.push(where);
  }
  return out;
}

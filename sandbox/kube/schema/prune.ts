import { isJsonObject } from '../../../machinery/json';
import { fieldNode, type SchemaNode } from './node';

type Plain = { [key: string]: unknown };

/**
 * A copy without the fields a structural schema does not specify. `metadata`, `apiVersion` and `kind` of the root and
 * of embedded resources are kept. Paths of dropped fields go to `unknown`.
 */
export function prune(value: unknown, node: SchemaNode, unknown: string[], path = '', isRoot = false): unknown {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return value;
    return value.map((item, index) => prune(item, items, unknown, `${path}[${index}]`));
  }
  if (!isJsonObject(value)) return value;
  const isResource = isRoot || node.embeddedResource;
  const out: Plain = {};
  for (const [name, item] of Object.entries(value)) {
    const where = path === '' ? name : `${path}.${name}`;
    if (isResource && (name === 'metadata' || name === 'apiVersion' || name === 'kind')) {
      out[name] = item;
      continue;
    }
    const field = fieldNode(node, name);
    if (field !== undefined) out[name] = prune(item, field, unknown, where);
    else if (node.preserveUnknown) out[name] = item;
    else unknown.push(where);
  }
  return out;
}

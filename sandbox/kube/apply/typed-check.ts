import { messageOf } from '../../../machinery/errors';
import { isJsonObject } from '../../../machinery/json';
import { goSyntax, goValue } from '../schema/go-words';
import type { SchemaNode } from '../schema/node';
import { fieldStep, printPath, type Step } from './path-set';
import { atomOf, entryNode, isNamedField, isOpen, itemStep } from './typed';

/** Why a configuration does not fit its schema (undeclared fields, wrong types, keys twice), or undefined when it does. */
export function typedFault(value: unknown, node: SchemaNode | undefined): string | undefined {
  const faults = typedFaults(value, node, []);
  return faults.length > 1 ? ['errors:', ...faults.map((fault) => `  ${fault}`)].join('\n') : faults[0];
}

function typedFaults(value: unknown, node: SchemaNode | undefined, path: readonly Step[]): string[] {
  const atom = atomOf(node, value);
  if (value === null || value === undefined) return [];
  if (atom.kind === 'scalar') return scalarFaults(value, node, path);
  if (atom.kind === 'list') {
    if (!Array.isArray(value)) return [`${printPath(path)}: expected list, got &{${goValue(value)}}`];
    return node === undefined || node.type !== 'array' ? [] : listFaults(value, atom, path);
  }
  if (!isJsonObject(value)) return [`${printPath(path)}: expected map, got &{${goValue(value)}}`];
  return mapFaults(value, node, path);
}

/**
 * The real server takes the fields of a map in any order and leaves the map at the first that is not declared. Here it
 * is always the last it looks at.
 */
function mapFaults(
  value: { readonly [name: string]: unknown },
  node: SchemaNode | undefined,
  path: readonly Step[],
): string[] {
  const isDeclared = (name: string): boolean => isNamedField(node, name) || isOpen(node);
  const names = Object.keys(value);
  const faults = names
    .filter(isDeclared)
    .flatMap((name) => typedFaults(value[name], entryNode(node, name), [...path, fieldStep(name)]));
  const undeclared = names.find((name) => !isDeclared(name));
  return undeclared === undefined
    ? faults
    : [...faults, `${printPath([...path, fieldStep(undeclared)])}: field not declared in schema`];
}

function listFaults(value: readonly unknown[], atom: Parameters<typeof itemStep>[0], path: readonly Step[]): string[] {
  const faults: string[] = [];
  const seen = new Set<Step>();
  for (const [index, item] of value.entries()) {
    let step: Step = `i:${index}`;
    if (!atom.atomic) {
      try {
        step = itemStep(atom, item);
      } catch (error) {
        // What has no name has no place to tell more of, nor has what follows.
        return [...faults, `${printPath(path)}: element ${index}: ${messageOf(error)}`];
      }
      if (seen.has(step)) faults.push(`${printPath(path)}: duplicate entries for key ${printPath([step])}`);
      seen.add(step);
    }
    faults.push(...typedFaults(item, atom.items, [...path, step]));
  }
  return faults;
}

function scalarFaults(value: unknown, node: SchemaNode | undefined, path: readonly Step[]): string[] {
  if (node === undefined || node.intOrString || node.type === undefined) return [];
  const wrong = (expected: string, got: string) => [`${printPath(path)}: expected ${expected}, got ${got}`];
  switch (node.type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? [] : wrong('numeric (int or float)', goTypeOf(value));
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('boolean', `&{${goValue(value)}}`);
    default:
      // A text with a format may be any scalar: validation knows better.
      if (node.format !== undefined && node.format !== 'byte' && isScalar(value)) return [];
      return typeof value === 'string' ? [] : wrong('string', `&value.valueUnstructured{Value:${goSyntax(value)}}`);
  }
}

const isScalar = (value: unknown): boolean => typeof value !== 'object';

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

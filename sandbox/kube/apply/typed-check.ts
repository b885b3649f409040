import { isJsonObject } from '../../../machinery/json';
import { goValue } from '../schema/go-words';
import type { SchemaNode } from '../schema/node';
import { fieldStep, printPath, type Step } from './path-set';
import { atomOf, entryNode, isNamedField, isOpen, itemStep } from './typed';

/** Why a configuration does not fit its schema (undeclared field, wrong type, key twice), or undefined when it does. */
export function typedFault(
  value: unknown,
  node: SchemaNode | undefined,
  path: readonly Step[] = [],
): string | undefined {
  const atom = atomOf(node, value);
  if (value === null || value === undefined) return undefined;
  if (atom.kind === 'scalar') return scalarFault(value, node, path);
  if (atom.kind === 'list') {
    if (!Array.isArray(value)) return `${printPath(path)}: expected list, got &{${goValue(value)}}`;
    if (node === undefined || node.type !== 'array') return undefined;
    return atom.atomic ? undefined : listFault(value, atom, path);
  }
  if (!isJsonObject(value)) return `${printPath(path)}: expected map, got &{${goValue(value)}}`;
  for (const [name, item] of Object.entries(value)) {
    const below = [...path, fieldStep(name)];
    if (!isNamedField(node, name) && !isOpen(node)) return `${printPath(below)}: field not declared in schema`;
    const fault = typedFault(item, entryNode(node, name), below);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function listFault(
  value: readonly unknown[],
  atom: Parameters<typeof itemStep>[0],
  path: readonly Step[],
): string | undefined {
  const seen = new Set<Step>();
  for (const [index, item] of value.entries()) {
    let step: Step;
    try {
      step = itemStep(atom, item);
    } catch (error) {
      return `${printPath(path)}: element ${index}: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (seen.has(step)) return `${printPath(path)}: duplicate entries for key ${printPath([step])}`;
    seen.add(step);
    const fault = typedFault(item, atom.items, [...path, step]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function scalarFault(value: unknown, node: SchemaNode | undefined, path: readonly Step[]): string | undefined {
  if (node === undefined || node.intOrString || node.type === undefined) return undefined;
  const expected =
    node.type === 'integer' || node.type === 'number'
      ? 'numeric (int or float)'
      : node.type === 'boolean'
        ? 'boolean'
        : 'string';
  const actual = typeof value;
  const fits = expected.startsWith('numeric') ? actual === 'number' : actual === expected;
  if (fits) return undefined;
  return `${printPath(path)}: expected ${expected}, got ${expected.startsWith('numeric') ? goTypeOf(value) : print(value)}`;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'int64';
}

function print(value: unknown): string {
  if (Array.isArray(value)) return '&value.valueUnstructured{Value:[]interface {}{}}';
  if (isJsonObject(value)) return '&value.valueUnstructured{Value:map[string]interface {}{}}';
  return `&value.valueUnstructured{Value:${typeof value === 'string' ? JSON.stringify(value) : String(value)}}`;
}

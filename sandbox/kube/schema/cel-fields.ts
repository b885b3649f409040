import type { ASTNode } from '@marcbachmann/cel-js';
import { unescapeName } from './cel-values';
import { fieldNode, type SchemaNode } from './node';

/** A field that a rule reads and its schema has not. */
export interface UndefinedField {
  readonly name: string;
  /** Where the selection stands: its dot, or the parenthesis of `has`. */
  readonly position: number;
}

/** What is known of a value: its schema, or nothing. */
type Known = SchemaNode | undefined;
type Variables = ReadonlyMap<string, Known>;

/** Fields that an expression selects from objects whose schema does not list them. */
export function undefinedFields(ast: ASTNode, variables: Variables): UndefinedField[] {
  const found: UndefinedField[] = [];
  typeOf(ast, variables, found);
  return found;
}

/** The schema of what an expression gives, as far as it is followed: selections, items, and variables of macros. */
function typeOf(ast: ASTNode, variables: Variables, found: UndefinedField[]): Known {
  switch (ast.op) {
    case 'value':
      return undefined;
    case 'id':
      return variables.get(ast.args);
    case '.': {
      const [of, name] = ast.args;
      return selected(typeOf(of, variables, found), name, ast.input.lastIndexOf('.', ast.pos), found);
    }
    case '.?':
      typeOf(ast.args[0], variables, found);
      return undefined;
    case '[]': {
      const [of, index] = ast.args;
      typeOf(index, variables, found);
      const type = typeOf(of, variables, found);
      return type?.items ?? type?.additionalProperties;
    }
    case 'rcall':
      return called(ast.args[0], ast.args[1], ast.args[2], variables, found);
    case 'call': {
      const [name, operands] = ast.args;
      const [field] = operands;
      if (name === 'has' && field?.op === '.') {
        // The macro stands for the selection.
        const [of, selection] = field.args;
        selected(typeOf(of, variables, found), selection, ast.input.indexOf('(', ast.pos), found);
      } else for (const operand of operands) typeOf(operand, variables, found);
      return undefined;
    }
    case 'map':
      for (const part of ast.args.flat()) typeOf(part, variables, found);
      return undefined;
    case '!_':
    case '-_':
      typeOf(ast.args, variables, found);
      return undefined;
    default:
      for (const operand of ast.args) typeOf(operand, variables, found);
      return undefined;
  }
}

function selected(type: Known, name: string, position: number, found: UndefinedField[]): Known {
  // A map has any key; what the server knows nothing of has any field.
  if (type === undefined || type.type !== 'object' || type.additionalProperties !== undefined) {
    return type?.additionalProperties;
  }
  const field = fieldNode(type, unescapeName(name));
  if (field === undefined) found.push({ name, position });
  return field;
}

const MACROS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter'];

function called(
  name: string,
  receiver: ASTNode,
  operands: readonly ASTNode[],
  variables: Variables,
  found: UndefinedField[],
): Known {
  const type = typeOf(receiver, variables, found);
  const [variable, ...bodies] = operands;
  if (!MACROS.includes(name) || variable?.op !== 'id') {
    for (const operand of operands) typeOf(operand, variables, found);
    return undefined;
  }
  const inner = new Map(variables).set(variable.args, type?.items);
  for (const body of bodies) typeOf(body, inner, found);
  return name === 'filter' ? type : undefined;
}

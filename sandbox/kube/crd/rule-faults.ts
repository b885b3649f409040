import { type FieldError, invalid } from '../rest/field-error';
import { celFault, compileCel } from '../schema/cel';
import { undefinedFields } from '../schema/cel-fields';
import type { SchemaNode, ValidationRule } from '../schema/node';

/**
 * CEL rules that cannot be compiled against the schema they stand in. Types are followed along fields; what functions
 * and operators take is found out when a rule runs.
 * @param uncorrelated the field above whose old and new values cannot be matched, if there is one
 */
export function ruleCompileFaults(node: SchemaNode, at: string, uncorrelated?: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, rule] of node.rules.entries()) {
    errors.push(...compileFaults(rule, node, `${at}.x-kubernetes-validations[${index}]`, uncorrelated));
  }
  const isAtomic = node.mapType === 'atomic';
  for (const [name, property] of node.properties) {
    errors.push(...ruleCompileFaults(property, `${at}.properties[${name}]`, isAtomic ? at : uncorrelated));
  }
  const { items, additionalProperties } = node;
  if (items !== undefined) {
    errors.push(...ruleCompileFaults(items, `${at}.items`, node.listType === 'map' ? uncorrelated : at));
  }
  if (additionalProperties !== undefined) {
    errors.push(...ruleCompileFaults(additionalProperties, `${at}.additionalProperties`, uncorrelated));
  }
  return errors;
}

function compileFaults(rule: ValidationRule, node: SchemaNode, at: string, uncorrelated?: string): FieldError[] {
  const shown = asGoStruct(rule);
  const errors: FieldError[] = [];
  const check = (field: 'rule' | 'messageExpression', expression: string, failed: string): void => {
    const fault = celFault(expression) ?? undefinedFault(expression, rule, node);
    if (fault !== undefined) errors.push(invalid(`${at}.${field}`, shown, `${failed}: ${fault}`));
  };
  check('rule', rule.rule, 'compilation failed');
  if (rule.messageExpression !== undefined) {
    check('messageExpression', rule.messageExpression, 'messageExpression compilation failed');
  }
  if (errors.length > 0) return errors;
  if (!compileCel(rule.rule).usesOldSelf) {
    if (rule.optionalOldSelf !== undefined) {
      const detail = 'may not be set if oldSelf is not used in rule';
      errors.push(invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, detail));
    }
  } else if (uncorrelated !== undefined) {
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
    errors.push(invalid(`${at}.rule`, rule.rule, detail));
  }
  return errors;
}

function undefinedFault(expression: string, rule: ValidationRule, node: SchemaNode): string | undefined {
  const old = rule.optionalOldSelf === true ? undefined : node;
  const variables = new Map([
    ['self', node],
    ['oldSelf', old],
  ]);
  const fields = undefinedFields(compileCel(expression).ast, variables);
  if (fields.length === 0) return undefined;
  return fields.map(({ name, position }) => drawn(expression, position, `undefined field '${name}'`)).join('\n');
}

/** How CEL draws a fault: the place, what is wrong, and an arrow under the line. */
function drawn(expression: string, position: number, why: string): string {
  const lines = expression.slice(0, position).split('\n');
  const column = lines.at(-1)?.length ?? 0;
  const line = expression.split('\n')[lines.length - 1] ?? '';
  return `ERROR: <input>:${lines.length}:${column + 1}: ${why}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

/** The server's own type for a rule. */
const asGoStruct = (rule: ValidationRule): object => ({
  Rule: rule.rule,
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? '',
  OptionalOldSelf: rule.optionalOldSelf ?? null,
});

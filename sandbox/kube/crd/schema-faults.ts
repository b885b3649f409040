import type { FieldError } from '../rest/field-error';
import { SchemaCompiler, type SchemaNode } from '../schema/node';
import { defaultFaults } from './default-faults';
import { openApiFaults } from './open-api-faults';
import { ruleCompileFaults } from './rule-faults';
import { type RawSchema, structuralFaults } from './structural';

/** What is wrong with the schema of a version, in the steps in which the real server asks. */
export function schemaFaults(schema: RawSchema, at: string): FieldError[] {
  const general = openApiFaults(schema, at);
  const structural = structuralFaults(schema, at);
  if (structural.length > 0) return [...structural, ...general];
  const node = new SchemaCompiler().compile(schema);
  const defaults = defaultFaults(node, at);
  if (defaults.length > 0 || general.length > 0) return [...defaults, ...general];
  return ruleCompileFaults(asResource(node), at);
}

/** What rules of the root see of an object beside what its schema says. */
const HEADER = new SchemaCompiler().compile({
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
  },
});

const asResource = (node: SchemaNode): SchemaNode => ({
  ...node,
  properties: new Map([...node.properties, ...HEADER.properties]),
});

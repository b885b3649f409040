/** zod → structural OpenAPI schema, the form CRDs need (`apiextensions.k8s.io/v1`). */
import * as z from 'zod';
import { fieldFacts } from './facts';

/** An OpenAPI v3 schema as it stands in a CRD. */
export type Structural = { [keyword: string]: unknown };

/**
 * The structural schema of a field.
 * @throws Error for zod types that a CRD cannot express: a mistake in a kind's definition.
 */
export function structuralOf(schema: z.core.$ZodType): Structural {
  if (schema instanceof z.ZodOptional) return structuralOf(schema.unwrap());
  if (schema instanceof z.ZodNullable) return { ...structuralOf(schema.unwrap()), nullable: true };
  if (schema instanceof z.ZodDefault) return { ...structuralOf(schema.unwrap()), default: schema.def.defaultValue };

  const facts = fieldFacts.get(schema);
  if (facts === undefined && schema instanceof z.ZodString) return { type: 'string' };
  if (facts === undefined && schema instanceof z.ZodBoolean) return { type: 'boolean' };
  if (facts === undefined) throw new Error(`a field of type ${schema._zod.def.type} was not declared with api/schema`);

  const rules = (facts.rules ?? []).map((rule) => ({
    rule: rule.cel,
    message: rule.message,
    ...(rule.field === undefined ? {} : { fieldPath: `.${rule.field}` }),
    ...(rule.reason === undefined ? {} : { reason: rule.reason }),
  }));
  return {
    ...(facts.about === '' ? {} : { description: facts.about }),
    ...facts.structural,
    ...childrenOf(schema),
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  };
}

function childrenOf(schema: z.core.$ZodType): Structural {
  if (schema instanceof z.ZodArray) return { items: structuralOf(schema.element) };
  if (schema instanceof z.ZodRecord) return { additionalProperties: structuralOf(schema.valueType) };
  if (!(schema instanceof z.ZodObject)) return {};
  const properties: Structural = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(schema.shape)) {
    properties[name] = structuralOf(field);
    if (!isOptional(field)) required.push(name);
  }
  return {
    // API servers drop an empty one: what they keep would differ from what is applied, and belong to nobody.
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: required.sort() }),
  };
}

/** Whether the field may be left out. */
export function isOptional(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
}

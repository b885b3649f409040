import type { Definitions, ServedFacts } from './served';

const rows = (values: { readonly [name: string]: unknown }): string[] =>
  Object.keys(values)
    .sort()
    .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(values[name])}`);

/** One line for each resource and definition, so that a change of one is a change of a line. */
export function catalogText(resources: ServedFacts['resources'], definitions: Definitions): string {
  const lines = resources.map((resource) => `  ${JSON.stringify(resource)}`);
  return `{"resources": [\n${lines.join(',\n')}\n], "definitions": {\n${rows(definitions).join(',\n')}\n}}\n`;
}

export const columnsText = (columns: ServedFacts['columns']): string => `{\n${rows(columns).join(',\n')}\n}\n`;

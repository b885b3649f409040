import { isJsonObject } from '../../../machinery/json';

/** The part of Jinja that user data uses: `{{ dotted.name }}`, `{# comments #}` and `{% raw %}` blocks. */

export type JinjaResult =
  | { readonly kind: 'rendered'; readonly text: string; readonly missing: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string };

/** cloud-init puts this where a variable is not defined. */
const MISSING = 'CI_MISSING_JINJA_VAR/';
const TOKEN =
  /\{%-?\s*raw\s*-?%\}([\s\S]*?)\{%-?\s*endraw\s*-?%\}|\{#[\s\S]*?#\}|\{\{-?([\s\S]*?)-?\}\}|\{%-?([\s\S]*?)-?%\}/g;

/** Renders a template; `variables` is nested, names inside are as Jinja sees them. */
export function renderJinja(template: string, variables: { readonly [name: string]: unknown }): JinjaResult {
  const missing: string[] = [];
  let failure: string | undefined;
  const text = template.replace(TOKEN, (_token, raw?: string, expression?: string, statement?: string) => {
    if (raw !== undefined) return raw;
    if (statement !== undefined) failure ??= `Encountered unknown tag '${statement.trim().split(/\s/)[0] ?? ''}'`;
    if (expression === undefined) return '';
    const result = evaluate(expression.trim(), variables);
    if (result.kind === 'error') failure ??= result.why;
    if (result.kind !== 'value') missing.push(expression.trim());
    return result.kind === 'value' ? result.text : `${MISSING}${expression.trim()}`;
  });
  return failure === undefined ? { kind: 'rendered', text, missing } : { kind: 'failed', why: failure };
}

type Evaluation =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'error'; readonly why: string };

function evaluate(expression: string, variables: { readonly [name: string]: unknown }): Evaluation {
  const literal = /^'([^']*)'$|^"([^"]*)"$/.exec(expression);
  if (literal !== null) return { kind: 'value', text: literal[1] ?? literal[2] ?? '' };
  if (!/^[A-Za-z_]\w*(?:\.\w+|\[(?:'[^']*'|"[^"]*")\])*$/.test(expression)) {
    return { kind: 'error', why: `cannot evaluate '${expression}'` };
  }
  const path = expression.replace(/\[(?:'([^']*)'|"([^"]*)")\]/g, '.$1$2').split('.');
  let value: unknown = variables;
  for (const step of path) value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  if (value === undefined || value === null) return { kind: 'missing' };
  return { kind: 'value', text: typeof value === 'object' ? JSON.stringify(value) : String(value) };
}

/** The variables cloud-init's CloudStack data source offers (`instance-data.json`). */
export function instanceData(metadata: { readonly [key: string]: string }): { readonly [name: string]: unknown } {
  const metaData: { [key: string]: string } = {};
  for (const [key, value] of Object.entries(metadata)) {
    metaData[key] = value;
    // Jinja names have no dashes; cloud-init adds an alias with underscores.
    metaData[key.replaceAll('-', '_')] = value;
  }
  const v1 = {
    cloud_name: 'cloudstack',
    platform: 'cloudstack',
    instance_id: metaData['instance_id'],
    local_hostname: metaData['local_hostname'],
    availability_zone: metaData['availability_zone'],
    region: metaData['region'],
  };
  // Keys of v1 are promoted to the top level.
  return { ds: { meta_data: metaData }, v1, ...v1 };
}

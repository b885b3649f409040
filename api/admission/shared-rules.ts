/** Rules that several kinds share. */
import { isLabelValue } from '../../machinery/label-values';
import { formatSelector, type LabelSelectorRequirement, matchesSelector } from '../../machinery/selectors';
import { parseVersion } from '../../machinery/versions';
import type { MachineSpec } from '../kinds';
import type { Problem } from '../schema';
import { forbidden, invalid, required } from './findings';

export function versionProblems(path: string, version: string | undefined): Problem[] {
  if (version === undefined || (version.startsWith('v') && parseVersion(version) !== undefined)) return [];
  return [invalid(path, version, 'must be a semantic version', 'write it like v1.34.2')];
}

/** A machine needs bootstrap data from somewhere; an empty Secret name means that it needs none. */
export function bootstrapProblems(path: string, bootstrap: MachineSpec['bootstrap']): Problem[] {
  if (bootstrap.configRef !== undefined || bootstrap.dataSecretName !== undefined) return [];
  return [required(path, 'must say where bootstrap data comes from', 'set configRef or dataSecretName')];
}

export function namingProblems(path: string, template: string | undefined): Problem[] {
  if (template === undefined || /\{\{-?\s*\.random\s*-?\}\}/.test(template)) return [];
  return [invalid(path, template, 'must contain {{ .random }}', 'add {{ .random }}, without it names collide')];
}

const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_PREFIX = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(slash, 0));
  return LABEL_NAME.test(key.slice(slash + 1)) && (slash < 0 || (prefix.length <= 253 && LABEL_PREFIX.test(prefix)));
}

interface TemplateMetadata {
  readonly labels?: { readonly [key: string]: string } | undefined;
  readonly annotations?: { readonly [key: string]: string } | undefined;
}

/** Labels and annotations of templates must be fit for the objects made from them. */
export function metadataProblems(path: string, metadata: TemplateMetadata | undefined): Problem[] {
  const labels = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    if (!isLabelKey(key))
      return [invalid(`${path}.labels`, key, 'is not a label key', 'use letters, digits, "-", "_" and "."')];
    if (!isLabelValue(value))
      return [
        invalid(
          `${path}.labels`,
          value,
          `is not a label value (${key})`,
          'use at most 63 letters, digits, "-", "_" and "."',
        ),
      ];
    return [];
  });
  const annotations = Object.keys(metadata?.annotations ?? {}).flatMap((key) =>
    isLabelKey(key.toLowerCase())
      ? []
      : [invalid(`${path}.annotations`, key, 'is not an annotation key', 'use letters, digits, "-", "_" and "."')],
  );
  return [...labels, ...annotations];
}

interface LooseSelector {
  readonly matchLabels?: { [key: string]: string } | undefined;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: string[] | undefined }[] | undefined;
}

/** The schema leaves the operator open, as upstream's does. */
function isOperator(text: string): text is LabelSelectorRequirement['operator'] {
  return ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(text);
}

/** The template's labels must be among those the selector finds, or the machines are lost at once. */
export function selectorProblems(selector: LooseSelector, metadata: TemplateMetadata | undefined): Problem[] {
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const [index, { key, operator, values }] of (selector.matchExpressions ?? []).entries()) {
    const at = `spec.selector.matchExpressions[${index}].operator`;
    if (!isOperator(operator))
      return [invalid(at, operator, 'is no operator', 'use In, NotIn, Exists or DoesNotExist')];
    matchExpressions.push({ key, operator, values });
  }
  const parsed = { matchLabels: selector.matchLabels, matchExpressions };
  if (matchesSelector(parsed, metadata?.labels)) return [];
  const message = `must match spec.selector (${formatSelector(parsed)})`;
  return [forbidden('spec.template.metadata.labels', message, 'add the labels the selector asks for')];
}

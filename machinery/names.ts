import { nameSuffix, type Random } from './random';

const MAX_NAME = 63;
const SUFFIX = 5;

/** `<base><random>`, the base cut so that the name has at most 63 characters (`capi.md` 0.4). */
export function generateName(base: string, random: Random): string {
  return `${base.slice(0, MAX_NAME - SUFFIX)}${nameSuffix(random, SUFFIX)}`;
}

/** What a naming template may mention: `cluster.name`, `machineSet.name`, `kubeadmControlPlane.name`. */
export interface NameVariables {
  readonly [path: string]: string;
}

/** A naming template that cannot be used; the message says why. */
export class NameTemplateInvalid extends Error {
  override readonly name = 'NameTemplateInvalid';
}

const PLACEHOLDER = /\{\{-?\s*\.([A-Za-z.]+)\s*-?\}\}/g;
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Renders `{{ .machineSet.name }}-{{ .random }}` and the like. A result longer than 63 characters is cut to 58 and
 * gets a fresh random end.
 * @throws NameTemplateInvalid when `{{ .random }}` is missing, a variable is unknown or the result is no DNS name.
 */
export function renderName(template: string, variables: NameVariables, random: Random): string {
  if (!/\{\{-?\s*\.random\s*-?\}\}/.test(template)) {
    throw new NameTemplateInvalid(`name template ${JSON.stringify(template)} must contain {{ .random }}`);
  }
  const all: NameVariables = { ...variables, random: nameSuffix(random, SUFFIX) };
  const text = template.replace(PLACEHOLDER, (_whole, path: string) => {
    const value = all[path];
    if (value === undefined) {
      throw new NameTemplateInvalid(
        `name template ${JSON.stringify(template)} uses .${path}; known are ${Object.keys(all).sort().join(', ')}`,
      );
    }
    return value;
  });
  const name = text.length > MAX_NAME ? generateName(text, random) : text;
  if (!DNS_SUBDOMAIN.test(name)) {
    throw new NameTemplateInvalid(
      `name template ${JSON.stringify(template)} gives ${JSON.stringify(name)}, which is not a DNS-1123 subdomain`,
    );
  }
  return name;
}

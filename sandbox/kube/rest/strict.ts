import type { DuplicateMember } from '../schema/go-json';
import { faultText, type StrictFault } from '../schema/strict-faults';
import type { Caller, MutationOptions } from './core';
import type { Refusal } from './refusal';

/** What the text of a body names twice. Each syntax tells it in its own way. */
export interface Duplicates {
  readonly syntax: 'json' | 'yaml';
  readonly members: readonly DuplicateMember[];
}

/** Names that JSON text gives twice; YAML's are told by their lines ({@link yamlFaults}). */
export function jsonDuplicates({ duplicates }: MutationOptions): readonly string[] {
  return duplicates?.syntax === 'json' ? duplicates.members.map((member) => member.path) : [];
}

/** Keys that YAML text gives twice: one fault for a refusal, or one for each warning. */
export function yamlFaults({ duplicates, fieldValidation }: MutationOptions): readonly string[] {
  if (duplicates?.syntax !== 'yaml' || duplicates.members.length === 0) return [];
  const lines = duplicates.members.map(
    ({ line, key }) => `line ${line}: key ${JSON.stringify(key)} already set in map`,
  );
  return fieldValidation === 'Strict' ? [`yaml: unmarshal errors:\n  ${lines.join('\n  ')}`] : lines;
}

export const duplicateTexts = (paths: readonly string[]): string[] =>
  paths.map((path) => faultText({ what: 'duplicate', path }));

/** What decoding a custom resource found: its fields are sorted, those of a Go type come as they were read. */
export function faultTexts(faults: readonly StrictFault[], isCustom: boolean): string[] {
  const texts = faults.map(faultText);
  return isCustom ? texts.sort() : texts;
}

/**
 * Refuses because of strict faults, warns of them, or lets them go, as the request wishes.
 * @param refuse makes the refusal from all of them
 */
export function reportStrict(
  faults: readonly string[],
  caller: Caller,
  { fieldValidation }: MutationOptions,
  refuse: (faults: string) => Refusal,
): void {
  if (faults.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Strict') throw refuse(faults.join(', '));
  caller.warnings.push(...faults);
}

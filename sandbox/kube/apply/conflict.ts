import type { Manager } from './managers';
import { printPath, type Step } from './path-set';

/** A field that another manager owns with another value. */
export interface ConflictingField {
  readonly manager: Manager;
  readonly path: readonly Step[];
}

/** An apply that would change fields of others. */
export class ApplyConflict extends Error {
  constructor(readonly fields: readonly ConflictingField[]) {
    super('Apply failed with conflicts');
    this.name = 'ApplyConflict';
  }

  /** `Apply failed with 1 conflict: conflict with "x": .spec.replicas`, as the real server says it. */
  describe(): { readonly message: string; readonly causes: { reason: string; message: string; field: string }[] } {
    const ordered = [...this.fields].sort(
      (left, right) =>
        compareText(orderOf(left.manager), orderOf(right.manager)) || comparePaths(left.path, right.path),
    );
    const causes = ordered.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describeManager(manager)}`,
      field: printPath(path),
    }));
    return { message: this.#message(causes), causes };
  }

  #message(causes: readonly { message: string; field: string }[]): string {
    const [first] = causes;
    if (causes.length === 1 && first !== undefined)
      return `Apply failed with 1 conflict: ${first.message}: ${first.field}`;
    const byManager = new Map<string, string[]>();
    for (const { message, field } of causes) byManager.set(message, [...(byManager.get(message) ?? []), field]);
    const groups = [...byManager].map(
      ([message, fields]) =>
        `${message.replace(/^conflict/, 'conflicts')}:\n${fields.map((field) => `- ${field}`).join('\n')}`,
    );
    return `Apply failed with ${causes.length} conflicts: ${groups.join('\n')}`;
  }
}

/** Managers are listed in the order of their identities as JSON. */
const orderOf = ({ name, operation, apiVersion, subresource }: Manager): string =>
  JSON.stringify({
    manager: name,
    operation,
    ...(operation === 'Update' ? { apiVersion } : {}),
    ...(subresource === '' ? {} : { subresource }),
  });

function describeManager(manager: Manager): string {
  let text = JSON.stringify(manager.name);
  if (manager.subresource !== '') text += ` with subresource ${JSON.stringify(manager.subresource)}`;
  if (manager.operation === 'Update') text += ` using ${manager.apiVersion}`;
  return text;
}

/** At each level what ends there comes first, then what lies below. */
function comparePaths(left: readonly Step[], right: readonly Step[]): number {
  let index = 0;
  while (index < left.length && index < right.length && left[index] === right[index]) index++;
  const [leftEnds, rightEnds] = [index >= left.length - 1, index >= right.length - 1];
  if (leftEnds !== rightEnds) return leftEnds ? -1 : 1;
  return compareText(left[index] ?? '', right[index] ?? '');
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

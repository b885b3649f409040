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
    const causes = this.fields.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describeManager(manager)}`,
      field: printPath(path),
    }));
    causes.sort((left, right) => compareText(left.message, right.message) || compareText(left.field, right.field));
    return { message: this.#message(causes), causes };
  }

  #message(causes: readonly { message: string; field: string }[]): string {
    const count = `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}: `;
    const managers = new Map<string, string[]>();
    for (const cause of causes) managers.set(cause.message, [...(managers.get(cause.message) ?? []), cause.field]);
    if (causes.length === 1) return `${count}${causes[0]?.message}: ${causes[0]?.field}`;
    const groups = [...managers].map(([message, fields]) =>
      fields.length === 1
        ? `${message}: ${fields[0]}`
        : `${message}:\n${fields.map((field) => `- ${field}`).join('\n')}`,
    );
    return count + groups.join('\n');
  }
}

function describeManager(manager: Manager): string {
  let text = JSON.stringify(manager.name);
  if (manager.subresource !== '') text += ` with subresource ${JSON.stringify(manager.subresource)}`;
  if (manager.operation === 'Update') {
    text += ` using ${manager.apiVersion}`;
    if (manager.time !== undefined) text += ` at ${manager.time}`;
  }
  return text;
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

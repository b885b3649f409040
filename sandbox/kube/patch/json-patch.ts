import { cloneJson, equalJson, isJsonObject } from '../../../machinery/json';
import { badRequest, Refusal } from '../rest/refusal';

type Operation = { readonly [key: string]: unknown };

/** JSON patch (RFC 6902) on a copy of the target. */
export function jsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  const holder: { root: unknown } = { root: cloneJson(target) };
  for (const operation of operations) {
    if (!isJsonObject(operation))
      throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Operation');
    holder.root = applyOne(holder.root, operation);
  }
  return holder.root;
}

/** The real server says no more than that; `why` is for the reader of this file. */
const refuse = (_why: string): Refusal =>
  new Refusal({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });

function applyOne(root: unknown, operation: Operation): unknown {
  const path = pointer(operation['path']);
  switch (operation['op']) {
    case 'add':
      return edit(root, path, { kind: 'add', value: cloneJson(operation['value'] ?? null) });
    case 'replace':
      return edit(root, path, { kind: 'replace', value: cloneJson(operation['value'] ?? null) });
    case 'remove':
      return edit(root, path, { kind: 'remove' });
    case 'move': {
      const from = pointer(operation['from']);
      const value = read(root, from);
      return edit(edit(root, from, { kind: 'remove' }), path, { kind: 'add', value });
    }
    case 'copy':
      return edit(root, path, { kind: 'add', value: cloneJson(read(root, pointer(operation['from']))) });
    case 'test':
      if (!equalJson(readOrNull(root, path), operation['value'] ?? null)) {
        throw refuse(`testing value ${text(path)} failed`);
      }
      return root;
    default:
      throw refuse(`Unexpected kind: ${String(operation['op'])}`);
  }
}

function pointer(value: unknown): string[] {
  if (typeof value !== 'string') throw refuse('operation has no path');
  if (value === '') return [];
  return value
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
}

const text = (path: readonly string[]): string => `/${path.join('/')}`;

function readOrNull(root: unknown, path: readonly string[]): unknown {
  try {
    return read(root, path) ?? null;
  } catch {
    return null;
  }
}

function read(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const part of path) {
    const next: unknown = Array.isArray(value) ? value[Number(part)] : isJsonObject(value) ? value[part] : undefined;
    if (next === undefined) throw refuse(`Unable to find value at path ${text(path)}: missing value`);
    value = next;
  }
  return value;
}

type Edit = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' };

function edit(root: unknown, path: readonly string[], change: Edit): unknown {
  const last = path.at(-1);
  if (last === undefined) return change.kind === 'remove' ? null : change.value;
  const parentPath = path.slice(0, -1);
  let parent: unknown;
  try {
    parent = read(root, parentPath);
  } catch {
    throw refuse(`${change.kind} operation does not apply: doc is missing path: "${text(path)}": missing value`);
  }
  if (Array.isArray(parent)) editList(parent, last, path, change);
  else if (isJsonObject(parent)) {
    const isMissing = parent[last] === undefined;
    // A member may be replaced that is not there: the real server's library adds it.
    if (change.kind === 'remove' && isMissing) {
      throw refuse(`remove operation does not apply: Unable to remove nonexistent key: ${last}: missing value`);
    }
    if (change.kind === 'remove') delete parent[last];
    else parent[last] = change.value;
  } else throw refuse(`${change.kind} operation does not apply: doc is missing path: "${text(path)}": missing value`);
  return root;
}

function editList(list: unknown[], part: string, path: readonly string[], change: Edit): void {
  const index = part === '-' ? list.length : Number(part);
  const limit = change.kind === 'add' ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > limit) {
    throw refuse(
      `${change.kind} operation does not apply: Unable to access invalid index: ${text(path)}: invalid index referenced`,
    );
  }
  if (change.kind === 'add') list.splice(index, 0, change.value);
  else if (change.kind === 'replace') list[index] = change.value;
  else list.splice(index, 1);
}

import { cloneJson, equalJson, isJsonObject } from '../../../machinery/json';
import { Refusal } from '../rest/refusal';

type Operation = { readonly [key: string]: unknown };
type Container = { [key: string]: unknown } | unknown[];

/** JSON patch on a copy of the target: RFC 6902 as the real server's library reads it. */
export function jsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  let root: unknown = cloneJson(target);
  for (const operation of operations) root = applyOne(root, isJsonObject(operation) ? operation : {});
  return root;
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
  const { op, path, from } = operation;
  const value = cloneJson(operation['value'] ?? null);
  switch (op) {
    case 'add':
      add(root, path, value);
      return root;
    case 'replace':
      return replace(root, path, operation['value']);
    case 'remove':
      remove(root, path);
      return root;
    case 'move': {
      const moved = read(root, from);
      remove(root, from);
      add(root, path, moved);
      return root;
    }
    case 'copy':
      add(root, path, cloneJson(read(root, from)));
      return root;
    case 'test':
      if (!('value' in operation) || !equalJson(path === '' ? root : read(root, path), value)) {
        throw refuse('testing the value failed');
      }
      return root;
    default:
      throw refuse('unexpected kind');
  }
}

/** The container that a path leads into, and the last step. What comes before the first slash is never looked at. */
function locate(root: unknown, path: unknown): { container: Container; key: string } {
  if (typeof path !== 'string') throw refuse('the operation has no path');
  const [, ...steps] = path.split('/').map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'));
  const key = steps.pop();
  let container = root;
  for (const step of steps) container = isContainer(container) ? member(container, step) : undefined;
  if (key === undefined || !isContainer(container)) throw refuse('the path is missing');
  return { container, key };
}

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isJsonObject(value);

/** A member; null where an object has none of that name. */
function member(container: Container, key: string): unknown {
  return Array.isArray(container) ? container[indexOf(key, container.length)] : (container[key] ?? null);
}

/** Go's `strconv.Atoi` below `size`; negative indices count from there. */
function indexOf(text: string, size: number): number {
  const index = Number(text);
  if (!/^[-+]?\d+$/.test(text) || index >= size || index < -size) throw refuse('invalid index');
  return index < 0 ? index + size : index;
}

function read(root: unknown, path: unknown): unknown {
  const { container, key } = locate(root, path);
  return member(container, key);
}

function add(root: unknown, path: unknown, value: unknown): void {
  const { container, key } = locate(root, path);
  if (!Array.isArray(container)) container[key] = value;
  else if (key === '-') container.push(value);
  else container.splice(indexOf(key, container.length + 1), 0, value);
}

/** A member may be replaced that is not there. */
function replace(root: unknown, path: unknown, value: unknown): unknown {
  // The whole can only be another container: the library passes over anything else.
  if (path === '') return isContainer(value) ? cloneJson(value) : root;
  const { container, key } = locate(root, path);
  const next = cloneJson(value ?? null);
  if (Array.isArray(container)) container[indexOf(key, container.length)] = next;
  else container[key] = next;
  return root;
}

function remove(root: unknown, path: unknown): void {
  const { container, key } = locate(root, path);
  if (Array.isArray(container)) container.splice(indexOf(key, container.length), 1);
  else if (container[key] === undefined) throw refuse('a nonexistent key cannot be removed');
  else delete container[key];
}

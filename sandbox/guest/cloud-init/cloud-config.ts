import { gunzipSync } from 'node:zlib';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { messageOf } from '../../../machinery/errors';
import { isJsonObject, valueAt } from '../../../machinery/json';
import { instanceData, renderJinja } from './jinja';
import { decodeUserData } from './user-data';

/** A command of `bootcmd` or `runcmd`: a line for the shell, or program and arguments. */
export type Command = string | readonly string[];

export interface FileEntry {
  readonly path: string;
  readonly content: Buffer;
  readonly append: boolean;
  /** Octal text, e.g. `0640`. */
  readonly permissions: string;
  readonly owner: string;
}

/** The modules of a cloud-config that change what this guest does; the others are accepted and have no effect. */
export interface CloudConfig {
  readonly bootCommands: readonly Command[];
  readonly files: readonly FileEntry[];
  readonly runCommands: readonly Command[];
}

export interface CloudInitPlan {
  readonly config: CloudConfig;
  /** What cloud-init says on the console before it runs anything; never contents. */
  readonly messages: readonly string[];
}

const nothing: CloudConfig = { bootCommands: [], files: [], runCommands: [] };

/** What cloud-init does with user data and metadata as CloudStack delivers them. Never throws. */
export function planCloudInit(userData: string, metadata: { readonly [key: string]: string }): CloudInitPlan {
  const decoded = decodeUserData(userData);
  if (decoded.kind === 'none') return { config: nothing, messages: ['no user data'] };
  if (decoded.kind === 'unusable') return { config: nothing, messages: [`WARNING: ${decoded.why}`] };
  const messages: string[] = [];
  let text = decoded.text;
  if (decoded.isTemplate) {
    const rendered = renderJinja(text, instanceData(metadata));
    if (rendered.kind === 'failed') {
      return { config: nothing, messages: [`WARNING: Failed to render templated user-data. ${rendered.why}`] };
    }
    if (rendered.missing.length > 0) {
      messages.push(
        `WARNING: Could not render jinja template variables in file 'user-data': ${rendered.missing.join(', ')}`,
      );
    }
    text = rendered.text;
  }
  try {
    const root = load(text, { schema: YAML11_SCHEMA });
    if (!isJsonObject(root)) throw new Error('the document is not a mapping');
    return { config: readModules(root, messages), messages };
  } catch (error) {
    // Only the first line: the rest of a YAML message quotes the text, keys included.
    const why = messageOf(error).split('\n')[0] ?? '';
    return { config: nothing, messages: [...messages, `WARNING: Failed loading yaml blob. ${why}`] };
  }
}

function readModules(root: { readonly [key: string]: unknown }, messages: string[]): CloudConfig {
  return {
    bootCommands: readCommands(root['bootcmd'], 'bootcmd', messages),
    files: readFiles(root['write_files'], messages),
    runCommands: readCommands(root['runcmd'], 'runcmd', messages),
  };
}

function readCommands(value: unknown, module: string, messages: string[]): readonly Command[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    messages.push(`WARNING: Failed to shellify ${module}: input is not a list`);
    return [];
  }
  return value.flatMap((item: unknown): Command[] => {
    if (typeof item === 'string') return [item];
    if (Array.isArray(item)) return [item.map(String)];
    if (item === null) return [];
    messages.push(`WARNING: Failed to shellify ${module}: one command is neither text nor a list`);
    return [];
  });
}

function readFiles(value: unknown, messages: string[]): readonly FileEntry[] {
  if (!Array.isArray(value)) return [];
  const files: FileEntry[] = [];
  for (const [index, item] of value.entries()) {
    const path = valueAt(item, 'path');
    if (typeof path !== 'string' || path === '') {
      messages.push(`WARNING: No path provided to write for entry ${index + 1} in module write_files`);
      continue;
    }
    try {
      files.push({
        path,
        content: decodeContent(valueAt(item, 'content'), valueAt(item, 'encoding')),
        append: valueAt(item, 'append') === true,
        permissions: readPermissions(valueAt(item, 'permissions')),
        owner: String(valueAt(item, 'owner') ?? 'root:root'),
      });
    } catch (error) {
      messages.push(`WARNING: Failed to write file ${path}: ${messageOf(error)}`);
    }
  }
  return files;
}

function decodeContent(content: unknown, encoding: unknown): Buffer {
  const bytes = Buffer.from(typeof content === 'string' ? content : String(content ?? ''), 'utf8');
  switch (String(encoding ?? '').toLowerCase()) {
    case 'gz':
    case 'gzip':
      return gunzipSync(bytes);
    case 'gz+base64':
    case 'gzip+base64':
    case 'gz+b64':
    case 'gzip+b64':
      return gunzipSync(Buffer.from(bytes.toString('ascii'), 'base64'));
    case 'b64':
    case 'base64':
      return Buffer.from(bytes.toString('ascii'), 'base64');
    default:
      return bytes;
  }
}

function readPermissions(value: unknown): string {
  if (typeof value === 'number') return value.toString(8).padStart(4, '0');
  return typeof value === 'string' && /^[0-7]{3,4}$/.test(value) ? value : '0644';
}

import { loadAll, YAML11_SCHEMA } from 'js-yaml';
import type { z } from 'zod';
import { CapstanError, messageOf } from '../../../machinery/errors';
import { isJsonObject } from '../../../machinery/json';
import { planCloudInit } from '../cloud-init/cloud-config';
import { parseShell } from '../cloud-init/shell';
import {
  type ClusterConfiguration,
  type InitConfiguration,
  type JoinConfiguration,
  type KubeadmVersion,
  kubeadmSchemas,
} from './schema';

/** kubeadm stopped; the message is what it prints. */
export class KubeadmFailed extends CapstanError {
  constructor(message: string) {
    super({ name: 'KubeadmFailed', code: 'KUBEADM_FAILED', retry: 'never', message });
  }
}

export interface InitConfig {
  readonly version: KubeadmVersion;
  readonly cluster: ClusterConfiguration;
  readonly init: InitConfiguration;
}

export interface JoinConfig {
  readonly version: KubeadmVersion;
  readonly join: JoinConfiguration;
}

/** Kinds that may stand in the same file and that this guest has no use for. */
const COMPONENT_CONFIGS = ['KubeletConfiguration', 'KubeProxyConfiguration'];

/** @throws KubeadmFailed as `kubeadm init --config` does for a file it does not accept. */
export function parseInitConfig(text: string): InitConfig {
  const documents = parseDocuments(text);
  if (documents.has('JoinConfiguration')) {
    throw new KubeadmFailed('JoinConfiguration cannot be used with "kubeadm init"');
  }
  const cluster = documents.get('ClusterConfiguration');
  const init = documents.get('InitConfiguration');
  const version = cluster?.version ?? init?.version;
  if (version === undefined) throw new KubeadmFailed('no InitConfiguration or ClusterConfiguration kind was found');
  return {
    version,
    cluster: decode(kubeadmSchemas[version].ClusterConfiguration, cluster?.document ?? empty(version)),
    init: decode(kubeadmSchemas[init?.version ?? version].InitConfiguration, init?.document ?? empty(version)),
  };
}

/** @throws KubeadmFailed as `kubeadm join --config` does for a file it does not accept. */
export function parseJoinConfig(text: string): JoinConfig {
  const join = parseDocuments(text).get('JoinConfiguration');
  if (join === undefined) throw new KubeadmFailed('no JoinConfiguration found in the supplied config');
  return { version: join.version, join: decode(kubeadmSchemas[join.version].JoinConfiguration, join.document) };
}

function empty(version: KubeadmVersion): object {
  return { apiVersion: `kubeadm.k8s.io/${version}`, kind: '' };
}

/**
 * The file that `kubeadm --config` reads, as it lies on the disk of a VM after cloud-init, or undefined when the user
 * data starts no kubeadm.
 */
export function kubeadmConfigOf(
  userData: string,
  metadata: { readonly [key: string]: string },
): { readonly command: 'init' | 'join'; readonly text: string } | undefined {
  const { config } = planCloudInit(userData, metadata);
  for (const line of config.runCommands) {
    const commands = typeof line === 'string' ? parseShell(line).map((step) => step.command.words) : [line];
    for (const words of commands) {
      const call = parseKubeadmCall(words);
      const file = config.files.filter((entry) => entry.path === call?.configPath);
      if (call === undefined || file.length === 0) continue;
      return { command: call.command, text: Buffer.concat(file.map((entry) => entry.content)).toString('utf8') };
    }
  }
  return undefined;
}

export interface KubeadmCall {
  readonly command: 'init' | 'join';
  readonly configPath: string | undefined;
}

/** `kubeadm init|join … --config FILE`, with anything before the program that a shell would take (`sudo`, `A=b`). */
export function parseKubeadmCall(words: readonly string[]): KubeadmCall | undefined {
  const start = words.findIndex((word) => word === 'kubeadm' || word.endsWith('/kubeadm'));
  const command = words[start + 1];
  if (start < 0 || (command !== 'init' && command !== 'join')) return undefined;
  const flag = words.indexOf('--config', start);
  const joined = words.find((word) => word.startsWith('--config='));
  return { command, configPath: flag < 0 ? joined?.slice('--config='.length) : words[flag + 1] };
}

interface Document {
  readonly version: KubeadmVersion;
  readonly document: { readonly [field: string]: unknown };
}

/** The documents of a file by kind; those of other components are left out. */
function parseDocuments(text: string): ReadonlyMap<string, Document> {
  let documents: unknown[];
  try {
    documents = loadAll(text, { schema: YAML11_SCHEMA });
  } catch (error) {
    throw new KubeadmFailed(`error converting YAML to JSON: yaml: ${messageOf(error).split('\n')[0] ?? ''}`);
  }
  const kinds = new Map<string, Document>();
  for (const document of documents) {
    if (document === null) continue;
    if (!isJsonObject(document)) throw new KubeadmFailed('invalid configuration: document is not a mapping');
    const kind = String(document['kind'] ?? '');
    const apiVersion = String(document['apiVersion'] ?? '');
    if (kind === '' || apiVersion === '') {
      throw new KubeadmFailed(
        'invalid configuration: kind and apiVersion is mandatory information that must be specified',
      );
    }
    if (COMPONENT_CONFIGS.includes(kind)) continue;
    if (kinds.has(kind))
      throw new KubeadmFailed(`invalid configuration: kind "${kind}" is specified twice in YAML file`);
    kinds.set(kind, { version: kubeadmVersionOf(apiVersion, kind), document: withoutNulls(document) });
  }
  return kinds;
}

function kubeadmVersionOf(apiVersion: string, kind: string): KubeadmVersion {
  if (apiVersion === 'kubeadm.k8s.io/v1beta3') return 'v1beta3';
  if (apiVersion === 'kubeadm.k8s.io/v1beta4') return 'v1beta4';
  throw new KubeadmFailed(`no kind "${kind}" is registered for version "${apiVersion}" in scheme`);
}

/** Go reads null as "not set". */
function withoutNulls(object: { readonly [field: string]: unknown }): { readonly [field: string]: unknown } {
  const copy: { [field: string]: unknown } = {};
  for (const [field, value] of Object.entries(object)) {
    if (value !== null) copy[field] = isJsonObject(value) ? withoutNulls(value) : value;
  }
  return copy;
}

function decode<T>(schema: z.ZodType<T>, document: unknown): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return `${path}: ${issue.message}`;
    return issue.keys.map((key) => `unknown field "${path === '' ? key : `${path}.${key}`}"`).join(', ');
  });
  throw new KubeadmFailed(`strict decoding error: ${reasons.join(', ')}`);
}

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isReason, type KubeApi } from '../../api/ports';
import { isJsonObject } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { readYamlDocuments } from '../../machinery/yaml';
import { findKubectl } from './kubectl';

const TEMPLATES = join(__dirname, '../../../shared/conformance/capc-v0.6.1/templates');

/** Whether upstream's templates are here. */
export const haveFlavours = existsSync(TEMPLATES);

export type Flavour = 'cluster-template' | 'cluster-template-with-kube-vip';

/** A flavour's text with its variables (`${NAME}`, `${NAME=default}`) filled in, as clusterctl does. */
export function renderFlavour(flavour: Flavour, values: { readonly [name: string]: string }): string {
  const text = readFileSync(join(TEMPLATES, `${flavour}.yaml`), 'utf8');
  return text.replace(/\$\{(\w+)(?:=([^}]*))?\}/g, (_variable, name: string, otherwise: string | undefined) => {
    const value = values[name] ?? otherwise;
    if (value === undefined) throw new Error(`${flavour} needs ${name}`);
    return value;
  });
}

const kubectl = findKubectl();
/** How flavours get to the API server. */
export const appliedWith = kubectl ?? 'the same requests as kubectl sends, because there is no kubectl on the PATH';

/** `kubectl apply -f`. */
export async function applyManifests(text: string, api: KubeApi, kubeconfig: string): Promise<void> {
  if (kubectl === undefined) return applyWithoutKubectl(text, api);
  const folder = mkdtempSync(join(tmpdir(), 'capstan-flavour-'));
  try {
    const file = join(folder, 'flavour.yaml');
    writeFileSync(file, text);
    await promisify(execFile)(kubectl, ['--kubeconfig', kubeconfig, 'apply', '-f', file], { timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Client-side apply of objects that do not exist yet: one POST each, with what was applied in an annotation. */
async function applyWithoutKubectl(text: string, api: KubeApi): Promise<void> {
  for (const document of readYamlDocuments(text)) {
    if (!isKubeObject(document)) continue;
    const object = document;
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(object)}\n` };
    const metadata = { ...object.metadata, namespace: 'default', annotations };
    const resource = await api.resourceFor(object.apiVersion, object.kind);
    if (resource === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served`);
    try {
      await api.create(resource, { ...object, metadata }, { fieldManager: 'kubectl-client-side-apply' });
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      await api.patch(
        resource,
        { namespace: 'default', name: metadata.name },
        { type: 'merge', patch: { ...object, metadata } },
      );
    }
  }
}

function isKubeObject(value: unknown): value is KubeObject {
  return isJsonObject(value) && typeof value.kind === 'string' && isJsonObject(value.metadata);
}

import { cloneJson, isJsonObject, valueAt } from './json';
import { type KubeObject, type OwnerReference, parseApiVersion } from './kube-object';

export const CLONED_FROM_NAME = 'cluster.x-k8s.io/cloned-from-name';
export const CLONED_FROM_GROUP_KIND = 'cluster.x-k8s.io/cloned-from-groupkind';

export interface CloneOptions {
  readonly name: string;
  readonly namespace: string;
  readonly clusterName: string;
  readonly labels?: { readonly [key: string]: string } | undefined;
  readonly annotations?: { readonly [key: string]: string } | undefined;
  readonly owner?: OwnerReference | undefined;
}

/** The kind that a template makes: its own without the ending `Template`. */
export function kindOfTemplate(templateKind: string): string {
  return templateKind.endsWith('Template') ? templateKind.slice(0, -'Template'.length) : templateKind;
}

/**
 * The object a template describes (`capi.md` 4.1 "Cloning a template"): `spec.template`, which may be absent, under
 * the given name, with the template's and the caller's labels and annotations, `cloned-from` and the cluster's label.
 */
export function cloneTemplate(template: KubeObject, options: CloneOptions): KubeObject {
  const metadata = valueAt(template, 'spec', 'template', 'metadata');
  const spec = valueAt(template, 'spec', 'template', 'spec');
  const { group } = parseApiVersion(template.apiVersion);
  const object: KubeObject = {
    apiVersion: template.apiVersion,
    kind: kindOfTemplate(template.kind),
    metadata: {
      name: options.name,
      namespace: options.namespace,
      labels: {
        ...textsAt(metadata, 'labels'),
        ...options.labels,
        'cluster.x-k8s.io/cluster-name': options.clusterName,
      },
      annotations: {
        ...textsAt(metadata, 'annotations'),
        ...options.annotations,
        [CLONED_FROM_NAME]: template.metadata.name,
        [CLONED_FROM_GROUP_KIND]: `${template.kind}.${group}`,
      },
    },
  };
  if (options.owner !== undefined) object.metadata.ownerReferences = [options.owner];
  if (isJsonObject(spec)) object.spec = cloneJson(spec);
  return object;
}

function textsAt(root: unknown, field: string): { [key: string]: string } {
  const value = valueAt(root, field);
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

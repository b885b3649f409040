import type { KubeObject, Resource } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { createKubeServer, type KubeServerOptions } from '../../../sandbox/kube';

export const configMaps: Resource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
export const namespaces: Resource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
export const customResourceDefinitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** A server on a virtual clock. */
export function startWorld(options: Partial<KubeServerOptions> = {}) {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: new SeededRandom(7), ...options });
  return { clock, server, api: server.api() };
}

export const configMap = (
  name: string,
  data: { [key: string]: string } = {},
  labels?: { [key: string]: string },
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...(labels === undefined ? {} : { labels }) },
  data,
});

/** A cluster-scoped or namespaced kind of `group` whose spec takes anything. */
export function definition(plural: string, kind: string, versions: readonly string[] = ['v1']): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.test.example` },
    spec: {
      group: 'test.example',
      names: { plural, kind },
      scope: 'Namespaced',
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      })),
    },
  };
}

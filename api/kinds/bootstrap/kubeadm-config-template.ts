import { defineKind, type ObjectOf } from '../../define-kind';
import { object } from '../../schema';
import { age, kubeadmBootstrap } from '../cluster-api/group';
import { templateMetadata } from '../shapes';
import { kubeadmConfigSpec } from './kubeadm-config-spec';

export const KubeadmConfigTemplate = defineKind({
  ...kubeadmBootstrap,
  kind: 'KubeadmConfigTemplate',
  plural: 'kubeadmconfigtemplates',
  about: 'What KubeadmConfigs are made from.',
  spec: object('The template.', {
    template: object(
      'What is copied.',
      {
        metadata: templateMetadata('Labels and annotations of the copies.').optional(),
        spec: kubeadmConfigSpec.optional(),
      },
      { minProperties: 1 },
    ),
  }),
  specOptional: true,
  printerColumns: [
    { name: 'ClusterClass', type: 'string', jsonPath: '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name' },
    { name: 'Cluster', type: 'string', jsonPath: '.metadata.ownerReferences[?(@.kind=="Cluster")].name' },
    age,
  ],
});

export type KubeadmConfigTemplate = ObjectOf<typeof KubeadmConfigTemplate>;

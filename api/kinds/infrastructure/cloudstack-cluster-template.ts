import { defineKind, type ObjectOf } from '../../define-kind';
import { object } from '../../schema';
import { age } from '../cluster-api/group';
import { templateMetadata } from '../shapes';
import { cloudStackClusterSpec } from './cloudstack-cluster-spec';
import { infrastructure } from './group';

const { otherVersions: _none, ...sinceV1beta4 } = infrastructure;

export const CloudStackClusterTemplate = defineKind({
  ...sinceV1beta4,
  labels: { ...infrastructure.labels, 'cluster.x-k8s.io/v1beta1': '' },
  kind: 'CloudStackClusterTemplate',
  plural: 'cloudstackclustertemplates',
  about: 'What CloudStackClusters of a ClusterClass are made from.',
  categories: ['cluster-api'],
  spec: object('The template.', {
    template: object('What is copied.', {
      metadata: templateMetadata('Labels and annotations of the copies.').optional(),
      spec: cloudStackClusterSpec,
    }),
  }),
  printerColumns: [age],
});

export type CloudStackClusterTemplate = ObjectOf<typeof CloudStackClusterTemplate>;

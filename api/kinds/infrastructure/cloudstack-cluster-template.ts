import { defineKind, type ObjectOf } from '../../define-kind';
import { object } from '../../schema';
import { age } from '../cluster-api/group';
import { templateMetadata } from '../shapes';
import { cloudStackClusterSpec } from './cloudstack-cluster-spec';
import { infrastructure } from './group';

const { 'cluster.x-k8s.io/v1beta1': _old, ...sinceV1beta4 } = infrastructure.labels;

export const CloudStackClusterTemplate = defineKind({
  ...infrastructure,
  // New in v1beta4, so there is nothing to promise for the old contract.
  labels: sinceV1beta4,
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

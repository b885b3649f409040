import { defineKind, type ObjectOf } from '../../define-kind';
import { object, text } from '../../schema';
import { age, clusterLabel } from '../cluster-api/group';
import { conditions, failureDomains } from '../shapes';
import { cloudStackClusterSpec } from './cloudstack-cluster-spec';
import { infrastructure } from './group';
import { clusterVersions } from './old-versions';
import { initialization, ready } from './shapes';

const status = object('What exists of it.', {
  conditions: conditions.optional(),
  initialization: initialization.optional(),
  ready: ready.optional(),
  failureDomains: failureDomains.optional(),
  cloudStackClusterId: text("Id among CloudStack's own Kubernetes clusters.").optional(),
});

export const CloudStackCluster = defineKind({
  ...infrastructure,
  otherVersions: clusterVersions,
  kind: 'CloudStackCluster',
  plural: 'cloudstackclusters',
  about: 'The infrastructure of a cluster in CloudStack: zones, networks and the endpoint.',
  categories: ['cluster-api'],
  spec: cloudStackClusterSpec,
  status,
  printerColumns: [
    clusterLabel,
    { name: 'Ready', type: 'boolean', jsonPath: '.status.ready' },
    { name: 'Endpoint', type: 'string', jsonPath: '.spec.controlPlaneEndpoint.host' },
    age,
  ],
});

export type CloudStackCluster = ObjectOf<typeof CloudStackCluster>;

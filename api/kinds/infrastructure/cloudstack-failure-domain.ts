import { defineKind, type ObjectOf } from '../../define-kind';
import { object } from '../../schema';
import { age, clusterLabel } from '../cluster-api/group';
import { conditions } from '../shapes';
import { infrastructure } from './group';
import { failureDomainVersions } from './old-versions';
import { failureDomainSpec, initialization, ready } from './shapes';

export const CloudStackFailureDomain = defineKind({
  ...infrastructure,
  labels: { ...infrastructure.labels, 'cluster.x-k8s.io/v1beta1': 'v1beta2_v1beta3' },
  otherVersions: failureDomainVersions,
  kind: 'CloudStackFailureDomain',
  plural: 'cloudstackfailuredomains',
  about: 'One failure domain of a cluster, made from its CloudStackCluster.',
  spec: failureDomainSpec,
  status: object('What exists of it.', {
    conditions: conditions.optional(),
    initialization: initialization.optional(),
    ready: ready.optional(),
  }),
  printerColumns: [clusterLabel, { name: 'Ready', type: 'boolean', jsonPath: '.status.ready' }, age],
});

export type CloudStackFailureDomain = ObjectOf<typeof CloudStackFailureDomain>;

import { defineKind, type ObjectOf } from '../../define-kind';
import { object, text } from '../../schema';
import { age, clusterLabel } from '../cluster-api/group';
import { conditions } from '../shapes';
import { infrastructure } from './group';
import { affinityGroupVersions } from './old-versions';
import { initialization, ready } from './shapes';

export const CloudStackAffinityGroup = defineKind({
  ...infrastructure,
  otherVersions: affinityGroupVersions,
  kind: 'CloudStackAffinityGroup',
  plural: 'cloudstackaffinitygroups',
  about: 'A host affinity group that the provider looks after.',
  spec: object('What the group shall be.', {
    type: text('host affinity or host anti-affinity.').optional(),
    name: text('Its name.').optional(),
    id: text('Its id, written by the provider.').optional(),
    failureDomainName: text('The failure domain whose credentials are used.').optional(),
  }),
  status: object('What exists of it.', {
    conditions: conditions.optional(),
    initialization: initialization.optional(),
    ready: ready.optional(),
  }),
  printerColumns: [clusterLabel, { name: 'Ready', type: 'boolean', jsonPath: '.status.ready' }, age],
});

export type CloudStackAffinityGroup = ObjectOf<typeof CloudStackAffinityGroup>;

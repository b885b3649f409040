import { defineKind, type ObjectOf } from '../../define-kind';
import { flag, object, text } from '../../schema';
import { age, clusterLabel } from '../cluster-api/group';
import { conditions } from '../shapes';
import { infrastructure } from './group';
import { isolatedNetworkVersions } from './old-versions';
import { endpoint, initialization, ready, vpc } from './shapes';

export const CloudStackIsolatedNetwork = defineKind({
  ...infrastructure,
  otherVersions: isolatedNetworkVersions,
  kind: 'CloudStackIsolatedNetwork',
  plural: 'cloudstackisolatednetworks',
  about: 'An isolated network and the load balancer of the API server in it.',
  spec: object('What the network shall be.', {
    name: text('Its name.').optional(),
    id: text('Its id, written by the provider.').optional(),
    controlPlaneEndpoint: endpoint.optional(),
    failureDomainName: text('The failure domain it belongs to.'),
    gateway: text('Gateway.').optional(),
    netmask: text('Netmask.').optional(),
    offering: text('Offering, when it is made.').optional(),
    vpc: vpc.optional(),
  }),
  status: object('What exists of it.', {
    conditions: conditions.optional(),
    initialization: initialization.optional(),
    ready: ready.optional(),
    publicIPID: text("Id of the endpoint's public address.").optional(),
    loadBalancerRuleID: text("Id of the API server's load balancer rule.").optional(),
    routingMode: text('Static or Dynamic; empty: addresses are translated.').optional(),
    firewallRulesOpened: flag('Whether traffic to the outside is open.').optional(),
  }),
  printerColumns: [clusterLabel, { name: 'Ready', type: 'boolean', jsonPath: '.status.ready' }, age],
});

export type CloudStackIsolatedNetwork = ObjectOf<typeof CloudStackIsolatedNetwork>;

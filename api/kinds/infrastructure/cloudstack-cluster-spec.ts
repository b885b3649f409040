/** The spec of CloudStackCluster, also inside its template. */
import type * as z from 'zod';
import { flag, list, object } from '../../schema';
import { endpoint, failureDomainSpec } from './shapes';

export const cloudStackClusterSpec = object('Where a cluster stands.', {
  failureDomains: list('Places its machines may be in.', failureDomainSpec, { min: 1, keys: ['name'] }),
  controlPlaneEndpoint: endpoint.optional(),
  syncWithACS: flag("Whether the cluster is shown among CloudStack's own Kubernetes clusters.").optional(),
});

export type CloudStackClusterSpec = z.infer<typeof cloudStackClusterSpec>;

/** What all kinds of the CloudStack provider have in common. */

export const infrastructure = {
  group: 'infrastructure.cluster.x-k8s.io',
  version: 'v1beta4',
  labels: {
    // The old contract stays promised for the versions CAPC's users have (`capc.md` 0).
    'cluster.x-k8s.io/v1beta1': 'v1beta1_v1beta2_v1beta3',
    'cluster.x-k8s.io/v1beta2': 'v1beta4',
    'cluster.x-k8s.io/provider': 'infrastructure-cloudstack',
  },
} as const;

import { defineCluster, IsolatedNetwork } from 'capstan';

export default defineCluster('dev', {
  kubernetesVersion: 'v1.34.2',
  zone: 'zone-1',
  network: IsolatedNetwork.named('dev-net'),
  controlPlane: { replicas: 3, offering: 'Medium Instance' },
  pools: { general: { replicas: 2, offering: 'Large Instance' } },
});

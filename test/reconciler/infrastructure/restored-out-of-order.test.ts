import { CloudStackCluster, CloudStackFailureDomain, CloudStackIsolatedNetwork } from '../../../api/kinds';
import { failureDomainObjectName } from '../../../reconciler/infrastructure/names';
import { World } from './world';

let world: World;
afterEach(() => world.stop());

const labels = { 'cluster.x-k8s.io/cluster-name': 'c1' };
const metadata = (name: string) => ({ name, namespace: 'default', labels });
const domainName = failureDomainObjectName('fd-1', 'c1');

test('what is restored before its CloudStackCluster says so, and goes on when that is there', async () => {
  world = await World.start();
  await world.createCluster();
  const cluster = await world.get(CloudStackCluster, 'c1');
  await world.delete(CloudStackCluster, 'c1');
  await world.until('it is gone', async () => (await world.get(CloudStackCluster, 'c1')) === undefined);
  await world.kube.create(CloudStackFailureDomain, {
    apiVersion: CloudStackFailureDomain.apiVersion,
    kind: 'CloudStackFailureDomain',
    metadata: metadata(domainName),
    spec: {
      name: 'fd-1',
      acsEndpoint: { name: 'credentials', namespace: 'default' },
      zone: { name: 'zone-1', network: { name: 'Net-1' } },
    },
  });
  await world.kube.create(CloudStackIsolatedNetwork, {
    apiVersion: CloudStackIsolatedNetwork.apiVersion,
    kind: 'CloudStackIsolatedNetwork',
    metadata: metadata('c1-net-1'),
    spec: { name: 'net-1', failureDomainName: 'fd-1', controlPlaneEndpoint: { host: '', port: 0 } },
  });

  const message = 'the CloudStackCluster does not exist';
  expect(await world.untilReason(CloudStackFailureDomain, domainName, 'WaitingForCluster')).toBe(message);
  expect(await world.untilReason(CloudStackIsolatedNetwork, 'c1-net-1', 'WaitingForCluster')).toBe(message);
  const { ownerReferences } = cluster?.metadata ?? {};
  await world.kube.create(CloudStackCluster, {
    apiVersion: CloudStackCluster.apiVersion,
    kind: 'CloudStackCluster',
    metadata: { ...metadata('c1'), ownerReferences },
    spec: cluster?.spec ?? { failureDomains: [], controlPlaneEndpoint: { host: '', port: 0 } },
  });
  await world.untilReady(CloudStackFailureDomain, domainName);
});

import { CloudStackFailureDomain, Namespace, Secret } from '../../api/kinds';
import { adviceFor } from '../../cli/view/advice';
import { why } from '../../cli/view/why';
import type { KubeObject } from '../../machinery/kube-object';
import { clusterObjects } from '../e2e/definitions';
import { FaultyWorld } from '../e2e/faulty-world';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const cluster = object('Cluster', 'dev', undefined, condition('Available', 'True', 'Available'));
const missing = condition(
  'Ready',
  'False',
  'CredentialsMissing',
  'Secret team/keys with the CloudStack credentials does not exist; create it',
);
const vm = object('CloudStackMachine', 'a', undefined, missing);

function deleted(subject: KubeObject): KubeObject {
  return { ...subject, metadata: { ...subject.metadata, deletionTimestamp: SINCE } };
}

function domain(name: string, secret: string) {
  const acsEndpoint = { name: secret, namespace: 'team' };
  return { ...object('CloudStackFailureDomain', name, 'CloudStackCluster/dev'), spec: { acsEndpoint } };
}

test('what stays only needs its Secret', () => {
  expect(adviceFor(vm, missing)).toBe(
    'create the credentials Secret team/keys with api-url, api-key, secret-key and verify-ssl; work resumes by itself',
  );
});

test('what goes with its namespace gets its credentials from another one, by each failure domain that misses them', async () => {
  const going = deleted(
    object('Machine', 'a', undefined, condition('Deleting', 'True', 'WaitingForInfrastructureDeletion')),
  );
  const owned = deleted(object('CloudStackMachine', 'a', 'Machine/a', missing));
  const domains = [domain('fd-1', 'keys'), domain('fd-2', 'keys'), domain('fd-3', 'others')];

  const blocking = why(await snapshotOf(cluster, going, owned, ...domains), cluster);

  expect(blocking?.object).toBe('CloudStackMachine default/a');
  expect(blocking?.nextStep).toContain('if its namespace is being deleted, too, where nothing can be created');
  const patch = '{"spec":{"acsEndpoint":{"name":"keys","namespace":"OTHER-NAMESPACE"}}}';
  expect(blocking?.nextStep.match(/kubectl patch [^;]*/g)).toEqual(
    ['fd-1', 'fd-2'].map(
      (name) => `kubectl patch cloudstackfailuredomain ${name} --namespace default --type merge -p '${patch}'`,
    ),
  );
});

test('in a namespace that is deleted with its Secret the advised patch is accepted, and all goes', async () => {
  const world = await FaultyWorld.begin();
  try {
    const secret = { namespace: 'team', name: 'cloudstack-credentials' };
    await world.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    const { data } = await world.api.get(Secret, { ...secret, namespace: 'default' });
    await world.api.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: secret, ...(data && { data }) });
    const text = JSON.stringify(clusterObjects('dev')).replaceAll('"namespace":"default"', '"namespace":"team"');
    await world.apply(JSON.parse(text));
    await world.untilReady();

    await world.api.delete(Namespace, { namespace: '', name: 'team' });
    const { next } = await world.told('CredentialsMissing');
    await expect(
      world.api.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata: secret, ...(data && { data }) }),
    ).rejects.toThrow(/being terminated/);
    const command = /kubectl patch cloudstackfailuredomain (\S+) --namespace (\S+) --type merge -p '([^']*)'/.exec(
      next,
    );
    const [, name = '', namespace = '', patch = ''] = command ?? [];
    await world.api.patch(
      CloudStackFailureDomain,
      { namespace, name },
      { type: 'merge', patch: JSON.parse(patch.replace('OTHER-NAMESPACE', 'default')) },
    );

    await world.until('the cluster is gone', (snapshot) => snapshot.clusters.length === 0, 300_000);
    await world.clock.advance(5000);
    expect(world.left()).toEqual([]);
  } finally {
    await world.close();
  }
});

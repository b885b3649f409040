import { Fleet, Secret } from '../../api/kinds';
import { refuseForeignCredentials, refuseForeignFleet } from '../../cli/up/management-objects';
import { MemoryApi } from '../reconciler/runtime/memory-api';

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function withFleet(url: string): Promise<MemoryApi> {
  const api = new MemoryApi();
  const metadata = { name: 'fleet', namespace: 'capstan-system' };
  await api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata,
    spec: { source: { url, path: 'manifests' } },
  });
  return api;
}

async function withCredentials(endpoint: string): Promise<MemoryApi> {
  const api = new MemoryApi();
  const metadata = { name: 'cloudstack-credentials', namespace: 'team' };
  await api.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata, data: { 'api-url': base64(endpoint) } });
  return api;
}

test('up leads no Fleet of somebody else to its own repository', async () => {
  const api = await withFleet('https://robot:s3cret@git.example.org/fleet.git');

  await expect(refuseForeignFleet(api)).rejects.toThrow(
    /^Fleet capstan-system\/fleet follows https:\/\/git\.example\.org\/fleet\.git, and up would lead it to a repository of its own; .*`npx capstan run/,
  );
});

test('up replaces no credentials of another CloudStack', async () => {
  const api = await withCredentials('https://cloud.example.org/client/api?apikey=k3y');

  await expect(refuseForeignCredentials(api, 'team')).rejects.toThrow(
    /^Secret team\/cloudstack-credentials leads to https:\/\/cloud\.example\.org\/client\/api, and up would replace it/,
  );
});

test('what an earlier up has left there is its own, and so is what is not there', async () => {
  await refuseForeignFleet(await withFleet('/var/lib/capstan/uid/repository.git'));
  await refuseForeignCredentials(await withCredentials('http://127.0.0.1:34567/client/api'), 'team');
  await refuseForeignFleet(new MemoryApi());
  await refuseForeignCredentials(new MemoryApi(), 'team');
});

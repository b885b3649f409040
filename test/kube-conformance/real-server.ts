import { request } from 'undici';
import { startRealControlPlane } from '../reconciler/kube/real-control-plane';
import type { TestedServer } from './scene';

/** A real etcd, kube-apiserver and the two controllers that finish deletions. */
export async function startRealServer(assets: string): Promise<TestedServer> {
  const plane = await startRealControlPlane(assets, {
    controllers: ['garbage-collector-controller', 'namespace-controller'],
  });
  const etcd = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
    const answer = await request(`${plane.etcdUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.body.json()) as { header: { revision: string } };
  };
  return {
    url: plane.url,
    async compact() {
      const { header } = await etcd('/v3/kv/range', { key: 'AA==' });
      await etcd('/v3/kv/compaction', { revision: header.revision, physical: true });
    },
    stop: () => plane.stop(),
  };
}

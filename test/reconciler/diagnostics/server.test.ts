import { request } from 'undici';
import { startDiagnostics } from '../../../reconciler/diagnostics';
import { Metrics } from '../../../reconciler/runtime';

async function get(address: string, path: string) {
  const answer = await request(`${address}${path}`);
  return { code: answer.statusCode, type: answer.headers['content-type'], text: await answer.body.text() };
}

test('metrics, liveness and readiness are served, readiness with its reasons', async () => {
  const metrics = new Metrics();
  metrics.forController('cluster');
  metrics.requested({ verb: 'apply', host: 'api:6443', code: 200 });
  let reasons: string[] = ['cache of clusters is not warm'];
  const server = await startDiagnostics({ port: 0, metrics: () => metrics.text(), notReady: () => reasons });

  const cold = await get(server.address, '/readyz');
  reasons = [];
  const warm = await get(server.address, '/readyz');

  expect([cold.code, cold.text]).toEqual([503, 'cache of clusters is not warm\n']);
  expect([warm.code, warm.text]).toEqual([200, 'ok']);
  expect((await get(server.address, '/healthz')).code).toBe(200);
  expect((await get(server.address, '/other')).code).toBe(404);
  const scraped = await get(server.address, '/metrics');
  expect(scraped.text).toContain('rest_client_requests_total{code="200",method="PATCH",host="api:6443"} 1');
  expect(scraped.text).toContain('workqueue_longest_running_processor_seconds{name="cluster",controller="cluster"} 0');
  await server.close();
});

test('a taken port is said with what to do', async () => {
  const first = await startDiagnostics({ port: 0, metrics: async () => '', notReady: () => [] });
  const port = Number(new URL(first.address).port);

  const outcome = startDiagnostics({ port, metrics: async () => '', notReady: () => [] });

  await expect(outcome).rejects.toMatchObject({
    code: 'DIAGNOSTICS_UNAVAILABLE',
    message: expect.stringContaining('choose another'),
  });
  await first.close();
});

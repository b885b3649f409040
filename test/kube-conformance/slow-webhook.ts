import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { testAuthority } from '../reconciler/workload/forwarding-server';
import type { Scene } from './scene';

/**
 * Lets every update of a resource in the case's namespace wait for a webhook that allows it, so that requests meet.
 * `asked` resolves when the first one waits.
 */
export async function withSlowUpdates<T>(
  scene: Scene,
  resources: string,
  work: (asked: Promise<void>) => Promise<T>,
): Promise<T> {
  const authority = testAuthority('conformance');
  const { certificatePem, privateKeyPem } = authority.issue('webhook', ['server']);
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const server = createServer({ key: privateKeyPem, cert: certificatePem }, async (request, response) => {
    isAsked();
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
    const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } };
    setTimeout(() => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)), 50);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  await scene.post(path, {
    metadata: { name: scene.ns },
    webhooks: [
      {
        name: 'slow.conformance.capstan.dev',
        clientConfig: {
          url: `https://127.0.0.1:${port}/`,
          caBundle: Buffer.from(authority.caPem).toString('base64'),
        },
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['UPDATE'], resources: [resources] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': scene.ns } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  });
  try {
    // A real server follows its webhook configurations with a delay.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return await work(asked);
  } finally {
    await scene.delete(`${path}/${scene.ns}`);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

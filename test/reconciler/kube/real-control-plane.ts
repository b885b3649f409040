import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';

/** A real etcd and kube-apiserver on loopback, by default without controllers. */
export interface RealControlPlane {
  readonly url: string;
  readonly etcdUrl: string;
  /** A kubeconfig file of the administrator. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Where envtest's binaries are; undefined: not on this machine. */
export const kubeAssets = process.env.KUBEBUILDER_ASSETS;

export interface RealControlPlaneOptions {
  /** Controllers of kube-controller-manager to run. @default - none */
  readonly controllers?: readonly string[];
}

export async function startRealControlPlane(
  assets: string,
  { controllers = [] }: RealControlPlaneOptions = {},
): Promise<RealControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-real-kube-'));
  const [etcdPort, apiPort] = [await freePort(), await freePort()];
  const file = (name: string) => join(directory, name);
  execFileSync('openssl', ['genrsa', '-out', file('sa.key'), '2048'], { stdio: 'ignore' });
  execFileSync('openssl', ['rsa', '-in', file('sa.key'), '-pubout', '-out', file('sa.pub')], { stdio: 'ignore' });
  writeFileSync(file('tokens.csv'), 'admin-token,admin,1,"system:masters"\nalice-token,alice,2\n');
  mkdirSync(file('certs'));
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const processes: ChildProcess[] = [
    spawn(join(assets, 'etcd'), [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      '--unsafe-no-fsync',
      '--log-level=error',
    ]),
    spawn(join(assets, 'kube-apiserver'), [
      `--etcd-servers=${etcdUrl}`,
      `--cert-dir=${file('certs')}`,
      `--secure-port=${apiPort}`,
      '--bind-address=127.0.0.1',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--disable-admission-plugins=ServiceAccount',
      '--allow-privileged',
    ]),
  ];
  for (const child of processes) child.stderr?.resume();
  const server = `https://127.0.0.1:${apiPort}`;
  const kubeconfig = file('kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText(server));
  await untilReady(etcdUrl, directory, apiPort);
  if (controllers.length > 0) processes.push(startControllers(assets, kubeconfig, file('sa.key'), controllers));
  return {
    url: server,
    etcdUrl,
    kubeconfig,
    async stop() {
      // Nothing of them is kept; asked politely, an API server waits for its open watches.
      await Promise.all(processes.map((child) => endedBy(child, 'SIGKILL')));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function startControllers(
  assets: string,
  kubeconfig: string,
  key: string,
  controllers: readonly string[],
): ChildProcess {
  const child = spawn(join(assets, 'kube-controller-manager'), [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    `--controllers=${controllers.join()}`,
    `--service-account-private-key-file=${key}`,
  ]);
  child.stderr?.resume();
  return child;
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'real',
    clusters: [{ name: 'real', cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
    users: [{ name: 'admin', user: { token: 'admin-token' } }],
  });
}

async function untilReady(etcdUrl: string, directory: string, apiPort: number): Promise<void> {
  const { Agent } = await import('undici');
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      const headers = { authorization: 'Bearer admin-token' };
      const answer = await request(`https://127.0.0.1:${apiPort}/readyz`, { dispatcher, headers });
      if ((await answer.body.text()) === 'ok') {
        await dispatcher.close();
        return;
      }
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the control plane in ${directory} (etcd at ${etcdUrl}) did not become ready`);
}

/** Ends a child; one that has ended by itself is no trouble. */
export const ended = (child: ChildProcess): Promise<void> => endedBy(child, 'SIGTERM');

function endedBy(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

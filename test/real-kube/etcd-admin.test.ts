import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../machinery/clock';
import { SystemRandom } from '../../machinery/random';
import { HttpsWorkloadAccess } from '../../reconciler/kube';
import { EtcdClientCertificates, TunnelledEtcd } from '../../reconciler/workload';
import { ended } from '../reconciler/kube/real-control-plane';
import { portOf, startForwardingServer, testAuthority } from '../reconciler/workload/forwarding-server';

const assets = process.env.KUBEBUILDER_ASSETS;
const suite = assets === undefined ? describe.skip : describe;
const clock = new SystemClock();
const cluster = { namespace: 'default', name: 'dev' };

suite('against a real etcd of three members', () => {
  let directory: string;
  const authority = testAuthority('etcd-ca');
  const processes: ChildProcess[] = [];
  const closing: (() => Promise<void> | void)[] = [];
  let etcd: TunnelledEtcd;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'capstan-etcd-'));
    const certificate = authority.issue('etcd', ['server', 'client']);
    const file = (name: string, content: string) => {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    };
    const ca = file('ca.crt', authority.caPem);
    const cert = file('tls.crt', certificate.certificatePem);
    const key = file('tls.key', certificate.privateKeyPem);
    const ports = await freePorts(6);
    const peer = (index: number) => `https://127.0.0.1:${ports[index + 3]}`;
    const client = (index: number) => `https://127.0.0.1:${ports[index]}`;
    for (let index = 0; index < 3; index++) {
      const args = [
        `--name=node-${index}`,
        `--data-dir=${join(directory, `data-${index}`)}`,
        `--listen-client-urls=${client(index)}`,
        `--advertise-client-urls=${client(index)}`,
        `--listen-peer-urls=${peer(index)}`,
        `--initial-advertise-peer-urls=${peer(index)}`,
        `--initial-cluster=${[0, 1, 2].map((other) => `node-${other}=${peer(other)}`).join(',')}`,
        `--cert-file=${cert}`,
        `--key-file=${key}`,
        `--trusted-ca-file=${ca}`,
        '--client-cert-auth',
        `--peer-cert-file=${cert}`,
        `--peer-key-file=${key}`,
        `--peer-trusted-ca-file=${ca}`,
        '--unsafe-no-fsync',
        '--log-level=error',
      ];
      const child = spawn(join(assets ?? '', 'etcd'), args, { stdio: 'ignore' });
      processes.push(child);
    }
    const forwarding = await startForwardingServer(
      Object.fromEntries([0, 1, 2].map((index) => [`etcd-node-${index}:2379`, ports[index] ?? 0])),
    );
    const channel = new HttpsWorkloadAccess({ clock }).connect(forwarding.kubeconfig);
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const data = { 'tls.crt': base64(authority.caPem), 'tls.key': base64(authority.caKeyPem) };
    // The port promises the resource's type; this is the Secret asked for.
    const objects = {
      get: () => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'dev-etcd' }, data }) as never,
    };
    etcd = new TunnelledEtcd({
      clock,
      certificates: new EtcdClientCertificates({ objects, clock, random: new SystemRandom() }),
      tunnel: (_cluster, pod, port) => channel.portForward({ namespace: 'kube-system', name: pod }, port),
    });
    closing.push(
      () => etcd.close(),
      () => channel.close(),
      () => forwarding.close(),
    );
    for (let attempt = 0; attempt < 120; attempt++) {
      const status = await etcd.status(cluster, 'node-0').catch(() => undefined);
      if (status !== undefined && status.leaderId !== '0') return;
      await clock.sleep(250);
    }
    throw new Error('etcd did not elect a leader');
  }, 60_000);

  afterAll(async () => {
    for (const close of closing) await close();
    await Promise.all(processes.map(ended));
    rmSync(directory, { recursive: true, force: true });
  });

  test('members, status and alarms are read, the leader is moved, a member is removed', async () => {
    const members = await etcd.members(cluster, 'node-0');
    const status = await etcd.status(cluster, 'node-0');
    expect(members.map(({ name, isLearner }) => [name, isLearner]).sort()).toEqual([
      ['node-0', false],
      ['node-1', false],
      ['node-2', false],
    ]);
    expect(members.map(({ id }) => id)).toContain(status.leaderId);
    expect(status.errors).toEqual([]);
    expect(await etcd.alarms(cluster, 'node-0')).toEqual([]);

    const leader = members.find(({ id }) => id === status.leaderId);
    const next = members.find(({ id }) => id !== status.leaderId);
    if (leader === undefined || next === undefined) throw new Error('no leader');
    await etcd.moveLeader(cluster, leader.name, next.id);
    expect((await etcd.status(cluster, next.name)).leaderId).toBe(next.id);

    // etcd refuses changes of membership until all members have been connected for five seconds.
    await clock.sleep(6000);
    await etcd.removeMember(cluster, next.name, leader.id);
    expect((await etcd.members(cluster, next.name)).map(({ id }) => id)).not.toContain(leader.id);
    await expect(etcd.removeMember(cluster, next.name, leader.id)).rejects.toThrow(/member not found|removed/);
  }, 40_000);
});

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
    }),
  );
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

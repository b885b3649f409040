import { SystemClock } from '../../machinery/clock';
import { SystemRandom } from '../../machinery/random';
import { createCloudStack, type SandboxCloudStack } from '../../sandbox/cloudstack';
import { createGuestHost, workloadKube } from '../../sandbox/guest';
import { latencyProfiles } from '../../sandbox/latency';
import { claimPublicRange } from '../../sandbox/public-range';

/** A simulated CloudStack with its guests, on real sockets of loopback and in memory. */
export interface SimulatedCloud {
  readonly cloud: SandboxCloudStack;
  /** Values of a credentials Secret, base64. */
  readonly credentials: { readonly [key: string]: string };
  /** What went wrong inside the simulation. */
  readonly faults: readonly unknown[];
  close(): Promise<void>;
}

export async function startSimulatedCloud(): Promise<SimulatedCloud> {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const latency = latencyProfiles.instant;
  const range = await claimPublicRange(random);
  const faults: unknown[] = [];
  const guests = createGuestHost({
    clock,
    random,
    latency,
    kube: workloadKube({ clock, random }),
    network: 'loopback',
    onFault: (_where, error) => faults.push(error),
  });
  const cloud = createCloudStack({ clock, random, latency, guests, publicRange: range.addresses });
  const { endpoint } = await cloud.listen({ port: 0 });
  const { apiKey, secretKey } = cloud.credentials;
  const entries = { 'api-url': endpoint, 'api-key': apiKey, 'secret-key': secretKey, 'verify-ssl': 'true' };
  return {
    cloud,
    credentials: Object.fromEntries(
      Object.entries(entries).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
    faults,
    async close() {
      await cloud.close();
      await guests.close();
      await range.release();
    },
  };
}

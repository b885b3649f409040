import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convert, crds } from '../../api';
import type { Log } from '../../api/ports';
import { SystemClock } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import { formatKubeconfig } from '../../machinery/pki';
import { SystemRandom } from '../../machinery/random';
import { SecretText } from '../../machinery/secret';
import { createCloudStack, type ExampleNames } from '../../sandbox/cloudstack';
import { createGuestHost, workloadKube } from '../../sandbox/guest';
import { FileJournal } from '../../sandbox/journal';
import { createKubeServer } from '../../sandbox/kube';
import type { LatencyProfile } from '../../sandbox/latency';
import { claimPublicRange } from '../../sandbox/public-range';
import { listenTranslated } from '../../sandbox/translated-addresses';
import { type Closer, closeAfter, closeAll } from '../close-all';
import { CommandError } from '../command-error';
import { openPort } from '../open-port';
import { shellWord } from '../shell-word';
import { FileConsoles } from './file-consoles';
import { sandboxIdentity } from './identity';
import { readPlaces, writePlaces } from './remembered';

export type SandboxPart = 'kube' | 'cloudstack';

export interface SandboxOptions {
  readonly parts: ReadonlySet<SandboxPart>;
  /** Where all state is kept. */
  readonly dataDirectory: string;
  readonly latency: LatencyProfile;
  /** @default - the port of the last run with this data directory, else a free one */
  readonly kubePort?: number | undefined;
  readonly cloudstackPort?: number | undefined;
  /** Whether this system lets a server listen at an address of 127.64.0.0/10. @default - it is tried */
  readonly canBind?: ((address: string) => Promise<boolean>) | undefined;
  readonly log: Log;
}

export interface SandboxCloudStack {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly secretKey: SecretText;
  readonly examples: ExampleNames;
  /** Keys of the root administrator. */
  readonly administrator: { readonly apiKey: string; readonly secretKey: SecretText };
  /** Folder with a file for the console of each VM. */
  readonly consoles: string;
  /** Answered commands so far. */
  calls(): { readonly total: number; readonly calls: { readonly [command: string]: number } };
}

export interface Sandbox {
  /** File with the administrator's kubeconfig; undefined without the part `kube`. */
  readonly kubeconfig: string | undefined;
  readonly cloudstack: SandboxCloudStack | undefined;
  /**
   * On a system without 127.64.0.0/10: the file that tells where API servers of clusters listen instead of at their
   * public addresses (see `translationIn`).
   */
  readonly translatedAddresses: string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts simulators as servers on loopback.
 * @throws CommandError when the data directory is in use, or one of its addresses or ports is taken
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dataDirectory } = options;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const closers: Closer[] = [];
  const stop = () => closeAll(closers);
  try {
    const places = readPlaces(dataDirectory);
    const kube = options.parts.has('kube') ? await startKube(options, places.kubePort, closers) : undefined;
    const cloud = options.parts.has('cloudstack') ? await startCloudStack(options, places, closers) : undefined;
    writePlaces(dataDirectory, {
      kubePort: kube?.port ?? places.kubePort,
      cloudstackPort: cloud?.port ?? places.cloudstackPort,
      publicRange: cloud?.publicRange ?? places.publicRange,
    });
    const { cloudstack, translatedAddresses } = cloud ?? {};
    return { kubeconfig: kube?.kubeconfig, cloudstack, translatedAddresses, stop };
  } catch (error) {
    const failure = new CommandError(`the sandbox cannot start: ${messageOf(error)}`, 1, { cause: error });
    throw await closeAfter(failure, closers);
  }
}

async function startKube(options: SandboxOptions, rememberedPort: number | undefined, closers: Closer[]) {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const directory = join(options.dataDirectory, 'kube');
  const journal = new FileJournal({ directory });
  closers.push(() => journal.close());
  const conversions = Object.fromEntries(crds({ conversion: 'external' }).map((crd) => [crd.metadata.name, convert]));
  const server = createKubeServer({ clock, random, journal, log: options.log, conversions });
  closers.push(() => server.close());
  const identity = sandboxIdentity(join(directory, 'identity.json'), random, clock.now());
  const tls = { cert: identity.serverCertificatePem, key: identity.serverKeyPem, clientCa: identity.caPem };
  const port = options.kubePort ?? rememberedPort ?? 0;
  const listener = await openPort(flagFor('--kube-port', options.kubePort, options), port, () =>
    server.listen({ host: '127.0.0.1', port, tls }),
  );
  closers.push(() => listener.close());
  const kubeconfig = join(options.dataDirectory, 'kubeconfig');
  const text = formatKubeconfig({
    clusterName: 'capstan-sandbox',
    server: `https://127.0.0.1:${listener.port}`,
    caPem: identity.caPem,
    userName: 'admin',
    user: { kind: 'certificate', certificatePem: identity.adminCertificatePem, privateKeyPem: identity.adminKeyPem },
  });
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  return { kubeconfig, port: listener.port };
}

async function startCloudStack(
  options: SandboxOptions,
  remembered: { readonly cloudstackPort?: number | undefined; readonly publicRange?: string | undefined },
  closers: Closer[],
) {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const { dataDirectory, latency, log } = options;
  const range = await claimPublicRange(random, { preferred: remembered.publicRange, canBind: options.canBind });
  closers.push(() => range.release());
  const translatedAddresses = range.isBindable ? undefined : join(dataDirectory, 'addresses.json');
  const workloads = join(dataDirectory, 'guests');
  const journalOf = (name: string) => ({ directory: workloads, name });
  const guestJournal = new FileJournal(journalOf('machines'));
  closers.push(() => guestJournal.close());
  const kube = workloadKube({
    clock,
    random,
    journals: {
      open: (clusterId) => new FileJournal(journalOf(clusterId)),
      remove: (clusterId) => removeFiles(workloads, clusterId),
    },
  });
  const consoles = join(dataDirectory, 'consoles');
  const onFault = (where: string, error: unknown) => log.error({ where, error }, 'guest simulation');
  const guests = createGuestHost({
    clock,
    random,
    latency,
    kube,
    journal: guestJournal,
    consoles: new FileConsoles(consoles),
    network: 'loopback',
    listenFor: translatedAddresses === undefined ? undefined : listenTranslated(translatedAddresses, range.cidr),
    onFault,
  });
  closers.push(() => guests.close());
  const journal = new FileJournal({ directory: join(dataDirectory, 'cloudstack') });
  closers.push(() => journal.close());
  const cloud = createCloudStack({ clock, random, latency, guests, publicRange: range.addresses, journal });
  closers.push(() => cloud.close());
  const port = options.cloudstackPort ?? remembered.cloudstackPort ?? 0;
  const listener = await openPort(flagFor('--cloudstack-port', options.cloudstackPort, options), port, () =>
    cloud.listen({ port }),
  );
  const cloudstack: SandboxCloudStack = {
    endpoint: listener.endpoint,
    apiKey: cloud.credentials.apiKey,
    secretKey: new SecretText(cloud.credentials.secretKey),
    examples: cloud.examples,
    administrator: {
      apiKey: cloud.adminCredentials.apiKey,
      secretKey: new SecretText(cloud.adminCredentials.secretKey),
    },
    consoles,
    calls: () => cloud.calls(),
  };
  return { cloudstack, port: listener.port, publicRange: range.cidr, translatedAddresses };
}

/** How to name another port than the one that was named, or that the data directory remembers. */
function flagFor(flag: string, named: number | undefined, { dataDirectory }: SandboxOptions): string {
  return named === undefined ? `\`capstan sandbox --data-dir ${shellWord(dataDirectory)} ${flag} 0\`` : flag;
}

/** Deletes the files of a journal that is closed. */
function removeFiles(directory: string, journal: string): void {
  for (const name of readdirSync(directory))
    if (name.startsWith(`${journal}.`)) rmSync(join(directory, name), { force: true });
}

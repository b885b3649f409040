import { createServer, type Server } from 'node:net';
import { valueAt } from '../machinery/json';
import type { Random } from '../machinery/random';

/** Public addresses of one sandbox, on loopback. */
export interface PublicRange {
  /** `127.64.3.0/24`. */
  readonly cidr: string;
  /** What CloudStack hands out, in order. */
  readonly addresses: readonly string[];
  /** False: this system has no such loopback range, and the addresses are names alone (`translated-addresses.ts`). */
  readonly isBindable: boolean;
  /** Lets another sandbox have the range. */
  release(): Promise<void>;
}

/** No sandbox could claim a range; every one tried is in use. */
export class NoPublicRange extends Error {
  readonly code = 'NO_PUBLIC_RANGE';

  constructor(tried: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`none of ${tried} loopback ranges in 127.64.0.0/10 could be claimed (${why})`, { cause });
    this.name = 'NoPublicRange';
  }
}

/** The address and port that only the owner of a range listens at. */
const LOCK_HOST = 254;
const LOCK_PORT = 6464;
const ATTEMPTS = 200;

export interface PublicRangeOptions {
  /**
   * The range of an earlier run (`127.64.3.0/24`); it is the only one tried, because endpoints and certificates of its
   * clusters carry its addresses.
   * @default - a random one that is free
   */
  readonly preferred?: string | undefined;
  /**
   * Whether this system lets a server listen at an address of 127.64.0.0/10. Linux does; macOS has 127.0.0.1 alone.
   * @default - it is tried
   */
  readonly canBind?: ((address: string) => Promise<boolean>) | undefined;
}

/**
 * Claims a /24 of 127.64.0.0/10 (all of it is loopback on Linux) by an exclusive listener, so that several sandboxes run
 * side by side on one machine and a killed one leaves nothing behind. Where nobody can listen there, nobody can be in
 * the way: the range needs no claim.
 * @throws NoPublicRange
 */
export async function claimPublicRange(random: Random, options: PublicRangeOptions = {}): Promise<PublicRange> {
  const { preferred, canBind = canListen } = options;
  let failure: unknown;
  const attempts = preferred === undefined ? ATTEMPTS : 1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const prefix = preferred?.replace(/\.0\/24$/, '') ?? `127.${64 + random.below(64)}.${random.below(256)}`;
    const range = {
      cidr: `${prefix}.0/24`,
      addresses: Array.from({ length: 240 }, (_, index) => `${prefix}.${index + 10}`),
    };
    const lockAddress = `${prefix}.${LOCK_HOST}`;
    if (!(await canBind(lockAddress))) return { ...range, isBindable: false, release: async () => undefined };
    try {
      const lock = await listen(lockAddress, LOCK_PORT);
      return { ...range, isBindable: true, release: () => close(lock) };
    } catch (error) {
      failure = error;
    }
  }
  throw new NoPublicRange(attempts, failure);
}

async function canListen(address: string): Promise<boolean> {
  try {
    await close(await listen(address, 0));
    return true;
  } catch (error) {
    // Whatever else is wrong shows when the range is claimed.
    return valueAt(error, 'code') !== 'EADDRNOTAVAIL';
  }
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

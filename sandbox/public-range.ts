import { createServer, type Server } from 'node:net';
import type { Random } from '../machinery/random';

/** Public addresses of one sandbox, on loopback. */
export interface PublicRange {
  /** `127.64.3.0/24`. */
  readonly cidr: string;
  /** What CloudStack hands out, in order. */
  readonly addresses: readonly string[];
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

/**
 * Claims a /24 of 127.64.0.0/10 (all of it is loopback on Linux) by an exclusive listener, so that several sandboxes run
 * side by side on one machine and a killed one leaves nothing behind.
 * @param preferred - the range of an earlier run (`127.64.3.0/24`); it is the only one tried, because endpoints and
 *   certificates of its clusters carry its addresses
 * @throws NoPublicRange
 */
export async function claimPublicRange(random: Random, preferred?: string): Promise<PublicRange> {
  let failure: unknown;
  const attempts = preferred === undefined ? ATTEMPTS : 1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const prefix = preferred?.replace(/\.0\/24$/, '') ?? `127.${64 + random.below(64)}.${random.below(256)}`;
    try {
      const lock = await listen(`${prefix}.${LOCK_HOST}`);
      return {
        cidr: `${prefix}.0/24`,
        addresses: Array.from({ length: 240 }, (_, index) => `${prefix}.${index + 10}`),
        release: () => new Promise((resolve) => lock.close(() => resolve())),
      };
    } catch (error) {
      failure = error;
    }
  }
  throw new NoPublicRange(attempts, failure);
}

function listen(host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ host, port: LOCK_PORT, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

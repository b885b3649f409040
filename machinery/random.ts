import { randomBytes, randomInt } from 'node:crypto';

/** Randomness as a port, so that tests and plans can repeat a run. */
export interface Random {
  /** A whole number in [0, bound). */
  below(bound: number): number;

  /** A number in [0, 1). */
  fraction(): number;

  /** Bytes for keys and tokens. Real installations always use the platform's generator; only tests seed it. */
  secret(length: number): Uint8Array;

  /** A version 4 UUID. */
  uuid(): string;
}

/** Characters Kubernetes uses for generated name suffixes (`rand.String`). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The random end of a generated name, 5 characters by default. */
export function nameSuffix(random: Random, length = 5): string {
  return characters(random, SUFFIX_ALPHABET, length);
}

/** `length` characters of `alphabet`, by `random.below`. Not for secrets. */
export function characters(random: Random, alphabet: string, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += alphabet.charAt(random.below(alphabet.length));
  return text;
}

function uuidOf(bytes: Uint8Array): string {
  const copy = Uint8Array.from(bytes);
  copy[6] = ((copy[6] ?? 0) & 0x0f) | 0x40;
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(copy).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The platform's generator. */
export class SystemRandom implements Random {
  below(bound: number): number {
    return randomInt(bound);
  }

  fraction(): number {
    return randomInt(2 ** 32) / 2 ** 32;
  }

  secret(length: number): Uint8Array {
    return randomBytes(length);
  }

  uuid(): string {
    return uuidOf(randomBytes(16));
  }
}

/** The same sequence for the same seed (mulberry32). For tests and plans; its secrets are not secret. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  secret(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  uuid(): string {
    return uuidOf(this.secret(16));
  }
}

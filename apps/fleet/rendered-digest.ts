import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the digest of the last synth is kept, beside the cdk8s CLI's `output`. */
export function digestFile(link: string): string {
  return join(dirname(link), 'rendered-digest');
}

/** Notes what synth has written, so that `capstan publish` can tell it from edits by hand. */
export function rememberDigest(link: string, digest: string): void {
  mkdirSync(dirname(link), { recursive: true });
  writeFileSync(digestFile(link), digest);
}

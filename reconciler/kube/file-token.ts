import { readFile } from 'node:fs/promises';
import type { Clock } from '../../machinery/clock';

/** How long a token may be used before the file is looked at again. */
const TOKEN_LIFE_MS = 60_000;

/**
 * A token in a file that somebody renews (kubelet, a login daemon). A read that fails later leaves the last token in use,
 * as client-go does.
 * @param first - what the file holds now
 */
export function fileToken(path: string, first: string, clock: Pick<Clock, 'now'>): () => Promise<string> {
  let token = first.trim();
  let readAt = clock.now();
  return async () => {
    if (clock.now() - readAt <= TOKEN_LIFE_MS) return token;
    readAt = clock.now();
    token = await readFile(path, 'utf8').then(
      (content) => content.trim(),
      () => token,
    );
    return token;
  };
}

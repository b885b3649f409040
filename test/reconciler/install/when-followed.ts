import { messageOf } from '../../../machinery/errors';

const PATIENCE_MS = 20_000;
const LOOK_MS = 250;

/**
 * Does what needs a conversion by the process that lives. An API server follows a changed CRD by a watch of its own, and
 * asks the address that was there before until it has seen the change.
 */
export async function whenFollowed<T>(work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    try {
      return await work();
    } catch (error) {
      if (waitedMs >= PATIENCE_MS || !messageOf(error).includes('connection refused')) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

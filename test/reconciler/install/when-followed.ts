const PATIENCE_MS = 15_000;
const LOOK_MS = 250;

/**
 * Does what needs a conversion by the process that lives. An API server follows a changed CRD by a watch of its own: until
 * it has seen the change it asks the address that was there before or does not trust the new one.
 */
export async function whenFollowed<T>(work: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

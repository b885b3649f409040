import { CloudStackRefused, type CloudStackTransport } from '../../../api/ports';

/**
 * Acts with keys that somebody else may replace: when they are refused, with the ones that are in force by then. A
 * refused command was not executed.
 *
 * @param connect - a transport with the keys in force
 */
export async function renewed(connect: () => Promise<CloudStackTransport>): Promise<CloudStackTransport> {
  let current = Promise.resolve(await connect());
  return {
    async call(command, parameters) {
      const used = current;
      try {
        return await (await used).call(command, parameters);
      } catch (error) {
        if (!(error instanceof CloudStackRefused) || error.errorCode !== 401) throw error;
        // Of many that are refused together one asks.
        if (current === used) {
          current = connect();
          current.catch(() => {
            current = used;
          });
        }
        return (await current).call(command, parameters);
      }
    },
  };
}

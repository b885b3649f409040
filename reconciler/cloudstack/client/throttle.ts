import { type Clock, CloudStackRefused, type CloudStackTransport } from '../../../api/ports';

/** Attempts of one command while the server says "too many"; it does not execute those. */
const ATTEMPTS = 8;

/** What to wait when the refusal names no time; the default window is one second. */
const DEFAULT_WAIT_MS = 1000;

/**
 * Honours the server's rate limit (`cloudstack.md` 1.9): a 429 closes the gate for all commands of the connection until
 * the stated time has passed, then the refused command is sent again. A refused command was not executed.
 */
export function throttled(transport: CloudStackTransport, clock: Clock): CloudStackTransport {
  let closedUntil = 0;
  return {
    async call(command, parameters) {
      for (let attempt = 1; ; attempt++) {
        while (clock.now() < closedUntil) await clock.sleep(closedUntil - clock.now());
        try {
          return await transport.call(command, parameters);
        } catch (error) {
          if (!(error instanceof CloudStackRefused) || error.errorCode !== 429 || attempt >= ATTEMPTS) throw error;
          closedUntil = Math.max(closedUntil, clock.now() + retryAfterMs(error.errorText));
        }
      }
    },
  };
}

/** The wait named by `…, please retry after [840] ms.` */
export function retryAfterMs(errorText: string): number {
  const match = /retry after \[?(\d+)\]? ?ms/i.exec(errorText);
  return match === null ? DEFAULT_WAIT_MS : Math.max(1, Number(match[1]));
}

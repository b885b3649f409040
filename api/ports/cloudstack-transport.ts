import { CapstanError } from '../../machinery/errors';
import type { JsonObject } from '../../machinery/json';

/** What a credentials Secret holds (`capc.md` 0: keys `api-url`, `api-key`, `secret-key`, `verify-ssl`). */
export interface CloudStackCredentials {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Never printed; see `machinery/secret.ts`. */
  readonly secretKey: string;
  readonly verifySsl: boolean;
}

/**
 * One CloudStack API command, signed and sent. Knows nothing of jobs, paging or meaning.
 * Returns the object inside the `<command>response` envelope.
 * @throws CloudStackRefused when the server answers with an error, CloudStackUnreachable when there is no answer.
 */
export interface CloudStackTransport {
  call(command: string, parameters: { readonly [name: string]: string }): Promise<JsonObject>;
}

/** Opens transports: HTTP in production, in process on a virtual clock. */
export interface CloudStackAccess {
  connect(credentials: CloudStackCredentials): CloudStackTransport;
}

/** The server's error answer: HTTP status, `errorcode`, `cserrorcode`, `errortext` (`cloudstack.md` 1.8). */
export class CloudStackRefused extends CapstanError {
  constructor(
    readonly command: string,
    readonly httpStatus: number,
    readonly errorCode: number,
    readonly csErrorCode: number | undefined,
    readonly errorText: string,
  ) {
    super({
      name: 'CloudStackRefused',
      code: 'CLOUDSTACK_REFUSED',
      message: `CloudStack API error ${errorCode} (CSExceptionErrorCode: ${csErrorCode ?? 0}): ${errorText} [${command}]`,
    });
  }
}

/** No usable answer. Whether the command took effect is unknown: look before sending it again. */
export class CloudStackUnreachable extends CapstanError {
  /** @param endpoint - as it may be shown (`shownEndpoint`): messages reach logs, events and conditions */
  constructor(command: string, endpoint: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super({
      name: 'CloudStackUnreachable',
      code: 'CLOUDSTACK_UNREACHABLE',
      message: `CloudStack at ${endpoint} gave no answer to ${command} (${why}); work resumes by itself when it does`,
      cause,
    });
  }
}

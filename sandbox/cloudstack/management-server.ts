import { messageOf } from '../../machinery/errors';
import type { JsonObject } from '../../machinery/json';
import { isNotSimulated } from './commands/registry';
import type { Faults } from './faults';
import type { Installation } from './installation';
import { ApiError, internalError, unauthorized, unavailable } from './protocol/api-error';
import type { Command } from './protocol/command';
import { decodeParameters } from './protocol/parameters';
import { type Caller, callerOf, mayCall } from './tenancy/caller';
import type { Throttle } from './throttle';

/** A command on its way in, from a socket or from the same process. */
export interface Request {
  readonly command: string;
  /** Names as sent. */
  readonly parameters: { readonly [name: string]: string };
  readonly method: 'GET' | 'POST';
  /** Finds out who is calling; throws when it is nobody. Called after the command was found to exist. */
  readonly authenticate: (gate: Gate) => Caller;
}

/** Checks that every way in shares, in the server's order (`cloudstack.md` 1.5). */
export interface Gate {
  /**
   * Key → user → role → rate → signature.
   * @param isSigned compares the signature with the user's secret key
   * @throws ApiError 401, 432, 429
   */
  signed(apiKey: string, isSigned: (secretKey: string) => boolean): Caller;
  /** Role and rate for a caller who logged in. @throws ApiError 432, 429 */
  admitted(caller: Caller): Caller;
}

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly envelope: string; readonly content: JsonObject }
  /** The connection dies. */
  | { readonly kind: 'lost' };

interface Parts {
  readonly cloud: Installation;
  readonly commands: ReadonlyMap<string, Command>;
  readonly faults: Faults;
  readonly throttle: Throttle;
}

/** Calls so far, refused ones included. */
export interface CallCounts {
  readonly total: number;
  readonly calls: { readonly [command: string]: number };
}

/** Takes commands, checks them in the real order, runs them as transactions, wraps what comes out. */
export class ManagementServer {
  readonly #parts: Parts;
  readonly #calls = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get calls(): CallCounts {
    const sorted = [...this.#calls].sort(([left], [right]) => (left < right ? -1 : 1));
    return { total: sorted.reduce((sum, [, count]) => sum + count, 0), calls: Object.fromEntries(sorted) };
  }

  async answer(request: Request): Promise<Answer> {
    const { command } = request;
    this.#calls.set(command, (this.#calls.get(command) ?? 0) + 1);
    const fate = this.#parts.faults.fateOf(command);
    if (fate.delayMs > 0) await this.#parts.cloud.clock.sleep(fate.delayMs);
    if (fate.lost === 'before') return { kind: 'lost' };
    const answer = this.#answerNow(request, fate.error);
    return fate.lost === 'after' ? { kind: 'lost' } : answer;
  }

  #answerNow(request: Request, arranged: ApiError | undefined): Answer {
    const envelope = `${request.command.toLowerCase()}response`;
    try {
      const content = this.#execute(request, arranged);
      return { kind: 'answer', status: 200, envelope, content };
    } catch (error) {
      return errorAnswer(error, envelope);
    }
  }

  #execute(request: Request, arranged: ApiError | undefined): JsonObject {
    const { cloud, commands } = this.#parts;
    const command = commands.get(request.command);
    if (command === undefined) throw this.#unknown(request);
    const caller = request.authenticate(this.#gate(command));
    if (arranged !== undefined) throw arranged;
    const raw = decodeParameters(request.parameters);
    return cloud.db.store.transaction(() => {
      const result = command.run({ cloud, caller, method: request.method, commands }, raw);
      return result.kind === 'answer' ? result.content : cloud.jobs.submit(command, caller, result.work);
    });
  }

  /** What a client with good keys hears of a command that is missing here must not be that its keys are wrong. */
  #unknown(request: Request): ApiError {
    if (!isNotSimulated(request.command)) return unauthorized();
    const caller = request.authenticate(this.#gate(undefined));
    return unavailable(request.command, caller.account.name);
  }

  /** @param command - undefined: all roles have it */
  #gate(command: Command | undefined): Gate {
    const { cloud, throttle } = this.#parts;
    const admitted = (caller: Caller): Caller => {
      const isAllowed =
        command === undefined || (mayCall(caller, command.role) && !caller.account.denied.includes(command.name));
      if (!isAllowed) throw unavailable(command.name, caller.account.name);
      throttle.check(caller);
      return caller;
    };
    return {
      admitted,
      signed: (apiKey, isSigned) => {
        const [id] = cloud.db.usersByKey.get(apiKey);
        const user = cloud.db.users.get(id);
        if (user?.secretKey === undefined || user.state !== 'enabled') throw unauthorized();
        const caller = callerOf(cloud.db, user);
        if (caller.account.state !== 'enabled') throw unauthorized();
        admitted(caller);
        if (!isSigned(user.secretKey)) throw unauthorized();
        return caller;
      },
    };
  }
}

/** The body of an error (`cloudstack.md` 1.8). */
export function errorAnswer(thrown: unknown, envelope: string): Answer & { readonly kind: 'answer' } {
  const error = thrown instanceof ApiError ? thrown : internalError(messageOf(thrown));
  const content: JsonObject = { uuidList: [], errorcode: error.status };
  if (error.csErrorCode !== undefined) content['cserrorcode'] = error.csErrorCode;
  content['errortext'] = error.errorText;
  return { kind: 'answer', status: error.status, envelope: error.plainEnvelope ? 'errorresponse' : envelope, content };
}

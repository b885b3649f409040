import type { Clock } from '../../../machinery/clock';
import type { JsonObject } from '../../../machinery/json';
import type { Random } from '../../../machinery/random';
import { ApiError, permissionDenied, Status } from '../protocol/api-error';
import type { Database } from '../store/database';
import type { UserRow } from '../store/tenancy-rows';
import type { Decoded } from './signature';

/** Idle time after which a session ends (`timeout` of the login answer, in seconds there). */
const TIMEOUT_MS = 30 * 60_000;

interface Session {
  readonly userId: string;
  readonly key: string;
  lastUsed: number;
}

/** What a login answers, and the cookies that go with it (`cloudstack.md` 1.6). */
export interface LoggedIn {
  readonly content: JsonObject;
  readonly cookies: readonly string[];
}

export class Sessions {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sessions = new Map<string, Session>();

  constructor(db: Database, clock: Clock, random: Random) {
    this.#db = db;
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws ApiError 531 */
  login(parameters: Decoded): LoggedIn {
    const username = parameters['username'] ?? '';
    const path = parameters['domain'] ?? '/';
    const user = this.#db.users.find((row) => row.username === username && row.state === 'enabled');
    if (
      user === undefined ||
      user.password !== parameters['password'] ||
      !this.#isIn(user, path, parameters['domainId'])
    ) {
      throw permissionDenied(
        `Failed to authenticate user ${username} in domain ${path}; please provide valid credentials`,
      );
    }
    const id = this.#token();
    const key = this.#token();
    this.#sessions.set(id, { userId: user.id, key, lastUsed: this.#clock.now() });
    const account = this.#db.accounts.need(user.accountId);
    return {
      content: {
        username: user.username,
        userid: user.id,
        domainid: account.domainId,
        timeout: TIMEOUT_MS / 1000,
        account: account.name,
        firstname: user.firstName,
        lastname: user.lastName,
        type: `${account.type}`,
        timezone: 'UTC',
        timezoneoffset: '0.0',
        registered: 'false',
        sessionkey: key,
        is2faenabled: 'false',
        is2faverified: 'true',
      },
      cookies: [
        `JSESSIONID=${id}; Path=/client; HttpOnly`,
        `sessionkey=${key}; Path=/client/api; HttpOnly; SameSite=Lax`,
      ],
    };
  }

  logout(cookies: Decoded): void {
    this.#sessions.delete(cookies['JSESSIONID'] ?? '');
  }

  /** The user of a session; cookie and parameter must both carry its key. @throws ApiError 401 */
  userOf(cookies: Decoded, parameters: Decoded): UserRow {
    const id = cookies['JSESSIONID'] ?? '';
    const session = this.#sessions.get(id);
    const now = this.#clock.now();
    const user = this.#db.users.get(session?.userId);
    const isGood =
      session !== undefined &&
      session.key === parameters['sessionkey'] &&
      session.key === cookies['sessionkey'] &&
      now < session.lastUsed + TIMEOUT_MS;
    if (!isGood || user === undefined) {
      this.#sessions.delete(id);
      throw new ApiError(Status.unauthorized, 'unable to verify user credentials', undefined, true);
    }
    session.lastUsed = now;
    return user;
  }

  #isIn(user: UserRow, path: string, domainId: string | undefined): boolean {
    const domain = this.#db.domains.get(this.#db.accounts.get(user.accountId)?.domainId);
    if (domainId !== undefined) return domain?.id === domainId;
    const wanted = `/${path}`.replace(/\/+/g, '/').replace(/\/$/, '');
    return domain?.path.replace(/^ROOT/, '') === wanted || `/${domain?.path}` === wanted;
  }

  #token(): string {
    return Buffer.from(this.#random.secret(24)).toString('base64url');
  }
}

import type { Clock, CloudStackTransport, Job, Started } from '../../api/ports';
import { CloudStackRefused, CloudStackUnreachable, isGone } from '../../api/ports';
import { flag, number, type Row, rows, text } from './wire';

/** Parameters of a command; absent values are not sent. */
export interface CommandParameters {
  readonly [name: string]: string | number | boolean | undefined;
}

/** The server's limit and default (`cloudstack.md` 2.1). */
const PAGE_SIZE = 500;

/** No list of ours is longer; ends a loop over a server that never stops giving pages. */
const PAGE_LIMIT = 1000;

/** A transport with the habits every command needs: project, paging, jobs. */
export class Connection {
  constructor(
    readonly transport: CloudStackTransport,
    readonly clock: Clock,
    readonly description: string,
    readonly projectId: string | undefined,
  ) {}

  call(command: string, parameters: CommandParameters): Promise<Row> {
    return this.transport.call(command, wireParameters({ ...parameters, projectid: this.projectId }));
  }

  /** All rows of a list, page by page, without duplicates (rows move while we page). */
  async list(command: string, item: string, parameters: CommandParameters): Promise<readonly Row[]> {
    const found = new Map<string, Row>();
    for (let page = 1; page <= PAGE_LIMIT; page++) {
      const answer = await this.call(command, { ...parameters, page, pagesize: PAGE_SIZE });
      const batch = rows(answer, item);
      for (const row of batch) found.set(text(row, 'id') ?? `${found.size}`, row);
      if (batch.length < PAGE_SIZE || found.size >= (number(answer, 'count') ?? 0)) break;
    }
    return [...found.values()];
  }

  /** The row with an id; undefined when the server says, in either of its ways, that it is gone. */
  async byId(command: string, item: string, id: string, parameters: CommandParameters = {}): Promise<Row | undefined> {
    try {
      const found = rows(await this.call(command, { ...parameters, id }), item);
      return found.find((row) => text(row, 'id') === id);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** Submits an asynchronous command. */
  async start(command: string, parameters: CommandParameters): Promise<Job> {
    return jobOf(command, this.description, await this.call(command, parameters));
  }

  /** Submits an asynchronous command that makes an object: the answer names both. */
  async create(command: string, parameters: CommandParameters): Promise<Started> {
    const answer = await this.call(command, parameters);
    const id = text(answer, 'id');
    if (id === undefined) throw unexpected(command, this.description, 'the answer names no object');
    return { id, job: jobOf(command, this.description, answer) };
  }

  /** Checks the answer of a synchronous command that has no object. */
  async succeed(command: string, parameters: CommandParameters): Promise<void> {
    const answer = await this.call(command, parameters);
    if (!flag(answer, 'success')) {
      throw new CloudStackRefused(command, 200, 530, undefined, text(answer, 'displaytext') ?? 'success is not true');
    }
  }
}

/** An answer we cannot use tells nothing about the effect, like no answer at all. */
export function unexpected(command: string, endpoint: string, what: string): CloudStackUnreachable {
  return new CloudStackUnreachable(command, endpoint, new Error(what));
}

export function wireParameters(parameters: CommandParameters): { [name: string]: string } {
  const wire: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') wire[name] = String(value);
  }
  return wire;
}

function jobOf(command: string, endpoint: string, answer: Row): Job {
  const id = text(answer, 'jobid');
  if (id === undefined) throw unexpected(command, endpoint, 'the answer names no job');
  return { id, command };
}

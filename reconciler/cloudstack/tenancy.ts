import { CloudStackNoMatch, CloudStackRefused } from '../../api/ports';
import { exactlyOne } from './catalog';
import type { Connection } from './connection';
import { object, present, type Row, rows, text } from './wire';

interface NamedRow {
  readonly id: string;
  readonly name: string;
  readonly row: Row;
}

function named(row: Row): NamedRow | undefined {
  const id = text(row, 'id');
  const name = text(row, 'name');
  return id === undefined || name === undefined ? undefined : { id, name, row };
}

/** The id of a project. @throws CloudStackNoMatch */
export async function projectId(connection: Connection, name: string): Promise<string> {
  const listed = await connection.list('listProjects', 'project', { name, listall: true });
  return exactlyOne('Project', name, present(listed.map(named))).id;
}

/** Keys of some user of another account, so that what we make belongs to it (`capc.md` 5). */
export async function keysOfAccount(
  connection: Connection,
  account: string,
  domain: string | undefined,
): Promise<{ readonly apiKey: string; readonly secretKey: string }> {
  const domainId = domain === undefined || domain === '' ? undefined : await domainIdOf(connection, domain);
  const filter = { name: account, domainid: domainId, listall: true };
  const accounts = present((await connection.list('listAccounts', 'account', filter)).map(named));
  const found = accounts.filter((candidate) => candidate.name === account);
  const [only] = found;
  const where = domain === undefined || domain === '' ? '' : ` in domain ${domain}`;
  if (only === undefined) throw new CloudStackNoMatch(`could not find account ${account}${where}`);
  if (found.length > 1) {
    throw new CloudStackNoMatch(`expected 1 Account with name ${account}, but got ${found.length}; name its domain`);
  }
  const users = rows(only.row, 'user');
  for (const user of users) {
    const keys = await keysOfUser(connection, text(user, 'id') ?? '');
    if (keys !== undefined) return keys;
  }
  throw new CloudStackNoMatch(`could not find sufficient user (with API keys) in domain/account ${account}${where}`);
}

async function keysOfUser(connection: Connection, id: string) {
  try {
    const keys = object(await connection.call('getUserKeys', { id }), 'userkeys') ?? {};
    const apiKey = text(keys, 'apikey');
    const secretKey = text(keys, 'secretkey');
    return apiKey === undefined || secretKey === undefined ? undefined : { apiKey, secretKey };
  } catch (error) {
    // This user's keys are not for us; another user of the account may do.
    if (error instanceof CloudStackRefused && [401, 431, 531].includes(error.errorCode)) return undefined;
    throw error;
  }
}

/** Finds a domain by its whole path; the last part alone may be ambiguous. */
async function domainIdOf(connection: Connection, path: string): Promise<string> {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] !== 'ROOT') parts.unshift('ROOT');
  const wanted = parts.join('/');
  const filter = { name: parts.at(-1), level: parts.length - 1, listall: true };
  for (const row of await connection.list('listDomains', 'domain', filter)) {
    const id = text(row, 'id');
    if (id !== undefined && text(row, 'path') === wanted) return id;
  }
  throw new CloudStackNoMatch(`domain not found for domain path ${path}`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { valueAt } from '../../../machinery/json';
import { list, startWorld } from './world';

const page = readFileSync(join(__dirname, '../../../docs/sandbox.md'), 'utf8');

/** The second cell of the row that begins with a word. */
function cell(row: string): string {
  const line = page.split('\n').find((candidate) => candidate.startsWith(`| ${row} |`));
  return line?.split('|')[2]?.trim() ?? '';
}

const text = (item: object | undefined, field: string) => String(valueAt(item, field));
const quoted = (items: readonly object[], more: (item: object) => string = () => '') =>
  items.map((item) => `\`${text(item, 'name')}\`${more(item)}`).join(', ');

test('the documented table of what a sandbox has is what its API lists', async () => {
  const { admin } = startWorld();

  const [zone] = await list(admin, 'listZones');
  const hosts = await list(admin, 'listHosts', { type: 'Routing' });
  const computeSize = (item: object) =>
    valueAt(item, 'iscustomized') === true
      ? ' (any size)'
      : ` (${text(item, 'cpunumber')} CPU, ${Number(valueAt(item, 'memory')) / 1024} GiB)`;
  const diskSize = (item: object) =>
    valueAt(item, 'iscustomized') === true ? ' (any size)' : ` (${text(item, 'disksize')} GB)`;

  const gib = Number(valueAt(hosts[0], 'memorytotal')) / 1024 ** 3;
  expect(cell('Zones')).toBe(
    `\`${text(zone, 'name')}\`: ${hosts.length} hosts of ${text(hosts[0], 'cpunumber')} cores and ${gib} GiB each`,
  );
  expect(cell('Compute offerings')).toBe(quoted(await list(admin, 'listServiceOfferings'), computeSize));
  expect(cell('Disk offerings')).toBe(quoted(await list(admin, 'listDiskOfferings'), diskSize));
  expect(cell('Kubernetes versions')).toBe(quoted(await list(admin, 'listKubernetesSupportedVersions')));
  expect(cell('Templates')).toBe(quoted(await list(admin, 'listTemplates', { templatefilter: 'all' })));
  expect(cell('Network offerings')).toBe(quoted(await list(admin, 'listNetworkOfferings')));
  expect(cell('VPC offerings')).toBe(quoted(await list(admin, 'listVPCOfferings')));
  expect(cell('SSH key pairs')).toBe(
    `${quoted(await list(admin, 'listSSHKeyPairs', { listall: true }))} (nobody has its private key)`,
  );
});

test('the documented accounts and limits are those of a new sandbox', async () => {
  const { admin, user } = startWorld();

  const accounts = await list(admin, 'listAccounts', { listall: true });
  const limits = await list(user, 'listResourceLimits');

  expect(accounts.map((account) => `\`${text(account, 'name')}\``).filter((name) => cell(name) === '')).toEqual([]);
  const limited = limits.filter((limit) => valueAt(limit, 'max') !== -1);
  expect(limited).toHaveLength(11);
  for (const limit of limited)
    expect(cell(`\`${text(limit, 'resourcetypename')}\``)).toMatch(new RegExp(`^${text(limit, 'max')}\\b`));
});

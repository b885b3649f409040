import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CloudStackRefused } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';
import { readAddress } from '../../../reconciler/cloudstack/addresses';
import { readAffinityGroup } from '../../../reconciler/cloudstack/affinity-groups';
import * as catalog from '../../../reconciler/cloudstack/catalog';
import { openEnvelope } from '../../../reconciler/cloudstack/client/envelope';
import { readFirewallRule } from '../../../reconciler/cloudstack/firewall';
import { readOutcome } from '../../../reconciler/cloudstack/jobs';
import { readKubernetesRecord, readRecordMembers } from '../../../reconciler/cloudstack/kubernetes-records';
import { readLoadBalancerRule, readMembers } from '../../../reconciler/cloudstack/load-balancers';
import { readNetwork, readVpc } from '../../../reconciler/cloudstack/networks';
import { readMachine, readVolume } from '../../../reconciler/cloudstack/virtual-machines';
import { type Row, rows } from '../../../reconciler/cloudstack/wire';

const folder = resolve(__dirname, '../../../../shared/conformance/cloudstack-responses');
const isThere = existsSync(folder);
if (!isThere) console.warn(`recorded CloudStack answers are not at ${folder}: their tests are skipped`);

/** Files whose servers had integer ids, or that a client's author wrote by hand: a typed refusal is as good. */
function isFirm(file: string): boolean {
  return !file.startsWith('legacy/');
}

function samples(): readonly string[] {
  const found: string[] = [];
  for (const source of readdirSync(folder)) {
    const path = join(folder, source);
    if (source === 'requests' || !statSync(path).isDirectory()) continue;
    for (const file of readdirSync(path)) found.push(`${source}/${file}`);
  }
  return found;
}

const readers: { readonly [item: string]: (row: Row) => unknown } = {
  zone: catalog.readZone,
  serviceoffering: catalog.readServiceOffering,
  diskoffering: catalog.readDiskOffering,
  template: catalog.readTemplate,
  networkoffering: catalog.readNetworkingOffering,
  vpcoffering: catalog.readNetworkingOffering,
  network: readNetwork,
  vpc: readVpc,
  publicipaddress: readAddress,
  ipaddress: readAddress,
  loadbalancerrule: readLoadBalancerRule,
  loadbalancer: readLoadBalancerRule,
  loadbalancerruleinstance: readMembers,
  lbrulevmidip: readMembers,
  firewallrule: readFirewallRule,
  virtualmachine: readMachine,
  volume: readVolume,
  affinitygroup: readAffinityGroup,
  kubernetescluster: (row) => [readKubernetesRecord(row)?.id, ...readRecordMembers(row)],
};

(isThere ? describe : describe.skip)('answers of real servers', () => {
  const files = isThere ? samples() : [];

  test('there are many of them', () => {
    expect(files.length).toBeGreaterThan(150);
  });

  test.each(files)('%s is read', (file) => {
    const body = readFileSync(join(folder, file), 'utf8');
    const command = file.split('/')[1]?.split('.')[0] ?? '';
    let content: JsonObject;
    try {
      content = openEnvelope(command, file.includes('.error') ? 431 : 200, body);
    } catch (error) {
      if (isFirm(file)) expect(file).toMatch(/\.error\.|errors?/i);
      expect(error).toBeInstanceOf(CloudStackRefused);
      return;
    }
    if (content['jobstatus'] !== undefined && content['cmd'] !== undefined) readJob(file, content);
    for (const [item, read] of Object.entries(readers)) {
      for (const row of rows(content, item)) {
        const value = read(row);
        if (isFirm(file) && row['id'] !== undefined) expect(value).toBeDefined();
      }
    }
  });
});

function readJob(file: string, content: JsonObject): void {
  const outcome = readOutcome(content);
  const status = Number(content['jobstatus']);
  expect([file, outcome.state]).toEqual([
    file,
    status === 0 ? 'pending' : status === 1 ? 'succeeded' : expect.stringMatching(/^(failed|lost)$/),
  ]);
  if (outcome.state === 'failed') expect(outcome.errorText).not.toBe('');
}

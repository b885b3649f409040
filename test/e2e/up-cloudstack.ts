import { Secret } from '../../api/kinds';
import type { KubeApi } from '../../api/ports';
import { formBody, signatureOf } from '../../reconciler/cloudstack/client/signature';

const LISTS = [
  'listVirtualMachines',
  'listNetworks',
  'listPublicIpAddresses',
  'listLoadBalancerRules',
  'listFirewallRules',
  'listEgressFirewallRules',
  'listAffinityGroups',
  'listVolumes',
  'listTags',
] as const;

/** Everything that the account of the credentials Secret sees in CloudStack, asked with its keys: `command: count`. */
export async function countInCloudStack(api: KubeApi): Promise<{ [command: string]: number }> {
  const secret = await api.get(Secret, { namespace: 'default', name: 'cloudstack-credentials' });
  const field = (name: string) => Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8');
  const counts: { [command: string]: number } = {};
  for (const command of LISTS) {
    const parameters = { command, response: 'json', listall: 'true', apikey: field('api-key') };
    const signature = signatureOf(parameters, field('secret-key'));
    const answer = await fetch(field('api-url'), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: formBody({ ...parameters, signature }),
    });
    const body: { [wrapper: string]: { count?: number } } = JSON.parse(await answer.text());
    if (!answer.ok) throw new Error(`${command}: ${JSON.stringify(body)}`);
    counts[command] = Object.values(body)[0]?.count ?? 0;
  }
  return counts;
}

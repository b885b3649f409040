import type { Firewall, FirewallRule } from '../../api/ports';
import type { CommandParameters, Connection } from './connection';
import { number, present, type Row, tags, text } from './wire';

export function readFirewallRule(row: Row): FirewallRule | undefined {
  const id = text(row, 'id');
  if (id === undefined) return undefined;
  return {
    id,
    protocol: (text(row, 'protocol') ?? '').toLowerCase(),
    startPort: number(row, 'startport'),
    endPort: number(row, 'endport'),
    icmpType: number(row, 'icmptype'),
    icmpCode: number(row, 'icmpcode'),
    networkId: text(row, 'networkid'),
    addressId: text(row, 'ipaddressid'),
    cidrs: text(row, 'cidrlist') ?? '',
    destinationCidrs: text(row, 'destcidrlist'),
    tags: tags(row),
  };
}

/** ICMP rules name type and code; -1 means all of them. */
function everything(protocol: string): CommandParameters {
  return protocol === 'icmp' ? { protocol, icmptype: -1, icmpcode: -1 } : { protocol };
}

export function firewallOf(connection: Connection): Firewall {
  const rules = async (command: string, parameters: CommandParameters) =>
    present((await connection.list(command, 'firewallrule', parameters)).map(readFirewallRule));

  return {
    ingress: (addressId) => rules('listFirewallRules', { ipaddressid: addressId }),
    openIngress: (addressId, port) =>
      connection.create('createFirewallRule', {
        ipaddressid: addressId,
        protocol: 'tcp',
        startport: port,
        endport: port,
        cidrlist: '0.0.0.0/0',
      }),
    egress: (networkId) => rules('listEgressFirewallRules', { networkid: networkId }),
    openEgress: (networkId, protocol) =>
      connection.create('createEgressFirewallRule', { networkid: networkId, ...everything(protocol) }),
    closeEgress: (id) => connection.start('deleteEgressFirewallRule', { id }),
    routing: (networkId) => rules('listRoutingFirewallRules', { networkid: networkId }),
    openRouting: (networkId, protocol) =>
      connection.create('createRoutingFirewallRule', { networkid: networkId, ...everything(protocol) }),
    closeRouting: (id) => connection.start('deleteRoutingFirewallRule', { id }),
  };
}

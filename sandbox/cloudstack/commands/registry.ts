import type { Command } from '../protocol/command';
import { isOlder } from '../protocol/parameters';
import type { Settings } from '../settings';
import { addressCommands } from './addresses';
import { affinityGroupCommands } from './affinity-groups';
import { firewallCommands } from './firewall';
import { infrastructureCommands } from './infrastructure';
import { jobCommands } from './jobs';
import { keyPairCommands } from './key-pairs';
import { kubernetesClusterCommands } from './kubernetes-clusters';
import { limitCommands } from './limits';
import { loadBalancerCommands } from './load-balancers';
import { networkAclCommands } from './network-acls';
import { networkCommands } from './networks';
import { offeringCommands } from './offerings';
import { serverCommands } from './server';
import { tagCommands } from './tags';
import { templateCommands } from './templates';
import { tenantCommands } from './tenants';
import { userDataCommands } from './user-data';
import { virtualMachineCommands } from './virtual-machines';
import { volumeCommands } from './volumes';
import { vpcCommands } from './vpcs';
import { zoneCommands } from './zones';

const families: readonly (readonly Command[])[] = [
  zoneCommands,
  offeringCommands,
  templateCommands,
  networkCommands,
  addressCommands,
  firewallCommands,
  loadBalancerCommands,
  virtualMachineCommands,
  userDataCommands,
  volumeCommands,
  affinityGroupCommands,
  tagCommands,
  keyPairCommands,
  tenantCommands,
  limitCommands,
  vpcCommands,
  networkAclCommands,
  kubernetesClusterCommands,
  infrastructureCommands,
  jobCommands,
  serverCommands,
];

/** The commands a server of the release has, by their case-sensitive names. */
export function commandsOf(settings: Settings): ReadonlyMap<string, Command> {
  const known = families
    .filter((family) => family !== kubernetesClusterCommands || settings.kubernetesService)
    .flat()
    .filter((command) => command.since === undefined || !isOlder(settings.release, command.since));
  return new Map(known.map((command) => [command.name, command]));
}

const everyName = new Set(families.flat().map((command) => command.name));

/**
 * Whether real servers may have the command although no release of this one has: its name is written as theirs are, and
 * is none that settings or the release have taken away here.
 */
export function isNotSimulated(name: string): boolean {
  return /^[a-z]+[A-Z]\w*$/.test(name) && !everyName.has(name);
}

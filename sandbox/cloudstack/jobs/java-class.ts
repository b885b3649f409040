import { AccountType } from '../store/tenancy-rows';
import type { Caller } from '../tenancy/caller';

/** Package and class where it is not the command's own name (`cmd` of a job, `cloudstack.md` 3.1). */
const CLASSES: { readonly [command: string]: string } = {
  deployVirtualMachine: 'vm.DeployVMCmd',
  startVirtualMachine: 'vm.StartVMCmd',
  stopVirtualMachine: 'vm.StopVMCmd',
  rebootVirtualMachine: 'vm.RebootVMCmd',
  destroyVirtualMachine: 'vm.DestroyVMCmd',
  expungeVirtualMachine: 'vm.ExpungeVMCmd',
  updateVMAffinityGroup: 'affinitygroup.UpdateVMAffinityGroupCmd',
  associateIpAddress: 'address.AssociateIPAddrCmd',
  disassociateIpAddress: 'address.DisassociateIPAddrCmd',
  createEgressFirewallRule: 'firewall.CreateEgressFirewallRuleCmd',
  createFirewallRule: 'firewall.CreateFirewallRuleCmd',
  createVPC: 'vpc.CreateVPCCmd',
  deleteVPC: 'vpc.DeleteVPCCmd',
  createTags: 'tag.CreateTagsCmd',
  deleteTags: 'tag.DeleteTagsCmd',
  deleteNetwork: 'network.DeleteNetworkCmd',
  createLoadBalancerRule: 'loadbalancer.CreateLoadBalancerRuleCmd',
  deleteLoadBalancerRule: 'loadbalancer.DeleteLoadBalancerRuleCmd',
  assignToLoadBalancerRule: 'loadbalancer.AssignToLoadBalancerRuleCmd',
  removeFromLoadBalancerRule: 'loadbalancer.RemoveFromLoadBalancerRuleCmd',
  createAffinityGroup: 'affinitygroup.CreateAffinityGroupCmd',
  deleteAffinityGroup: 'affinitygroup.DeleteAffinityGroupCmd',
};

/** Commands of which administrators use a variant of their own. */
const WITH_ADMIN_VARIANT = new Set([
  'deployVirtualMachine',
  'startVirtualMachine',
  'stopVirtualMachine',
  'destroyVirtualMachine',
  'associateIpAddress',
  'createVPC',
]);

export function javaClassOf(command: string, caller: Caller): string {
  const name = CLASSES[command] ?? `${command.charAt(0).toUpperCase()}${command.slice(1)}Cmd`;
  const byAdmin = caller.account.type === AccountType.root && WITH_ADMIN_VARIANT.has(command);
  return byAdmin
    ? `org.apache.cloudstack.api.command.admin.${name}ByAdmin`
    : `org.apache.cloudstack.api.command.user.${name}`;
}

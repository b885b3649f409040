import { beginStart, destroy, expunge, finishStart, finishStop, guestOf, setState } from '../compute/lifecycle';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { ApiError, invalidValue, Status } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { entries, flag, idOf, idsOf, required, since, text, words } from '../protocol/parameters';
import type { VmRow } from '../store/compute-rows';
import { rowsOf } from '../store/database';
import { type Caller, checkMayUse, isDomainAdmin, isRoot } from '../tenancy/caller';
import { visibilityParameters, visibleOwners } from '../tenancy/owners';
import { matchesTags } from '../tenancy/tags';
import { checkUnique, deployCommand } from './deploy';
import { checkedUserData } from './user-data';
import { checkDetails, renderNic, renderVm } from './vm-view';

const listVmParameters = {
  id: idOf('vms'),
  ids: idsOf('vms'),
  name: text(),
  state: text(),
  zoneid: idOf('zones'),
  networkid: idOf('networks'),
  vpcid: idOf('vpcs'),
  templateid: idOf('templates'),
  serviceofferingid: idOf('serviceOfferings'),
  affinitygroupid: idOf('affinityGroups'),
  groupid: text(),
  keypair: text(),
  hypervisor: text(),
  userid: idOf('users'),
  hostid: idOf('hosts'),
  podid: text(),
  clusterid: text(),
  storageid: text(),
  isoid: text(),
  securitygroupid: text(),
  backupofferingid: text(),
  autoscalevmgroupid: text(),
  displayvm: flag(),
  forvirtualnetwork: flag(),
  haenable: flag(),
  isvnf: flag(),
  accumulate: flag(),
  showicon: flag(),
  userdata: flag(),
  arch: since('4.20.1', text()),
  userdataid: since('4.20.1', idOf('registeredUserData')),
  leased: since('4.21', flag()),
  retrieveonlyresourcecount: since('4.19', flag()),
  tags: entries(),
  details: words(),
  ...visibilityParameters,
  ...listParameters,
};

function listVms(name: string, metrics: boolean): Command {
  return query({
    name,
    description: metrics ? 'Lists VM metrics' : 'List the virtual machines owned by the account.',
    answers: 'virtualmachine',
    parameters: listVmParameters,
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      checkDetails(args.details);
      if (args.id !== undefined && args.ids !== undefined)
        throw invalidValue('Specify either id or ids but not both parameters');
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      const admin = isRoot(caller) || isDomainAdmin(caller);
      const seesDestroyed = admin || cloud.settings.usersSeeDestroyed;
      const wanted = args.name?.toLowerCase();
      const get = (id: string) => db.vms.get(id);
      const rows =
        args.id !== undefined
          ? rowsOf(new Set([args.id]), get)
          : args.networkid !== undefined
            ? rowsOf(db.vmsByNetwork.get(args.networkid), get)
            : [...db.vms.values()];
      const found = rows.filter(
        (vm) =>
          mine(vm.accountId) &&
          (seesDestroyed || (vm.state !== 'Destroyed' && vm.state !== 'Expunging')) &&
          (args.ids === undefined || args.ids.includes(vm.id)) &&
          // Part of the name is enough (`cloudstack.md` 2.2).
          (wanted === undefined || vm.name.toLowerCase().includes(wanted)) &&
          inState(vm, args.state) &&
          is(args.zoneid, vm.zoneId) &&
          is(args.templateid, vm.templateId) &&
          is(args.serviceofferingid, vm.serviceOfferingId) &&
          is(args.userid, vm.userId) &&
          is(args.hostid, vm.hostId) &&
          is(args.haenable, vm.haEnabled) &&
          (args.keypair === undefined || vm.keyPairs.includes(args.keypair)) &&
          (args.affinitygroupid === undefined || vm.affinityGroupIds.includes(args.affinitygroupid)) &&
          (args.vpcid === undefined || vm.nics.some((nic) => db.networks.get(nic.networkId)?.vpcId === args.vpcid)) &&
          matchesTags(cloud, vm.id, args.tags) &&
          matchesKeyword(args.keyword, vm.name, vm.displayName, vm.state),
      );
      const view = { details: args.details, metrics, withUserData: args.userdata === true };
      return listAnswer(cloud, args, 'virtualmachine', found.reverse(), (vm) => renderVm(cloud, vm, caller, view));
    },
  });
}

function inState(vm: VmRow, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (wanted.toLowerCase() === 'present') return vm.state !== 'Destroyed' && vm.state !== 'Expunging';
  return wanted.toLowerCase() === vm.state.toLowerCase();
}

export const virtualMachineCommands: readonly Command[] = [
  deployCommand,
  listVms('listVirtualMachines', false),
  listVms('listVirtualMachinesMetrics', true),
  job({
    name: 'startVirtualMachine',
    description: 'Starts a virtual machine.',
    answers: 'virtualmachine',
    event: 'VM.START',
    parameters: {
      id: required(idOf('vms')),
      considerlasthost: since('4.20.1', flag()),
      hostid: idOf('hosts'),
      podid: text(),
      clusterid: text(),
      deploymentplanner: text(),
      bootintosetup: flag(),
    },
    submit: ({ cloud, caller, args }) => {
      const vm = needVm(cloud, caller, args.id);
      const isOn = () => cloud.db.vms.need(vm.id).state === 'Running';
      return {
        entity: { type: 'VirtualMachine', id: vm.id },
        queue: `vm ${vm.id}`,
        begin: () => {
          if (isOn()) return;
          expectState(cloud, vm.id, ['Stopped'], 'start');
          beginStart(cloud, vm.id);
        },
        finish: () => {
          if (!isOn()) finishStart(cloud, vm.id);
          return { virtualmachine: renderVm(cloud, cloud.db.vms.need(vm.id), caller) };
        },
        failed: () => {
          if (cloud.db.vms.get(vm.id)?.state === 'Starting') setState(cloud, vm.id, 'Stopped', { hostId: undefined });
        },
      };
    },
  }),
  job({
    name: 'stopVirtualMachine',
    description: 'Stops a virtual machine.',
    answers: 'virtualmachine',
    event: 'VM.STOP',
    parameters: { id: required(idOf('vms')), forced: flag() },
    submit: ({ cloud, caller, args }) => {
      const vm = needVm(cloud, caller, args.id);
      return {
        entity: { type: 'VirtualMachine', id: vm.id },
        queue: `vm ${vm.id}`,
        begin: () => {
          expectState(cloud, vm.id, ['Running', 'Stopped', 'Stopping'], 'stop');
          if (cloud.db.vms.need(vm.id).state === 'Running') setState(cloud, vm.id, 'Stopping');
        },
        finish: () => {
          if (cloud.db.vms.need(vm.id).state !== 'Stopped') finishStop(cloud, vm.id);
          return { virtualmachine: renderVm(cloud, cloud.db.vms.need(vm.id), caller) };
        },
        failed: () => {
          if (cloud.db.vms.get(vm.id)?.state === 'Stopping') setState(cloud, vm.id, 'Running');
        },
      };
    },
  }),
  job({
    name: 'rebootVirtualMachine',
    description: 'Reboots a virtual machine.',
    answers: 'virtualmachine',
    event: 'VM.REBOOT',
    parameters: { id: required(idOf('vms')), forced: flag(), bootintosetup: flag() },
    submit: ({ cloud, caller, args }) => {
      const vm = needVm(cloud, caller, args.id);
      return {
        entity: { type: 'VirtualMachine', id: vm.id },
        queue: `vm ${vm.id}`,
        begin: () => {
          const { state } = cloud.db.vms.need(vm.id);
          if (state !== 'Running') {
            throw invalidValue(`The VM ${vm.id} (${vm.displayName}) is not running, unable to reboot it`);
          }
        },
        finish: () => {
          const guest = guestOf(cloud, cloud.db.vms.need(vm.id));
          cloud.db.store.afterCommit(() => {
            cloud.guests.powerOff(vm.id);
            cloud.guests.powerOn(guest, false);
          });
          return { virtualmachine: renderVm(cloud, cloud.db.vms.need(vm.id), caller) };
        },
      };
    },
  }),
  job({
    name: 'destroyVirtualMachine',
    description: 'Destroys a virtual machine. Once destroyed, only the administrator can recover it.',
    answers: 'virtualmachine',
    event: 'VM.DESTROY',
    parameters: { id: required(idOf('vms')), expunge: flag(), volumeids: idsOf('volumes') },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const vm = needVm(cloud, caller, args.id);
      for (const id of args.volumeids ?? []) {
        const volume = db.volumes.get(id);
        if (volume?.vmId !== vm.id || volume.type !== 'DATADISK') {
          throw invalidValue(`Data volume ${id} is not attached to VM ${vm.id}`);
        }
      }
      const isOver = (state: string | undefined) =>
        state === undefined || state === 'Destroyed' || state === 'Expunging';
      return {
        entity: { type: 'VirtualMachine', id: vm.id },
        queue: `vm ${vm.id}`,
        begin: () => {
          if (args.expunge === true && !mayExpunge(caller)) {
            throw new ApiError(
              Status.internal,
              'Parameter expunge can be passed by Admin only. Or when the allow.user.expunge.recover.vm key is set.',
              undefined,
            );
          }
          if (db.vms.get(vm.id)?.state === 'Running') setState(cloud, vm.id, 'Stopping');
        },
        finish: () => {
          const now = db.vms.get(vm.id);
          if (now === undefined) return { virtualmachine: renderVm(cloud, vm, caller) };
          const gone = isOver(now.state) ? now : destroy(cloud, vm.id, args.volumeids);
          if (args.expunge !== true) return { virtualmachine: renderVm(cloud, gone, caller) };
          // The last that is seen of it.
          const wiped = setState(cloud, vm.id, 'Expunging');
          const result = { virtualmachine: renderVm(cloud, wiped, caller) };
          expunge(cloud, vm.id);
          return result;
        },
        failed: () => {
          if (db.vms.get(vm.id)?.state === 'Stopping') setState(cloud, vm.id, 'Running');
        },
      };
    },
  }),
  job({
    name: 'expungeVirtualMachine',
    description: 'Expunge a virtual machine. Once expunged, it cannot be recoverd.',
    event: 'VM.EXPUNGE',
    parameters: { id: required(idOf('vms')) },
    submit: ({ cloud, caller, args }) => {
      const vm = needVm(cloud, caller, args.id);
      checkMayExpunge(caller, 'expunge');
      if (vm.state !== 'Destroyed' && vm.state !== 'Expunging') {
        throw invalidValue(`Please destroy vm with specified vmId before expunge: ${vm.id}`);
      }
      return {
        entity: { type: 'VirtualMachine', id: vm.id },
        queue: `vm ${vm.id}`,
        begin: () => {
          if (cloud.db.vms.get(vm.id) !== undefined) setState(cloud, vm.id, 'Expunging');
        },
        finish: () => {
          if (cloud.db.vms.get(vm.id) !== undefined) expunge(cloud, vm.id);
          return success;
        },
      };
    },
  }),
  query({
    name: 'recoverVirtualMachine',
    description: 'Recovers a virtual machine.',
    answers: 'virtualmachine',
    parameters: { id: required(idOf('vms')) },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const vm = needVm(cloud, caller, args.id);
      checkMayExpunge(caller, 'recover');
      if (vm.state !== 'Destroyed') throw invalidValue(`Unable to recover VM ${vm.id}: it is not in state Destroyed`);
      cloud.quotas.check(db.accounts.need(vm.accountId), { user_vm: 1, cpu: vm.cpuNumber, memory: vm.memoryMiB });
      for (const id of db.volumesByVm.get(vm.id)) db.volumes.patch(id, { state: 'Ready' });
      const recovered = setState(cloud, vm.id, 'Stopped', { destroyedAt: undefined });
      return { virtualmachine: renderVm(cloud, recovered, caller) };
    },
  }),
  query({
    name: 'updateVirtualMachine',
    description:
      'Updates properties of a virtual machine. The VM has to be stopped and restarted for the new properties to take effect.',
    answers: 'virtualmachine',
    parameters: {
      id: required(idOf('vms')),
      name: text(),
      displayname: text(),
      group: text(),
      haenable: flag(),
      details: entries(),
      cleanupdetails: flag(),
      userdata: text(1_048_576),
      displayvm: flag(),
      isdynamicallyscalable: flag(),
      ostypeid: text(),
      deleteprotection: since('4.20', flag()),
    },
    handle: ({ cloud, caller, args, method }) => {
      const vm = needVm(cloud, caller, args.id);
      if (args.name !== undefined && args.name !== vm.name) {
        if (vm.state !== 'Stopped')
          throw invalidValue(`${vm.id} is not in Stopped state; its host name cannot be changed`);
        for (const nic of vm.nics) checkUnique(cloud, cloud.db.networks.need(nic.networkId), args.name);
      }
      const userData = checkedUserData(cloud, args.userdata, method);
      if (userData !== undefined) cloud.db.userData.put({ id: vm.id, userData });
      const details =
        args.cleanupdetails === true
          ? {}
          : args.details === undefined
            ? vm.details
            : Object.assign({}, ...args.details);
      const updated = cloud.db.vms.put({
        ...vm,
        name: args.name ?? vm.name,
        displayName: args.displayname ?? vm.displayName,
        group: args.group ?? vm.group,
        haEnabled: args.haenable ?? vm.haEnabled,
        details,
        updated: cloud.clock.now(),
      });
      return { virtualmachine: renderVm(cloud, updated, caller) };
    },
  }),
  job({
    name: 'updateVMAffinityGroup',
    description:
      'Updates the affinity/anti-affinity group associations of a virtual machine. The VM has to be stopped and restarted for the new properties to take effect.',
    answers: 'virtualmachine',
    event: 'AFFINITY.GROUP.UPDATE',
    parameters: { id: required(idOf('vms')), affinitygroupids: idsOf('affinityGroups'), affinitygroupnames: words() },
    submit: ({ cloud, caller, args }) => {
      const vm = needVm(cloud, caller, args.id);
      if (vm.state !== 'Stopped') {
        throw invalidValue(
          `Unable update affinity groups of the virtual machine ${vm.id} in state ${vm.state}; make sure the virtual ` +
            'machine is stopped and not in an error state before updating.',
        );
      }
      const named = (args.affinitygroupnames ?? []).flatMap((name) => {
        const group = cloud.db.affinityGroups.find((row) => row.name === name && row.accountId === vm.accountId);
        return group === undefined ? [] : [group.id];
      });
      return {
        entity: { type: 'VirtualMachine', id: vm.id },
        queue: `vm ${vm.id}`,
        finish: () => {
          const affinityGroupIds = [...(args.affinitygroupids ?? []), ...named];
          const updated = cloud.db.vms.patch(vm.id, { affinityGroupIds });
          return { virtualmachine: renderVm(cloud, updated, caller) };
        },
      };
    },
  }),
  query({
    name: 'listNics',
    description: 'list the vm nics  IP to NIC',
    answers: 'nic',
    parameters: {
      virtualmachineid: required(idOf('vms')),
      nicid: text(),
      networkid: idOf('networks'),
      fordisplay: flag(),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const vm = needVm(cloud, caller, args.virtualmachineid);
      const found = vm.nics.filter((nic) => is(args.nicid, nic.id) && is(args.networkid, nic.networkId));
      return listAnswer(cloud, args, 'nic', found, (nic) =>
        fields({ ...renderNic(cloud, nic, caller), virtualmachineid: vm.id }),
      );
    },
  }),
];

/** The machine, if it is still there and the caller's. @throws ApiError 431, 531 */
export function needVm(cloud: Installation, caller: Caller, id: string): VmRow {
  const vm = cloud.db.vms.get(id);
  if (vm === undefined) throw invalidValue(`unable to find a virtual machine with id ${id}`);
  checkMayUse(cloud.db, caller, vm.accountId);
  return vm;
}

export function mayExpunge(caller: Caller): boolean {
  return isRoot(caller) || isDomainAdmin(caller) || caller.account.mayExpunge;
}

function checkMayExpunge(caller: Caller, what: string): void {
  if (mayExpunge(caller)) return;
  throw new ApiError(
    Status.account,
    `Parameter ${what} can be passed by Admin only. Or when the allow.user.expunge.recover.vm key is set.`,
    4365,
  );
}

function expectState(cloud: Installation, vmId: string, states: readonly string[], verb: string): void {
  const vm = cloud.db.vms.get(vmId);
  if (vm === undefined) throw invalidValue(`unable to find a virtual machine with id ${vmId}`);
  if (!states.includes(vm.state)) {
    throw invalidValue(`Unable to ${verb} the VM ${vm.id} (${vm.displayName}): it is in state ${vm.state}`);
  }
}

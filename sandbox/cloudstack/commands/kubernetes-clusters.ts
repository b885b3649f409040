import { isIpAddress } from '../../../machinery/cidr';
import type { JsonObject } from '../../../machinery/json';
import { destroy, expunge } from '../compute/lifecycle';
import type { Installation } from '../installation';
import { fields, is, listAnswer, matchesKeyword, success } from '../protocol/answers';
import { ApiError, internalError, invalidValue } from '../protocol/api-error';
import { type Command, job, listParameters, query } from '../protocol/command';
import { flag, idOf, idsOf, required, since, text, whole } from '../protocol/parameters';
import type { KubernetesClusterRow, VmRow } from '../store/compute-rows';
import { rowsOf, wireDate } from '../store/database';
import { type Caller, checkMayUse } from '../tenancy/caller';
import { ownerFields, ownerFor, ownerParameters, visibilityParameters, visibleOwners } from '../tenancy/owners';
import { jobFields } from '../tenancy/tags';
import { needNetwork } from './networks';
import { renderVm } from './vm-view';

/** Records of clusters that somebody else runs (`ExternalManaged`, 4.19); clusters run by CloudStack are not simulated. */
export const kubernetesClusterCommands: readonly Command[] = [
  query({
    name: 'listKubernetesSupportedVersions',
    description: 'Lists supported Kubernetes version',
    answers: 'kubernetessupportedversion',
    parameters: {
      id: idOf('kubernetesVersions'),
      zoneid: idOf('zones'),
      minimumsemanticversion: text(),
      minimumkubernetesversionid: idOf('kubernetesVersions'),
      arch: since('4.20', text()),
      ...listParameters,
    },
    handle: ({ cloud, args }) => {
      const found = cloud.db.kubernetesVersions.filter(
        (version) =>
          is(args.id, version.id) && is(args.zoneid, version.zoneId) && matchesKeyword(args.keyword, version.name),
      );
      return listAnswer(cloud, args, 'kubernetessupportedversion', found, (version) =>
        fields({
          id: version.id,
          name: version.name,
          semanticversion: version.semanticVersion,
          isoid: version.isoId,
          isoname: `${version.name}-Kubernetes-Binaries-ISO`,
          isostate: 'Ready',
          zoneid: version.zoneId,
          zonename: cloud.db.zones.need(version.zoneId).name,
          supportsha: true,
          supportsautoscaling: true,
          state: 'Enabled',
          mincpunumber: 2,
          minmemory: 2048,
          created: wireDate(version.created),
        }),
      );
    },
  }),
  query({
    name: 'listKubernetesClusters',
    description: 'Lists Kubernetes clusters',
    answers: 'kubernetescluster',
    parameters: {
      id: idOf('kubernetesClusters'),
      name: text(),
      state: text(),
      clustertype: since('4.19', text()),
      ...visibilityParameters,
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const mine = visibleOwners(cloud, caller, args, args.id !== undefined);
      checkType(args.clustertype);
      const found = cloud.db.kubernetesClusters.filter(
        (cluster) =>
          mine(cluster.accountId) &&
          is(args.id, cluster.id) &&
          is(args.name, cluster.name) &&
          is(args.state?.toLowerCase(), 'running') &&
          is(args.clustertype, EXTERNAL) &&
          matchesKeyword(args.keyword, cluster.name),
      );
      return listAnswer(cloud, args, 'kubernetescluster', found, (cluster) => renderCluster(cloud, cluster, caller));
    },
  }),
  job({
    name: 'createKubernetesCluster',
    description: 'Creates a Kubernetes cluster',
    answers: 'kubernetescluster',
    creates: true,
    event: 'KUBERNETES.CLUSTER.CREATE',
    parameters: {
      name: required(text()),
      zoneid: required(idOf('zones')),
      description: text(),
      clustertype: since('4.19', text()),
      networkid: idOf('networks'),
      size: whole(),
      controlnodes: whole(),
      masternodes: whole(),
      kubernetesversionid: idOf('kubernetesVersions'),
      serviceofferingid: idOf('serviceOfferings'),
      keypair: text(),
      externalloadbalanceripaddress: text(),
      noderootdisksize: whole(),
      ...ownerParameters,
    },
    submit: ({ cloud, caller, args }) => {
      const { db, clock } = cloud;
      const owner = ownerFor(cloud, caller, args);
      checkType(args.clustertype);
      if (args.clustertype !== EXTERNAL) {
        throw internalError('Only clusters of type ExternalManaged can be recorded in the sandbox');
      }
      if (args.networkid !== undefined) needNetwork(cloud, caller, args.networkid);
      const endpoint = args.externalloadbalanceripaddress;
      if (endpoint !== undefined && !isIpAddress(endpoint)) {
        throw internalError('Invalid external load balancer IP address');
      }
      // Names are not unique: whoever asks twice has two records.
      const cluster = db.kubernetesClusters.put({
        id: db.newId(),
        name: args.name,
        description: args.description ?? args.name,
        accountId: owner.id,
        zoneId: args.zoneid,
        networkId: args.networkid,
        endpoint,
        kubernetesVersionId: args.kubernetesversionid,
        members: [],
        created: clock.now(),
      });
      return {
        entity: { type: 'KubernetesCluster', id: cluster.id },
        finish: () => ({
          kubernetescluster: renderCluster(cloud, db.kubernetesClusters.get(cluster.id) ?? cluster, caller),
        }),
        failed: () => db.kubernetesClusters.remove(cluster.id),
      };
    },
  }),
  job({
    name: 'deleteKubernetesCluster',
    description: 'Deletes a Kubernetes cluster',
    event: 'KUBERNETES.CLUSTER.DELETE',
    parameters: {
      id: required(idOf('kubernetesClusters')),
      cleanup: since('4.19', flag()),
      expunge: since('4.19', flag()),
    },
    submit: ({ cloud, caller, args }) => {
      const { db } = cloud;
      return {
        entity: { type: 'KubernetesCluster', id: args.id },
        finish: () => {
          // Looked for when the job runs, not when it is accepted.
          const cluster = asInternal(() => needCluster(cloud, caller, args.id, 'Invalid cluster id specified'));
          for (const { vmId } of args.cleanup === true ? cluster.members : []) {
            if (db.vms.get(vmId) === undefined) continue;
            destroy(cloud, vmId);
            if (args.expunge === true) expunge(cloud, vmId);
          }
          db.kubernetesClusters.remove(cluster.id);
          return success;
        },
      };
    },
  }),
  query({
    name: 'addVirtualMachinesToKubernetesCluster',
    description:
      'Add VMs to an ExternalManaged kubernetes cluster. Not applicable for CloudManaged kubernetes clusters.',
    since: '4.19',
    parameters: {
      id: required(idOf('kubernetesClusters')),
      virtualmachineids: required(idsOf('vms')),
      iscontrolnode: flag(),
    },
    handle: ({ cloud, caller, args }) =>
      asInternal(() => {
        const cluster = needCluster(cloud, caller, args.id);
        for (const vmId of args.virtualmachineids) {
          const vm = cloud.db.vms.get(vmId);
          if (vm === undefined) throw invalidValue('Invalid VM ID specified');
          checkMayUse(cloud.db, caller, vm.accountId);
        }
        const known = new Set(cluster.members.map((member) => member.vmId));
        const added = args.virtualmachineids
          .filter((vmId) => !known.has(vmId))
          .map((vmId) => ({ vmId, isControlNode: args.iscontrolnode === true }));
        cloud.db.kubernetesClusters.patch(cluster.id, { members: [...cluster.members, ...added] });
        return { success: true };
      }),
  }),
  query({
    name: 'removeVirtualMachinesFromKubernetesCluster',
    description:
      'Remove VMs from an ExternalManaged kubernetes cluster. Not applicable for CloudManaged kubernetes clusters.',
    since: '4.19',
    parameters: {
      id: required(idOf('kubernetesClusters')),
      virtualmachineids: required(idsOf('vms')),
      ...listParameters,
    },
    handle: ({ cloud, caller, args }) => {
      const { db } = cloud;
      const cluster = asInternal(() => needCluster(cloud, caller, args.id));
      const wanted = new Set(args.virtualmachineids);
      const leaving = new Set(cluster.members.map((member) => member.vmId).filter((vmId) => wanted.has(vmId)));
      // The server stumbles over a member whose machine is expunged.
      if ([...leaving].some((vmId) => db.vms.get(vmId) === undefined)) throw internalError(STUMBLED);
      const members = cluster.members.filter((member) => !leaving.has(member.vmId));
      db.kubernetesClusters.patch(cluster.id, { members });
      return listAnswer(cloud, args, 'removevirtualmachinesfromkubernetescluster', [...wanted], (id) => {
        const isGone = db.vms.get(id) === undefined;
        const why = isGone ? 'VM is already removed' : 'VM is not part of the cluster';
        return fields({ id, success: leaving.has(id), displaytext: leaving.has(id) ? undefined : why });
      });
    },
  }),
];

const EXTERNAL = 'ExternalManaged';

/** What users are told of an exception that nobody expected. */
const STUMBLED = 'Internal error executing command, please contact your system administrator';

/** @throws ApiError 431. Types are case-sensitive. */
function checkType(type: string | undefined): void {
  if (type === undefined || type === EXTERNAL || type === 'CloudManaged') return;
  throw invalidValue(`Unable to resolve cluster type ${type} to a supported value (CloudManaged, ExternalManaged)`);
}

/** These commands wrap every refusal of their service: 530 with its text. */
function asInternal<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ApiError ? internalError(error.errorText) : error;
  }
}

/** @throws ApiError 431, 531 */
function needCluster(
  cloud: Installation,
  caller: Caller,
  id: string,
  refusal = 'Invalid Kubernetes cluster ID specified',
): KubernetesClusterRow {
  const cluster = cloud.db.kubernetesClusters.get(id);
  if (cluster === undefined) throw invalidValue(refusal);
  checkMayUse(cloud.db, caller, cluster.accountId);
  return cluster;
}

function renderCluster(cloud: Installation, cluster: KubernetesClusterRow, caller: Caller): JsonObject {
  const { db } = cloud;
  const zone = db.zones.need(cluster.zoneId);
  const network = db.networks.get(cluster.networkId);
  const version = db.kubernetesVersions.get(cluster.kubernetesVersionId);
  const vms = rowsOf(new Set(cluster.members.map((member) => member.vmId)), (id) => db.vms.get(id));
  // Expunged members are not shown any more, but counted until they are removed.
  const controlNodes = cluster.members.filter((member) => member.isControlNode).length;
  const sum = (of: (vm: VmRow) => number) => `${vms.reduce((total, vm) => total + of(vm), 0)}`;
  return fields({
    id: cluster.id,
    name: cluster.name,
    description: cluster.description,
    zoneid: zone.id,
    zonename: zone.name,
    networkid: network?.id,
    associatednetworkname: network?.name,
    kubernetesversionid: version?.id,
    kubernetesversionname: version?.name,
    clustertype: EXTERNAL,
    size: cluster.members.length - controlNodes,
    masternodes: controlNodes,
    controlnodes: controlNodes,
    cpunumber: sum((vm) => vm.cpuNumber),
    memory: sum((vm) => vm.memoryMiB),
    ...ownerFields(db, cluster.accountId),
    endpoint: cluster.endpoint ?? '',
    state: 'Running',
    autoscalingenabled: false,
    created: wireDate(cluster.created),
    hasannotations: false,
    virtualmachines: vms.map((vm) => renderVm(cloud, vm, caller)),
    ...jobFields(cloud, cluster.id),
  });
}

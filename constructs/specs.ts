/** Pieces of specs that follow from props. */
import type { JsonObject } from '../machinery/json';
import type { DataDiskProps, MachineProps } from './machine-props';
import type { Network } from './network';

/** How long a node may take to drain unless the props say otherwise: a stuck budget must not block a rollout for ever. */
const NODE_DRAIN_TIMEOUT_SECONDS = 600;

/** Failure domain names are DNS subdomains (`capc.md` 2); zone names are free text. */
export function domainName(zone: string): string {
  const slug = zone
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return slug === '' ? 'zone' : slug;
}

/** A network as CloudStackFailureDomains hold it. */
export function networkSpec(network: Network): JsonObject {
  const { offering, gateway, netmask, vpc } = network.options;
  return {
    name: network.name,
    // Says that it must exist: without the type an isolated network is made where none has the name.
    ...(network.kind === 'shared' ? { type: 'Shared' } : {}),
    ...(offering === undefined ? {} : { offering }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(netmask === undefined ? {} : { netmask }),
    ...(vpc === undefined ? {} : { vpc: { ...vpc } }),
  };
}

/** The node is named after the VM, and its provider id is written by cloud-init from CloudStack's metadata. */
export function nodeRegistration(props: MachineProps): JsonObject {
  const args = { ...props.kubeletExtraArgs, 'provider-id': "cloudstack:///'{{ ds.meta_data.instance_id }}'" };
  return {
    name: '{{ local_hostname }}',
    kubeletExtraArgs: Object.entries(args).map(([name, value]) => ({ name, value })),
    // A new file system has the folder lost+found, which does not disturb etcd; kubeadm wants to find nothing.
    ...(props.dataDisk?.mountPath === ETCD_FOLDER
      ? { ignorePreflightErrors: [`DirAvailable-${ETCD_FOLDER.replaceAll('/', '-')}`] }
      : {}),
  };
}

const ETCD_FOLDER = '/var/lib/etcd';

/** What happens on a machine beside kubeadm. */
export function preparation(props: MachineProps): JsonObject {
  return {
    ...(props.dataDisk === undefined ? {} : mountedDisk(props.dataDisk)),
    preKubeadmCommands: [...(props.preKubeadmCommands ?? ['swapoff -a'])],
    ...(props.postKubeadmCommands === undefined ? {} : { postKubeadmCommands: [...props.postKubeadmCommands] }),
  };
}

/** One partition with a file system, unless there is one already; found by its label, wherever the kernel puts it. */
function mountedDisk({ device, filesystem, label, mountPath }: DataDiskProps): JsonObject {
  return {
    diskSetup: {
      partitions: [{ device, layout: true, overwrite: false, tableType: 'gpt' }],
      filesystems: [{ device, filesystem, label }],
    },
    mounts: [[`LABEL=${label}`, mountPath]],
  };
}

/** How long the deletion of a machine may take. */
export function deletion(props: MachineProps): JsonObject {
  return { nodeDrainTimeoutSeconds: props.nodeDrainTimeoutSeconds ?? NODE_DRAIN_TIMEOUT_SECONDS };
}

/** A data disk as machine templates hold it. */
export function diskOffering(disk: DataDiskProps): JsonObject {
  const { offering, sizeInGB, ...mount } = disk;
  return { name: offering, ...(sizeInGB === undefined ? {} : { customSizeInGB: sizeInGB }), ...mount };
}

/** What control-plane machines and workers have in common. */
export interface MachineProps {
  /** Compute offering, by name: CPU and memory of each machine. */
  readonly offering: string;
  /** VM template, by name. It brings kubeadm, kubelet, a container runtime and usually a CNI. @default `kube-<version>` */
  readonly template?: string;
  /** Name of a CloudStack SSH key pair. @default - none */
  readonly sshKey?: string;
  /** One data disk, formatted and mounted before kubeadm runs. @default - none */
  readonly dataDisk?: DataDiskProps;
  /** Further networks, after the cluster's own. @default - none */
  readonly extraNetworks?: readonly string[];
  /** `details` of deployVirtualMachine, e.g. `{ rootdisksize: '40' }`. @default - none */
  readonly details?: { readonly [key: string]: string };
  /**
   * Host affinity: `anti` keeps machines on different hosts, `pro` on the same, `none` lets CloudStack choose.
   * Strict: with `anti` a group needs as many hosts as machines.
   * @default 'anti' for the control plane, 'none' for pools
   */
  readonly affinity?: 'anti' | 'pro' | 'none';
  /** Runs before kubeadm, as root. @default ['swapoff -a'] */
  readonly preKubeadmCommands?: readonly string[];
  /** Runs after kubeadm, as root. @default - none */
  readonly postKubeadmCommands?: readonly string[];
  /** Flags of the kubelet, beside `provider-id`. @default - none */
  readonly kubeletExtraArgs?: { readonly [name: string]: string };
  /** Labels of the machines and, for keys Cluster API synchronises, of their nodes. @default - none */
  readonly labels?: { readonly [key: string]: string };
  /** Upper limit for draining a node. @default 600 */
  readonly nodeDrainTimeoutSeconds?: number;
}

/**
 * A disk beside the root disk of each machine, with one partition and one file system, which cloud-init makes where there
 * is none. It is deleted with its machine.
 */
export interface DataDiskProps {
  /** Disk offering, by name. */
  readonly offering: string;
  /** Size in GB; only for offerings with a custom size. @default - the offering's size */
  readonly sizeInGB?: number;
  /** Where it is mounted, e.g. `/var/lib/etcd` of a control plane or `/var/lib/containerd`. */
  readonly mountPath: string;
  /** What the hypervisor calls it: `/dev/vdb` with KVM, `/dev/xvdb` with XenServer, `/dev/sdb` with VMware. */
  readonly device: string;
  /** File system, which the VM template must have the tools of, e.g. `ext4`. */
  readonly filesystem: string;
  /** Label of the file system, by which it is mounted: at most 12 characters, which is what XFS takes. */
  readonly label: string;
}

/** The control plane. */
export interface ControlPlaneProps extends MachineProps {
  /** 1, 3, 5, …: etcd needs an odd number. @default 3 */
  readonly replicas?: number;
}

/** A pool of workers: one MachineDeployment. */
export interface PoolProps extends MachineProps {
  /** @default 1 */
  readonly replicas?: number;
  /** Pins the pool to a failure domain. @default - spread over all */
  readonly failureDomain?: string;
  /** Machines beyond `replicas` while rolling: a number or a percentage. @default 1 */
  readonly maxSurge?: number | string;
  /** Machines that may be missing while rolling. @default 0 */
  readonly maxUnavailable?: number | string;
  /**
   * Kubernetes version of this pool, not newer than the control plane's. With an older minor version its machines stay,
   * but none can join: kubeadm takes only machines of the control plane's.
   * @default - the cluster's
   */
  readonly kubernetesVersion?: string;
}

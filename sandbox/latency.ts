/** How long things take in a sandbox, in milliseconds. One place for all numbers; see `docs/sandbox.md`. */
export interface LatencyProfile {
  /** CloudStack: until an asynchronous job of the kind is done. */
  readonly jobs: {
    readonly deployVirtualMachine: number;
    readonly startVirtualMachine: number;
    readonly stopVirtualMachine: number;
    readonly destroyVirtualMachine: number;
    readonly associateIpAddress: number;
    readonly createLoadBalancerRule: number;
    readonly deleteNetwork: number;
    /** Every job not named above. */
    readonly other: number;
  };
  /** Guest: from power on to cloud-init's first command. */
  readonly boot: number;
  readonly kubeadmInit: number;
  readonly kubeadmJoin: number;
  /** Guest: from a started kubelet to a Ready node. */
  readonly nodeReady: number;
}

export type LatencyName = 'instant' | 'lab' | 'production';

export const latencyProfiles: { readonly [name in LatencyName]: LatencyProfile } = {
  /** As fast as the code is: for tests of logic. */
  instant: {
    jobs: {
      deployVirtualMachine: 0,
      startVirtualMachine: 0,
      stopVirtualMachine: 0,
      destroyVirtualMachine: 0,
      associateIpAddress: 0,
      createLoadBalancerRule: 0,
      deleteNetwork: 0,
      other: 0,
    },
    boot: 0,
    kubeadmInit: 0,
    kubeadmJoin: 0,
    nodeReady: 0,
  },
  /** Long enough to watch, short enough not to wait. */
  lab: {
    jobs: {
      deployVirtualMachine: 800,
      startVirtualMachine: 500,
      stopVirtualMachine: 400,
      destroyVirtualMachine: 400,
      associateIpAddress: 300,
      createLoadBalancerRule: 300,
      deleteNetwork: 400,
      other: 100,
    },
    boot: 600,
    kubeadmInit: 1200,
    kubeadmJoin: 800,
    nodeReady: 400,
  },
  /** Medians of real installations (`cloudstack.md` 5.3 and kubeadm on common hardware). */
  production: {
    jobs: {
      deployVirtualMachine: 25_000,
      startVirtualMachine: 12_000,
      stopVirtualMachine: 10_000,
      destroyVirtualMachine: 8_000,
      associateIpAddress: 5_000,
      createLoadBalancerRule: 5_000,
      deleteNetwork: 15_000,
      other: 2_000,
    },
    boot: 20_000,
    kubeadmInit: 45_000,
    kubeadmJoin: 25_000,
    nodeReady: 15_000,
  },
};

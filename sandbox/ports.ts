/** Between the simulated cloud and the simulated guests: neither imports the other. */

/** A virtual machine as its guest sees it. */
export interface GuestMachine {
  /** CloudStack VM id. */
  readonly id: string;
  /** CloudStack `name`, the host name given by DHCP and in the metadata service. */
  readonly name: string;
  /** As delivered by `deployVirtualMachine`: base64, maybe gzip inside. Empty: none. */
  readonly userData: string;
  /** What cloud-init's CloudStack data source offers as `ds.meta_data.*` (`cloudstack.md` 6.2). */
  readonly metadata: { readonly [key: string]: string };
  /** In NIC order; the first is the default NIC. */
  readonly addresses: readonly string[];
  readonly templateName: string;
  readonly cpuNumber: number;
  readonly memoryMiB: number;
}

/** Runs what boots in VMs. Implemented by `sandbox/guest`, called by `sandbox/cloudstack`. */
export interface GuestHost {
  /** The VM is powered on. A VM that was on before keeps its disk (`firstBoot` false). */
  powerOn(machine: GuestMachine, firstBoot: boolean): void;
  /** The VM is powered off; its disk stays. */
  powerOff(machineId: string): void;
  /** The VM and its root disk are gone. */
  destroy(machineId: string): void;
  /** Replaces all routes from public addresses to guests. Called after every change that matters. */
  setRoutes(routes: readonly Route[]): void;
  /** The lines on the serial console, oldest first. */
  console(machineId: string): readonly string[];
}

/** A load balancer rule that works: open firewall, address in use, and the members whose VM runs. */
export interface Route {
  readonly publicIp: string;
  readonly publicPort: number;
  readonly targets: readonly { readonly machineId: string; readonly port: number }[];
}

/** An append-only record of one server's state, kept in a data directory. */
export interface Journal {
  /** State at start: the last snapshot, then every entry appended after it, oldest first. */
  load(): { readonly snapshot: unknown; readonly entries: readonly unknown[] };
  /** Returns when the entry is written to the file; the answer that depends on it may be given then. */
  append(entry: unknown): void;
  /** Replaces snapshot and entries by `snapshot()` (written beside and renamed) when the file has grown too long. */
  compact(snapshot: () => unknown): void;
  close(): void;
}

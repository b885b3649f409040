/** Global settings of the installation, with the defaults of `cloudstack.md` B unless said otherwise. */
export interface Settings {
  /** What `listCapabilities` says; parameters and commands of later releases are not known. @default '4.20.1.0' */
  readonly release: string;
  /** `default.page.size`: length and maximum of a page. @default 500 */
  readonly pageSize: number;
  /** `expunge.delay`: how long a machine stays Destroyed. @default 60_000, as test installations have it (real: 1 day) */
  readonly expungeDelayMs: number;
  /** `allow.user.view.destroyed.vm`. @default false */
  readonly usersSeeDestroyed: boolean;
  /** `job.expire.minutes`. @default 24 hours */
  readonly jobLifetimeMs: number;
  /** `vm.userdata.max.length`, in base64 characters. @default 32768 */
  readonly userDataLimit: number;
  /** `cloud.kubernetes.service.enabled`. @default true, so that CKS records can be tried */
  readonly kubernetesService: boolean;
  /** `cluster.cpu.allocated.capacity`: virtual CPUs for each core of a host. @default 4 */
  readonly cpuOvercommit: number;
  /** `guest.domain.suffix`. @default 'sandbox.internal' */
  readonly guestDomain: string;
}

export const defaultSettings: Settings = {
  release: '4.20.1.0',
  pageSize: 500,
  expungeDelayMs: 60_000,
  usersSeeDestroyed: false,
  jobLifetimeMs: 24 * 3600_000,
  userDataLimit: 32_768,
  kubernetesService: true,
  cpuOvercommit: 4,
  guestDomain: 'sandbox.internal',
};

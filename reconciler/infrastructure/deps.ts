import type { Clock, CloudStackApi, CloudStackCredentials, EventRecorder, Log, Objects, Random } from '../../api/ports';

/** What the provider's controllers work with. */
export interface InfrastructureDeps {
  readonly objects: Objects;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly cloudStack: CloudStackApi;
  /**
   * Keeps records of clusters whose `spec.syncWithACS` is set among CloudStack's Kubernetes clusters.
   * @default false, as the flag `--enable-cloudstack-cks-sync`
   */
  readonly kubernetesSync?: boolean | undefined;
  /**
   * Credentials that this process has read, by Secret, for deletions that outlive their Secret. Never written anywhere.
   * @default - an empty one for each process
   */
  readonly lastRead?: Map<string, CloudStackCredentials> | undefined;
  /** Counts into `acs_reconciliation_errors{acs_error_code}`. @default - not counted */
  readonly onError?: ((acsErrorCode: string) => void) | undefined;
}

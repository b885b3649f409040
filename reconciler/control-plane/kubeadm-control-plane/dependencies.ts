import type {
  ApiServerCertificates,
  Clock,
  EtcdAdmin,
  EventRecorder,
  Objects,
  Random,
  WorkloadClusters,
} from '../../../api/ports';

/** The world as the kubeadm control-plane controller sees it. */
export interface ControlPlaneDeps {
  readonly objects: Objects;
  readonly workloads: WorkloadClusters;
  readonly etcd: EtcdAdmin;
  readonly certificates: ApiServerCertificates;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
}

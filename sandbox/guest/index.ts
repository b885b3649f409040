export { EtcdPort } from './access/etcd-port';
export { InProcessAccess } from './access/in-process';
export { inProcessEtcd } from './access/in-process-etcd';
export { createGuestHost, type GuestHostOptions, type Guests } from './host';
export { kubeadmConfigOf } from './kubeadm/config';
export type {
  Consoles,
  ListenFor,
  VmIdentity,
  WorkloadKube,
  WorkloadKubeFactory,
  WorkloadListener,
  WorkloadListenOptions,
  WorkloadUser,
} from './ports';
export { type WorkloadJournals, type WorkloadKubeOptions, workloadKube } from './workload-kube';

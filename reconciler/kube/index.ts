export { type ConnectOptions, connectEndpoint, connectKube, type KubeAddress, type KubeConnection } from './connect';
export {
  type AddressTranslation,
  endpointOfKubeconfig,
  type KubeEndpoint,
  translatedServer,
} from './endpoint';
export { KubeconfigInvalid } from './kubeconfig-invalid';
export { canPortForward, type PortForwarding } from './port-forward';
export { type CountedRequest, RequestCounter, type RequestListener } from './request-counter';
export { HttpsWorkloadAccess, type HttpsWorkloadAccessOptions } from './workload-access';

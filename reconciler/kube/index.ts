export { type ConnectOptions, connectEndpoint, connectKube, type KubeAddress, type KubeConnection } from './connect';
export { endpointOfKubeconfig, KubeconfigInvalid, type KubeEndpoint } from './endpoint';
export { type CountedRequest, RequestCounter, type RequestListener } from './request-counter';

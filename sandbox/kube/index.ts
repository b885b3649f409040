/** A Kubernetes API server in process (`DESIGN` 5): what a real one stores, refuses, merges, watches and collects. */
export type { ConvertObject } from './crd/definition';
export type { Listener, ListenOptions, UpgradeHandler } from './http/listen';
export { statusBody } from './http/respond';
export type { Admission } from './rest/admission';
export { ADMINISTRATOR, type AdmissionRequest, type User } from './rest/core';
export { noContainers } from './rest/pods';
export { createKubeServer, type KubeServer, type KubeServerOptions } from './server';
export type { WebhookCaller } from './webhook/caller';

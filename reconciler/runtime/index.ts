export { type BackoffOptions, backoffMs } from './backoff';
export { Caches, NotWatched } from './caches';
export { ContractUnknown } from './contracts';
export { createLog, type LogLevel, type LogOptions, silentLog, withoutSecrets } from './log';
export { type Activity, type Manager, type ManagerKit, type ManagerOptions, startManager } from './manager';
export { Metrics } from './metrics';

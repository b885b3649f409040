export { type BackoffOptions, backoffMs } from './backoff';
export { Caches, NotWatched } from './caches';
export { ContractUnknown } from './contracts';
export { fencedApi, NotLeader } from './fenced-api';
export { electLeader, type LeaderElectionOptions, type Leadership } from './leader-election';
export { createLog, type LogLevel, type LogOptions, silentLog, withoutSecrets } from './log';
export { type Activity, type Manager, type ManagerKit, type ManagerOptions, startManager } from './manager';
export { Metrics } from './metrics';
export { withWatchFilter } from './watch-filter';

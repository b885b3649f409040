export type { Clock, Timer } from '../../machinery/clock';
export type { Random } from '../../machinery/random';
export * from './cloudstack-transport';
export * from './controller';
export * from './git-source';
export * from './kube-api';
export * from './objects';
export * from './workload-clusters';

export { clusterProblems } from './cluster';
export { poolProblems } from './machines';
export { DEFAULT_POD_CIDRS, DEFAULT_SERVICE_CIDRS, failureDomainProblems } from './networks';
export { type Found, isMap } from './values';

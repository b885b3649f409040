export * from './admit';
export { controlPlaneReplicasProblems } from './control-plane-rules';
export * from './review';

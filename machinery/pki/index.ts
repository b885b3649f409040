export * from './certificates';
export * from './errors';
export * from './keys';
export * from './kubeconfig';
export * from './read';

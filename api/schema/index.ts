export * from './facts';
export * from './fields';
export * from './problems';
export * from './structural';
export * from './transitions';

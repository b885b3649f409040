export * from './render';
export * from './spec';

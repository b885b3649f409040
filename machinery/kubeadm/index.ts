export * from './certificates';
export * from './render';
export * from './spec';

export * from './admit';
export * from './review';

export * from './core';
export * from './other-groups';

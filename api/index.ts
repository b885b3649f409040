/** The contracts: kinds, the names written on objects, and the rules about them. */

export * from './admission';
export * from './conversion';
export * from './crds';
export * from './define-kind';
export * from './kinds';
export * from './labels';
export { describeProblem, InvalidObject, type Problem } from './schema';
export * from './webhooks';

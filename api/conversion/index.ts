export { ConversionUnknown, convert } from './convert';
export * from './review';

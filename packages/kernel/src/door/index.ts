export * from './safe-resolve.ts';

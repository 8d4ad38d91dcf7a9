export * from './blobs-contract.ts';
export * from './metadata-contract.ts';
export * from './temporary-project.ts';

export * from './blobs-contract.ts';
export * from './feature-kind-contract.ts';
export * from './job-store-contract.ts';
export * from './journal-contract.ts';
export * from './leases-contract.ts';
export * from './metadata-contract.ts';
export * from './temporary-project.ts';
export * from './tiny-model.ts';

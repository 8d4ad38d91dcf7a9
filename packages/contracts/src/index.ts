export * from './batch.ts';
export * from './datasets.ts';
export * from './deployments.ts';
export * from './lineage.ts';
export * from './models.ts';
export * from './prediction-log.ts';
export * from './reference.ts';
export * from './training.ts';

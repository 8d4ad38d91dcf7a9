export * from './interface/blobs.ts';
export * from './interface/lineage.ts';
export * from './interface/metadata.ts';

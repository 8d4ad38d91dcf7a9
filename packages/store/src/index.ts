export { canonicalJson } from './canonical-json.ts';
export { syncDir } from './fs/sync-dir.ts';
export * from './interface/blobs.ts';
export * from './interface/health.ts';
export * from './interface/lineage.ts';
export * from './interface/metadata.ts';
export * from './read-stored.ts';
export { storeConfig } from './store-config.ts';
export { default, storePlugin } from './store-plugin.ts';

/** What an adapter builds on: for another database, and for blobs that are kept elsewhere. */
export { type Bucket, type CacheOptions, cachedBlobs } from './fs/cached-blobs.ts';
export { blobStores, type NamedBlobs } from './interface/blobs.ts';
export { type Copied, copyDatabase } from './sql/copy-database.ts';
export {
  databases,
  databaseToken,
  type LogHead,
  type NamedDatabase,
  type SqlDatabase,
  type Weight,
} from './sql/database.ts';
export type { StoreTables } from './sql/tables.ts';

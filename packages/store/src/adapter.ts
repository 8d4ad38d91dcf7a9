/** What an adapter builds on: for another database, and for blobs that are kept elsewhere. */
export { type Bucket, type CacheOptions, cachedBlobs } from './fs/cached-blobs.ts';
export { databaseToken, type LogHead, type SqlDatabase, type Weight } from './sql/database.ts';
export type { StoreTables } from './sql/tables.ts';

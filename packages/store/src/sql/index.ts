/** What an adapter for another database builds on. */
export { databaseToken, type LogHead, type SqlDatabase, type Weight } from './database.ts';
export type { StoreTables } from './tables.ts';

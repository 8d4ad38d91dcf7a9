export { postgresConfig } from './postgres-config.ts';
export { default, postgresPlugin } from './postgres-plugin.ts';

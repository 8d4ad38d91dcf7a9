export { s3Config } from './s3-config.ts';
export { default, s3Plugin } from './s3-plugin.ts';

export { containerPlugin, default } from './container-plugin.ts';

export { modelPromote, modelRollback } from './operations/alias.ts';
export { modelList, modelShow, modelVerify } from './operations/read.ts';
export { modelRegister } from './operations/register.ts';
export { registryPlugin, registryPlugin as default } from './registry-plugin.ts';

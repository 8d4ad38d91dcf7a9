export { modelPromote, modelRollback } from './operations/alias.ts';
export { modelCard } from './operations/card.ts';
export { modelExport } from './operations/export.ts';
export { modelList, modelShow, modelVerify } from './operations/read.ts';
export { modelRegister } from './operations/register.ts';
export { registryAt } from './operations/registry-at.ts';
export { registryPlugin, registryPlugin as default } from './registry-plugin.ts';

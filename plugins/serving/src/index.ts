export { deploymentList, deploymentRollback, deploymentShow, deployOperation } from './operations/deploy.ts';
export { predictOperation } from './operations/predict.ts';
export { servingPlugin, servingPlugin as default } from './serving-plugin.ts';

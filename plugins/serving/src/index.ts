export { deployOperation } from './operations/deploy.ts';
export {
  deploymentAbort,
  deploymentList,
  deploymentPause,
  deploymentPromote,
  deploymentResume,
  deploymentRollback,
  deploymentShow,
  deploymentTop,
} from './operations/deployment.ts';
export { predictOperation } from './operations/predict.ts';
export { servingPlugin, servingPlugin as default } from './serving-plugin.ts';

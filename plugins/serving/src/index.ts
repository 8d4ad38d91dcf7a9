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
export { explainOperation } from './operations/explain.ts';
export { predictOperation } from './operations/predict.ts';
export { ab } from './rollout/ab.ts';
export { blueGreen } from './rollout/blue-green.ts';
export { canary } from './rollout/canary.ts';
export { immediate } from './rollout/immediate.ts';
export { shadow } from './rollout/shadow.ts';
export { servingPlugin, servingPlugin as default } from './serving-plugin.ts';

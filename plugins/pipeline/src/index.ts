export { made } from './operation-step.ts';
export { pipelineList } from './operations/pipeline-list.ts';
export { pipelineRun } from './operations/pipeline-run.ts';
export { pipelineShow } from './operations/pipeline-show.ts';
export { pipelinePlugin, pipelinePlugin as default } from './pipeline-plugin.ts';

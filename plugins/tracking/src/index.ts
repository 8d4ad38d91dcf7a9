export { runCompare } from './operations/compare-runs.ts';
export { experimentList } from './operations/experiments.ts';
export { runList, runShow } from './operations/read-runs.ts';
export { runCancel, runResume } from './operations/resume-cancel.ts';
export {
  runColumnsOperation as runColumns,
  runTableOperation as runTable,
} from './operations/run-table.ts';
export { runSeries } from './operations/series.ts';
export { runGc, runSync } from './operations/storage.ts';
export {
  runDelete,
  runFinish,
  runLog,
  runMove,
  runNote,
  runRestore,
  runStart,
  runTag,
} from './operations/write-runs.ts';
export { default, trackingPlugin } from './tracking-plugin.ts';

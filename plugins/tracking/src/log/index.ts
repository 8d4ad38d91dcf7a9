export { type FinishOptions, LiveRun } from './live-run.ts';
export { type LogOptions, type StartRunOptions, startRun } from './start-run.ts';

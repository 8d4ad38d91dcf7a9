/** The core as a module of its own: threads load executors by their modules. */
export { coreExecutor as default } from './executor.ts';

import { extensionPoint } from '@trestle/kernel/spec';

/** Where a model's graph may run, as a plugin offers it: threads load it, so it is a module and no object. */
export interface ExecutorModule {
  /** What `serving.executor` and `deploy --executor` call it. */
  readonly name: string;
  /** The address of the module whose default export is an `Executor` of `@trestle/onnx`: `import.meta.resolve('./tide.js')`. */
  readonly module: string;
  /** A package that has to be installed beside that module; it is refused by name where it is not. */
  readonly needs?: string;
}

/** Where a plugin adds an executor: `auto` measures it among the others. */
export const executors = extensionPoint<ExecutorModule>('serving.executors');

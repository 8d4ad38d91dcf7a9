/** What a host lets a program ask of its garbage collector in the middle of a synchronous job. */
export interface Collector {
  /** Collects what is unreachable. From here on, weak references hold nothing that this job has made. */
  collect(): void;
  /** After weak references were looked at: what was seen need not live until the job ends. */
  forget(): void;
}

let made: { readonly collector: Collector | undefined } | undefined;

/** Node's, made at first use; undefined elsewhere, where the engine has to be told how much memory hangs on an object. */
export function nodeCollector(): Collector | undefined {
  made ??= { collector: makeCollector() };
  return made.collector;
}

/**
 * Whatever a job makes a weak reference of, or reads from one, lives until the job ends (ECMAScript's KeepDuringJob), and V8 takes
 * that for the next checkpoint of microtasks: a context with a microtask queue of its own has one after each script. `gc` is there
 * in contexts that are made while the flag is set.
 */
function makeCollector(): Collector | undefined {
  if (typeof process !== 'object') return undefined;
  const vm = process.getBuiltinModule?.('node:vm');
  const v8 = process.getBuiltinModule?.('node:v8');
  if (!vm || !v8) return undefined;
  v8.setFlagsFromString('--expose-gc');
  const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' });
  if (typeof globalThis.gc !== 'function') v8.setFlagsFromString('--no-expose-gc');
  // Other engines have the modules, and not this.
  if (new vm.Script('typeof gc').runInContext(context) !== 'function') return undefined;
  const nothing = new vm.Script('0');
  const collect = new vm.Script('gc()');
  const forget = (): void => void nothing.runInContext(context);
  return {
    collect() {
      forget();
      collect.runInContext(context);
    },
    forget,
  };
}

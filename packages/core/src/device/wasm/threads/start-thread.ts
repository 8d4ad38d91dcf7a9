import { threadSource } from './thread-source.ts';

export interface Thread {
  end(): void;
}

interface StartedWith {
  readonly memory: WebAssembly.Memory;
  readonly number: number;
}

/** What this file uses of a page's `Worker`: the `dom` library, which declares it, would bring the page along. */
interface PageWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(type: 'error', listener: (event: { preventDefault(): void }) => void): void;
}

const pageWorker = (): (new (url: string) => PageWorker) | undefined => Reflect.get(globalThis, 'Worker');

const nodeThreads = (): typeof import('node:worker_threads') | undefined =>
  typeof process === 'object' ? process.getBuiltinModule?.('node:worker_threads') : undefined;

/** Whether memory can be shared here: Node and its kin, and pages that are isolated from other origins. */
export function canStartThreads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  if (nodeThreads()) return true;
  return Reflect.get(globalThis, 'crossOriginIsolated') === true && pageWorker() !== undefined;
}

/**
 * Starts a thread over a shared memory; it keeps no process alive. `onEnd` is called when it ends by itself, or was not allowed
 * to start: by Node's permissions, or by a page's content security policy.
 */
export function startThread(given: StartedWith, onEnd: (reason: string) => void): Thread | undefined {
  try {
    const threads = nodeThreads();
    return threads ? startInNode(threads, given, onEnd) : startInPage(given, onEnd);
  } catch (thrown) {
    onEnd(String(thrown));
    return undefined;
  }
}

function startInNode(
  { Worker }: typeof import('node:worker_threads'),
  given: StartedWith,
  onEnd: (reason: string) => void,
): Thread {
  // Loaders and hooks of the program would only slow down the start.
  const worker = new Worker(threadSource, {
    eval: true,
    name: 'trestle',
    execArgv: [],
    env: {},
    workerData: given,
  });
  worker.on('error', (error) => onEnd(String(error)));
  worker.on('exit', () => onEnd('it ended'));
  worker.unref();
  return { end: () => void worker.terminate() };
}

function startInPage(given: StartedWith, onEnd: (reason: string) => void): Thread | undefined {
  const Worker = pageWorker();
  if (!Worker) return undefined;
  const url = URL.createObjectURL(new Blob([threadSource], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    onEnd('the page does not allow it');
  });
  worker.postMessage(given);
  return {
    end() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorKind, type ServiceScope, TrestleError } from '@trestle/kernel';
import { registryConfig } from '../registry-config.ts';
import { registryError } from '../registry-error.ts';
import type { Examined, Report } from './examine-worker.ts';
import type { Examiner } from './examiner-token.ts';

export function openExaminer(scope: ServiceScope): Examiner {
  const { maxModelBytes } = scope.config(registryConfig);
  let thread: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  scope.onClose(async () => {
    await thread?.terminate();
  });
  const started = (): Worker => {
    if (thread) return thread;
    // The built file also when this one runs from source: a thread cannot be started from within a test runner.
    const made = new Worker(fileURLToPath(import.meta.resolve('@trestle/plugin-registry/examine-worker')));
    made.once('exit', () => {
      if (thread === made) thread = undefined;
    });
    // A command may end while it waits for the next package.
    made.unref();
    thread = made;
    return made;
  };
  const ask = async (bytes: Uint8Array): Promise<Examined> => {
    const worker = started();
    const over = new AbortController();
    worker.ref();
    try {
      const answered = once(worker, 'message', { signal: over.signal });
      const ended = once(worker, 'exit', { signal: over.signal }).then(([code]) => {
        throw lost(`it ended with ${code}`);
      });
      // Whichever comes second is told to stop, and says so to nobody.
      answered.catch(() => {});
      ended.catch(() => {});
      worker.postMessage({ bytes, maxBytes: maxModelBytes });
      const [report]: [Report] = (await Promise.race([answered, ended])) as [Report];
      if (report.kind === 'examined') return report.examined;
      const { code, kind, ...parts } = report.error;
      // The kind went through `toTrestleError` in the thread.
      throw new TrestleError(code, { ...parts, kind: kind as ErrorKind });
    } finally {
      over.abort();
      worker.unref();
    }
  };
  return {
    examine(bytes) {
      // One at a time: each has the thread for itself.
      const examined = last.then(() => ask(bytes));
      last = examined.catch(() => {});
      return examined;
    },
  };
}

const lost = (why: string) =>
  registryError('EXAMINER_LOST', {
    kind: 'failed',
    message: `The thread that examined the model did not come to an end: ${why}.`,
    hint: 'The model may need more memory than there is. Try again with a smaller one, or on a larger machine.',
  });

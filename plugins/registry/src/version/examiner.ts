import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorKind, invariant, type ServiceScope, TrestleError } from '@trestle/kernel';
import { registryConfig } from '../registry-config.ts';
import { registryError } from '../registry-error.ts';
import type { Asked, Report } from './examine-worker.ts';
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
  const ask = async (asked: Asked): Promise<Extract<Report, { kind: 'examined' }>> => {
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
      worker.postMessage(asked);
      const [report]: [Report] = (await Promise.race([answered, ended])) as [Report];
      if (report.kind === 'examined') return report;
      const { code, kind, ...parts } = report.error;
      // The kind went through `toTrestleError` in the thread.
      throw new TrestleError(code, { ...parts, kind: kind as ErrorKind });
    } finally {
      over.abort();
      worker.unref();
    }
  };
  /** One at a time: each has the thread for itself. */
  const inTurn = (asked: Asked) => {
    const found = last.then(() => ask(asked));
    last = found.catch(() => {});
    return found;
  };
  return {
    examine: async (bytes) => (await inTurn({ kind: 'examine', bytes, maxBytes: maxModelBytes })).examined,
    async adopt(path, options) {
      const { examined, adopted } = await inTurn({
        ...{ kind: 'adopt', path },
        options: { ...options, maxBytes: maxModelBytes },
      });
      return { examined, adopted: invariant(adopted, 'the package that was made') };
    },
  };
}

const lost = (why: string) =>
  registryError('EXAMINER_LOST', {
    kind: 'failed',
    message: `The thread that examined the model did not come to an end: ${why}.`,
    hint: 'The model may need more memory than there is. Try again with a smaller one, or on a larger machine.',
  });

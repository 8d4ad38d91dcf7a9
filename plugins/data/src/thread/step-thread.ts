import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ErrorKind } from '@trestle/kernel';
import type { TypedColumn } from '@trestle/tables';
import { dataError } from '../data-error.ts';
import type { StepParams } from '../pipeline/step-function.ts';
import type { WrittenPart } from '../version/write-part.ts';
import { mayEnd, newThreadState, type ThreadState } from './thread-state.ts';

/** What a thread is given to run a step, or an expectation over rows. */
export interface ThreadTask {
  readonly exports: 'step' | 'expectation';
  /** The absolute path of the module, and how the configuration names it. */
  readonly module: string;
  readonly shown: string;
  readonly params: StepParams;
  readonly batchRows: number;
  readonly input: { readonly files: readonly string[]; readonly columns: readonly TypedColumn[] };
  /** Where the part is written, and what does not fit into the memory. */
  readonly dir: string;
  readonly engine: { readonly memoryMiB: number; readonly threads: number };
}

/** The task as it goes to the thread. */
export interface ThreadData extends ThreadTask {
  readonly state: ThreadState;
}

const ASKED_AGAIN_MS = 20;

/** What a thread answers. */
export type ThreadAnswer =
  | { readonly kind: 'rows'; readonly rows: number }
  | { readonly kind: 'written'; readonly part: WrittenPart }
  | {
      readonly kind: 'failed';
      readonly name: string;
      readonly error: ErrorKind;
      readonly message: string;
      readonly hint: string;
    };

/**
 * Runs a step's function in a thread of its own; ending the signal ends the thread, also one that never answers.
 *
 * @throws TRS_DATA_STEP_… with what the module or its function threw
 */
export async function runInThread(
  task: ThreadTask,
  signal: AbortSignal,
  onRows: (rows: number) => void,
): Promise<WrittenPart> {
  signal.throwIfAborted();
  const state = newThreadState();
  const workerData: ThreadData = { ...task, state };
  // The built file also when this one runs from source: a thread cannot be started from within a test runner.
  const worker = new Worker(fileURLToPath(import.meta.resolve('@trestle/plugin-data/step-worker')), {
    workerData,
  });
  let asking: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (mayEnd(state)) void worker.terminate();
  };
  const stop = (): void => {
    // Interrupts the engine; a function that never ends does not hear it.
    worker.postMessage('stop');
    asking = setInterval(end, ASKED_AGAIN_MS);
    end();
  };
  signal.addEventListener('abort', stop);
  try {
    const answer = await new Promise<ThreadAnswer>((resolve, reject) => {
      worker.on('message', (message: ThreadAnswer) => {
        if (message.kind === 'rows') onRows(message.rows);
        else resolve(message);
      });
      worker.once('error', (cause) => reject(lost(task, String(cause))));
      worker.once('exit', () => reject(lost(task, 'it ended without an answer')));
    });
    if (answer.kind === 'written') return answer.part;
    signal.throwIfAborted();
    if (answer.kind === 'rows') throw lost(task, 'it ended without an answer');
    throw dataError(answer.name, { kind: answer.error, message: answer.message, hint: answer.hint });
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', stop);
    clearInterval(asking);
    await worker.terminate();
  }
}

const lost = (task: ThreadTask, why: string) =>
  dataError('STEP_FAILED', {
    kind: 'failed',
    message: `${task.shown}: its thread is gone: ${why}.`,
    hint: 'It may have ended the process or needed more memory than there is.',
  });
